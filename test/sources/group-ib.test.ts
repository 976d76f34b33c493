import { DAY, dayOf, floorTo, HOUR, type Interval } from '../../src/core/time.ts';
import type { FailureName } from '../../src/core/failures.ts';
import {
  API_KEY,
  COLLECTION,
  held,
  openSource,
  queryOf,
  sequenceStream,
  updated,
  windowStream,
  type Held,
} from './group-ib.scripted.ts';
import { startScriptedVendor, type Reply } from './scripted-vendor.ts';
import { testSequenceSource, type SequenceSourceTrial, type WrongPortion } from './sequence-source.contract.ts';
import { testWindowSource, type WindowSourceTrial, type WrongAnswer } from './window-source.contract.ts';

process.env['TZ'] = 'America/New_York';

/** In every item, as in the vendor's: passwords in plain text. */
const PASSWORD = 'hunter2-canary-5f0c';
const SECRETS = [API_KEY, PASSWORD, Buffer.from(`ops@example.com:${API_KEY}`).toString('base64')];

type Wrong = (body: string, nth: number) => Reply | undefined;

interface Trial {
  wrong: Wrong | undefined;
}

const wrongs: readonly (readonly [string, FailureName, Wrong])[] = [
  [
    'a page for people',
    'unexpected-answer',
    (body) => ({ body: `<p>${body}`, headers: { 'content-type': 'text/html' } }),
  ],
  ['no body', 'unexpected-answer', () => ({ body: '' })],
  ['an empty object', 'unexpected-answer', () => ({ body: '{}' })],
  ['no items', 'unexpected-answer', () => ({ body: '{"count":3,"seqUpdate":5}' })],
  ['items that are no list', 'unexpected-answer', () => ({ body: '{"count":3,"items":null}' })],
  [
    'an item that is no object',
    'unexpected-answer',
    (body) => ({ body: body.replace('"items":[', `"items":["${PASSWORD}",`) }),
  ],
  ['an item without an id', 'unexpected-answer', (body) => ({ body: body.replaceAll('"id":', '"no":') })],
  ['JSON that ends early', 'unexpected-answer', (body) => ({ body: body.slice(0, -20) })],
  [
    'a refused request',
    'unexpected-answer',
    () => ({ status: 400, body: { message: `no ${API_KEY}`, login: PASSWORD } }),
  ],
  ['a changed key', 'credentials-rejected', () => ({ status: 401, body: { message: API_KEY } })],
  ['a feed without access', 'credentials-rejected', () => ({ status: 403, body: { items: [PASSWORD] } })],
  [
    'an address that is not on the access list',
    'refused-target',
    () => ({ status: 301, headers: { location: 'https://portal.example/' } }),
  ],
  ['too many requests', 'rate-limited', () => ({ status: 429 })],
  [
    'trouble at the vendor in the middle',
    'unavailable',
    (_, nth) => (nth > 2 ? { status: 500, body: PASSWORD } : undefined),
  ],
];

testSequenceSource('group-ib', startSequence, [
  ...wrongs.map(([what, failure, wrong]) => ({ what, failure, provoke: provoking(wrong) })),
  { what: 'a gateway that gives up', failure: 'window-too-large', provoke: provoking(() => ({ status: 504 })) },
  {
    what: 'the same answer whatever is asked',
    failure: 'cursor-stuck',
    provoke: provoking(() => updated(collection(), new URLSearchParams())),
  },
] satisfies readonly WrongPortion<SequenceTrial>[]);

testWindowSource('group-ib', startWindows, [
  ...wrongs.map(([what, failure, wrong]) => ({ what, failure, provoke: provoking(wrong) })),
  {
    what: 'a gateway that gives up on everything',
    failure: 'unavailable',
    provoke: provoking(() => ({ status: 504 })),
  },
  {
    what: 'a search that ends early',
    failure: 'cursor-expired',
    provoke: provoking((_, nth) => (nth > 2 ? { body: '{"count":0,"items":[]}' } : undefined)),
  },
  {
    what: 'the same items again and again',
    failure: 'cursor-stuck',
    provoke: provoking(() => ({ body: `{"count":9,"items":[${upload('x', 0)}],"resultId":"r"}` })),
  },
] satisfies readonly WrongAnswer<WindowTrial>[]);

function provoking(wrong: Wrong): (trial: Trial) => void {
  return (trial) => {
    trial.wrong = wrong;
  };
}

type SequenceTrial = SequenceSourceTrial & Trial;
type WindowTrial = WindowSourceTrial & Trial;

const DATE = '2026-11-20';
const FIRST = 17_637_984_000_000_000n;

/** 230 items, every tenth of them with the number of the one before. */
function collection(): Held[] {
  const more = `"password":"${PASSWORD}","dateReg":"2026-11-20T10:00:00+0000","n":1.0`;
  return Array.from({ length: 230 }, (_, i) => held(`i-${i}`, FIRST + BigInt(i % 10 === 0 && i > 0 ? i - 1 : i), more));
}

async function startSequence(): Promise<SequenceTrial> {
  const items = collection();
  let asked = 0;
  const vendor = await startScriptedVendor((request) => {
    const { path, query } = queryOf(request);
    if (path.endsWith('/user/granted_collections')) return { body: [{ collection: COLLECTION }] };
    if (path.endsWith('/sequence_list')) return { body: `{"list":{"${COLLECTION}":${FIRST}}}` };
    asked += 1;
    const right = updated(items, query);
    return trial.wrong?.(String(right.body), asked) ?? right;
  });
  const source = openSource(vendor.url);
  const trial: SequenceTrial = {
    wrong: undefined,
    source,
    stream: sequenceStream(source),
    date: DATE,
    truth: () => items.map(({ text }) => text),
    add: () => void items.push(held('added', FIRST + 500n)),
    reopen: () => openSource(vendor.url),
    secrets: SECRETS,
    async close() {
      await source.close();
      await vendor.close();
    },
  };
  return trial;
}

/** Without a zone, as the vendor writes it. */
const upload = (id: string, instant: number): string =>
  `{"id":"${id}","password":["${PASSWORD}"],"uploadTime":"${new Date(instant).toISOString().slice(0, 19)}"}`;

async function startWindows(): Promise<WindowTrial> {
  const until = floorTo(Date.now(), DAY) - DAY;
  const window: Interval = { from: until - 2 * DAY, until };
  const uploads = Array.from({ length: 120 }, (_, i) => {
    const time = window.from - DAY + i * HOUR;
    return { time, text: upload(`u-${i}`, time) };
  });
  let asked = 0;
  const searches: (typeof uploads)[] = [];
  const vendor = await startScriptedVendor((request) => {
    const { path, query } = queryOf(request);
    if (path.endsWith('/user/granted_collections')) return { body: [{ collection: 'compromised/breached' }] };
    asked += 1;
    const { found, place } = searchOf(query);
    const page = found.slice(place.at, place.at + Number(query.get('limit')));
    const resultId = `${place.search}-${place.at + page.length}`;
    const body = `{"count":${found.length},"items":[${page.map(({ text }) => text).join(',')}],"resultId":"${resultId}"}`;
    return trial.wrong?.(body, asked) ?? { body };
  });
  const searchOf = (query: URLSearchParams): { found: typeof uploads; place: { search: number; at: number } } => {
    const [search, at] = (query.get('resultId') ?? '').split('-').map(Number);
    if (search !== undefined && at !== undefined) return { found: searches[search] ?? [], place: { search, at } };
    // Days from `df` to `dt`, the newest first.
    const [df, dt] = [query.get('df') ?? '', query.get('dt') ?? ''];
    const found = uploads.filter(({ time }) => dayOf(time) >= df && dayOf(time) <= dt).toReversed();
    searches.push(found);
    return { found, place: { search: searches.length - 1, at: 0 } };
  };
  const source = openSource(vendor.url, { settings: { collections: [{ name: 'compromised/breached', limit: 30 }] } });
  const trial: WindowTrial = {
    wrong: undefined,
    source,
    stream: windowStream(source),
    window,
    truth: ({ from, until }) => uploads.filter(({ time }) => time >= from && time < until).map(({ text }) => text),
    secrets: SECRETS,
    async close() {
      await source.close();
      await vendor.close();
    },
  };
  return trial;
}

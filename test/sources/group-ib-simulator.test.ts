import { createHash } from 'node:crypto';
import { describe, expect, it, onTestFinished } from 'vitest';
import {
  DEFAULT_ACCOUNT,
  startGroupIb,
  type Faults,
  type GroupIbSimulator,
  type SimulatorOptions,
} from '../../simulators/group-ib.ts';
import type { SequenceStream, Source } from '../../src/core/contract.ts';
import { WindowTooLarge, type FailureName } from '../../src/core/failures.ts';
import { DAY, HOUR } from '../../src/core/time.ts';
import { openGroupIbClient } from '../../src/sources/group-ib/index.ts';
import type { CollectionSettings } from '../../src/sources/group-ib/settings.ts';
import { contextOf, openSource, secretOf, sequenceStream, windowStream } from './group-ib.scripted.ts';
import {
  follow,
  testSequenceSource,
  texts,
  type SequenceSourceTrial,
  type WrongPortion,
} from './sequence-source.contract.ts';
import { live, testWindowSource, walk, type WindowSourceTrial, type WrongAnswer } from './window-source.contract.ts';

process.env['TZ'] = 'America/New_York';

/** The vendor's present; in the trials it stands still, so that nothing is published while a test counts. */
const NOW = Date.UTC(2026, 10, 20, 15);
const DATE = '2026-11-14';
const FROM = Date.parse(`${DATE}T00:00:00Z`);
const CANARY = 'canary-71c0-';
const SECRETS = [CANARY, DEFAULT_ACCOUNT.apiKey];

type Opened = { readonly simulator: GroupIbSimulator; readonly source: Source };

async function open(collections: readonly CollectionSettings[], options: SimulatorOptions = {}): Promise<Opened> {
  const simulator = await startGroupIb({ clock: () => NOW, canary: CANARY, ...options });
  return { simulator, source: sourceOn(simulator, collections) };
}

function sourceOn({ url }: GroupIbSimulator, collections: readonly CollectionSettings[]): Source {
  const { username, apiKey } = DEFAULT_ACCOUNT;
  const settings = { collections, auth: { username, apiKey: secretOf(() => apiKey) } };
  return openSource(url, { clock: () => NOW, settings });
}

/** Closed when the test is over. */
async function opened(collections: readonly CollectionSettings[], options?: SimulatorOptions): Promise<Opened> {
  const { simulator, source } = await open(collections, options);
  onTestFinished(() => simulator.close());
  onTestFinished(() => source.close());
  return { simulator, source };
}

const latest = (
  simulator: GroupIbSimulator,
  collection: string,
  from = -Infinity,
  until = Infinity,
): readonly string[] =>
  simulator
    .latest(collection)
    .filter(({ time }) => time >= from && time < until)
    .map(({ bytes }) => bytes.toString('utf8'));

/** As digests: a difference in 10 MB of text is nothing to look at. */
const sorted = (all: readonly string[]): readonly string[] =>
  all.map((text) => createHash('sha256').update(text).digest('hex')).toSorted();

interface Trial {
  readonly simulator: GroupIbSimulator;
}

const broken: readonly (readonly [string, FailureName, Partial<Faults>])[] = [
  ['an HTML page with status 200', 'unexpected-answer', { html200: true }],
  ['an empty object', 'unexpected-answer', { emptyObjectBody: true }],
  ['an answer without items', 'unexpected-answer', { missingItems: true }],
  ['a bad gateway', 'unavailable', { badGateway: true }],
  ['trouble at the vendor', 'unavailable', { serverError: true }],
  ['a body shorter than it says', 'unavailable', { truncated: { how: 'content-length' } }],
  ['chunks without an end', 'unavailable', { truncated: { how: 'chunked' } }],
  ['a connection that breaks after the headers', 'unavailable', { reset: true }],
  ['too many requests', 'rate-limited', { tooManyRequests: { retryAfter: null } }],
  ['a redirect to the portal', 'refused-target', { redirect301: true }],
  ['a key that is not active', 'credentials-rejected', { keyInactive: true }],
  ['an address that is not on the list', 'credentials-rejected', { ipNotAllowed: true }],
];

const wrongs = <T extends Trial>(): readonly (WrongPortion<T> & WrongAnswer<T>)[] =>
  broken.map(([what, failure, faults]) => ({
    what,
    failure,
    provoke: ({ simulator }) => void Object.assign(simulator.faults, faults),
  }));

const kinds: readonly (readonly [string, string, Partial<Faults>])[] = [
  ['a collection', 'attacks/ddos', {}],
  ['a collection of large items', 'hi/threat', { cursorMode: 'inclusive' }],
  ['a collection with ties', 'compromised/account_group', { ties: true }],
  ['a collection with ties, cut short', 'malware/cnc', { ties: true, clampTo: 20, cursorMode: 'inclusive' }],
  ['a collection with texts for numbers above 2^53', 'compromised/mule', { seqAsString: true, seqAbove2to53: true }],
  ['violations', 'drp/violation', { ties: true, cursorMode: 'inclusive' }],
];

describe.each(kinds)('%s (%s)', (_, name, faults) => {
  testSequenceSource<SequenceSourceTrial & Trial>(
    'group-ib',
    async () => {
      const { simulator, source } = await open([{ name }], { faults });
      const collection = name === 'drp/violation' ? 'violation/list' : name;
      return {
        simulator,
        source,
        stream: sequenceStream(source),
        date: DATE,
        truth: () => latest(simulator, collection, FROM),
        before: () => latest(simulator, collection, -Infinity, FROM),
        add: () => void simulator.add(collection, 1),
        reopen: () => sourceOn(simulator, [{ name }]),
        secrets: SECRETS,
        async close() {
          await source.close();
          await simulator.close();
        },
      };
    },
    [
      ...wrongs<SequenceSourceTrial & Trial>(),
      {
        what: 'a page that comes again',
        failure: 'cursor-stuck',
        provoke: ({ simulator }) => void Object.assign(simulator.faults, { cursorIgnored: true }),
      },
      {
        what: 'a gateway that gives up on more than three',
        failure: 'window-too-large',
        provoke: ({ simulator }) => void Object.assign(simulator.faults, { gatewayTimeoutAbove: 3 }),
      },
    ],
  );
});

describe.each([
  ['compromised/breached', { dateTo: 'inclusive' }],
  ['compromised/reaper', { dateTo: 'exclusive', searchOrder: 'unsorted' }],
] as const)('%s, where %j', (name, faults) => {
  testWindowSource<WindowSourceTrial & Trial>(
    'group-ib',
    async () => {
      const parameters = { apply_hunting_rules: false };
      const { simulator, source } = await open([{ name, limit: 50, parameters }], { faults });
      const until = Date.UTC(2026, 10, 19);
      return {
        simulator,
        source,
        stream: windowStream(source),
        window: { from: until - 2 * DAY, until },
        truth: ({ from, until }) => latest(simulator, name, from, until),
        secrets: SECRETS,
        async close() {
          await source.close();
          await simulator.close();
        },
      };
    },
    [
      ...wrongs<WindowSourceTrial & Trial>(),
      {
        what: 'a resultId that is refused',
        failure: 'cursor-expired',
        provoke: ({ simulator }) => void Object.assign(simulator.faults, { resultIdExpires: true }),
      },
      {
        what: 'a resultId that leads to nothing',
        failure: 'cursor-expired',
        provoke: ({ simulator }) => void Object.assign(simulator.faults, { resultIdExpires: { how: 'empty' } }),
      },
    ],
  );
});

/** All of a collection's sequence, from before its first item, with sizes as the workflow has them. */
async function wholeOf(stream: SequenceStream, date = '2026-10-25'): Promise<readonly string[]> {
  let [cursor, size] = [await stream.start(date, live()), stream.size.first];
  const found: string[] = [];
  for (let step = 0; step < 1_000; step += 1) {
    try {
      const portion = await stream.fetchPortion(cursor, size, live());
      if (portion.records.length === 0) return found;
      found.push(...texts(portion));
      cursor = portion.cursor;
    } catch (failure) {
      if (!(failure instanceof WindowTooLarge)) throw failure;
      size = Math.floor(size / 2);
    }
  }
  throw new Error('no end');
}

describe('the whole of a collection', () => {
  const modes: readonly Partial<Faults>[] = [{ cursorMode: 'exclusive' }, { cursorMode: 'inclusive' }];
  const troubles: readonly Partial<Faults>[] = [
    { ties: true },
    { ties: true, clampTo: 7 },
    { missingCount: true, ties: true },
    { missingTopSeqUpdate: true },
    { countRises: true },
    { gatewayTimeoutAbove: 4 },
    { emptySequenceList: true },
    { emptyPageSeqUpdate: 'cursor' },
    { seqAsString: true, seqAbove2to53: true, ties: true },
    { itemTooLarge: true },
  ];
  const all = modes.flatMap((mode) => troubles.map((trouble) => ({ ...mode, ...trouble })));

  it.each(all)('comes once, whatever the vendor does: %j', async (faults) => {
    const { simulator, source } = await opened([{ name: 'attacks/ddos' }], { faults, perDay: 12 });
    const found = await wholeOf(sequenceStream(source));
    // Where a date begins is not said exactly: the last item before it may come as well.
    const early = new Set(latest(simulator, 'attacks/ddos', -Infinity, Date.UTC(2026, 9, 25)));
    const truth = latest(simulator, 'attacks/ddos', Date.UTC(2026, 9, 25));
    expect(sorted(found.filter((text) => !early.has(text)))).toEqual(sorted(truth));
    expect(found.length - truth.length).toBeLessThan(5);
  });

  it('of 23 threats comes in portions of ten and fewer, the last one of nothing', async () => {
    const { simulator, source } = await opened([{ name: 'apt/threat' }], { counts: { 'apt/threat': 23 } });
    const stream = sequenceStream(source);
    const portions = await follow(stream, await stream.start('2026-10-01', live()), stream.size.first);
    expect(portions.flatMap(texts).toSorted()).toEqual(latest(simulator, 'apt/threat').toSorted());
    expect(portions[0]).toMatchObject({ remaining: 13 });
    expect(portions.at(-1)).toMatchObject({ remaining: 0 });
    expect(simulator.requests.at(-1)?.status).toBe(200);
  });

  it('has each version that was the newest when the walk came by', async () => {
    const { simulator, source } = await opened([{ name: 'osi/vulnerability' }]);
    const stream = sequenceStream(source);
    const first = await stream.fetchPortion(await stream.start(DATE, live()), 50, live());
    const changed = first.records.slice(0, 3).map((record) => stream.identify(record).id.split('@')[0] ?? '');
    simulator.update('osi/vulnerability', changed);
    const rest = await follow(stream, first.cursor, 50);
    const ids = [first, ...rest].flatMap(({ records }) => records.map((record) => stream.identify(record).id));
    for (const id of changed) expect(ids.filter((version) => version.startsWith(`${id}@`))).toHaveLength(2);
    const newest = simulator.latest('osi/vulnerability').filter(({ time }) => time >= FROM);
    for (const { id, seqUpdate } of newest) expect(ids).toContain(`${id}@${seqUpdate}`);
  });
});

describe('a client of the vendor', () => {
  it('keeps the pace that the vendor wants, over all collections', async () => {
    const { simulator } = await opened([]);
    simulator.faults.rateLimit = { perSecond: 20 };
    const { username, apiKey } = DEFAULT_ACCOUNT;
    const source = openSource(simulator.url, {
      clock: () => NOW,
      settings: {
        auth: { username, apiKey: secretOf(() => apiKey) },
        collections: [{ name: 'attacks/ddos' }, { name: 'malware/cnc' }],
        requestsPerSecond: 15,
      },
    });
    onTestFinished(() => source.close());
    const streams = source.streams.filter((stream) => stream.shape === 'sequence');
    const ends = await Promise.all(
      streams.map(async (stream) => follow(stream, await stream.start('2026-11-18', live()), 10)),
    );
    expect(ends.every((portions) => portions.length > 2)).toBe(true);
    expect(simulator.violations).toEqual([]);
  });

  it('goes on with the other collections when one is forbidden', async () => {
    const { simulator, source } = await opened([{ name: 'hi/threat' }, { name: 'attacks/ddos' }]);
    simulator.faults.forbiddenCollections = ['hi/threat'];
    await source.authenticate(live());
    await expect(
      sequenceStream(source, 'hi/threat')
        .start(DATE, live())
        .then((cursor) => sequenceStream(source, 'hi/threat').fetchPortion(cursor, 5, live())),
    ).rejects.toThrow('no access to this collection');
    expect((await wholeOf(sequenceStream(source, 'attacks/ddos'), DATE)).length).toBeGreaterThan(0);
    expect(await source.review?.(live())).toEqual([
      expect.objectContaining({ path: ['collections', 0], message: '"hi/threat" is not granted to this account' }),
    ]);
  });

  it('does nothing that the vendor would object to', async () => {
    const names = ['attacks/ddos', 'osi/public_leak', 'compromised/account_group', 'compromised/breached'];
    const { simulator, source } = await opened(
      names.map((name) => ({ name, ...(name.endsWith('group') && { parameters: { unique: true } }) })),
      { faults: { grantedRepeats: true } },
    );
    await source.authenticate(live());
    expect((await source.check(live())).join('\n')).toMatch(/compromised\/breached: ok, .* by hunting rules\n/);
    await source.discover?.(live());
    for (const stream of source.streams) {
      if (stream.shape === 'sequence') await follow(stream, await stream.start(DATE, live()), 100);
      if (stream.shape === 'window')
        await walk(stream, { from: NOW - 15 * HOUR - 2 * DAY, until: NOW - 15 * HOUR - DAY });
    }
    expect(simulator.violations).toEqual([]);
  });

  it('loses nothing to a search whose resultId moves on by itself: what got lost on the way shows at the end', async () => {
    const { simulator, source } = await opened([{ name: 'compromised/reaper', limit: 20 }]);
    simulator.faults.resultIdAdvances = true;
    const stream = windowStream(source);
    const until = Date.UTC(2026, 10, 19);
    const window = { from: until - DAY, until };
    expect(await walk(stream, window)).toEqual(latest(simulator, 'compromised/reaper', window.from, until).toSorted());
    const first = await stream.fetchPage(window, null, live());
    // Its answer does not arrive, and the vendor has moved on.
    await stream.fetchPage(window, first.next, live());
    let cursor = first.next;
    const rest = async (): Promise<void> => {
      while (cursor !== null) ({ next: cursor } = await stream.fetchPage(window, cursor, live()));
    };
    await expect(rest()).rejects.toMatchObject({ name: 'cursor-expired' });
  });

  it('searches, finds and downloads', async () => {
    const { simulator } = await opened([]);
    const { username, apiKey } = DEFAULT_ACCOUNT;
    const client = openGroupIbClient(
      contextOf(simulator.url, { settings: { auth: { username, apiKey: secretOf(() => apiKey) } } }),
    );
    onTestFinished(() => client.close());
    const [one] = simulator.latest('attacks/ddos');
    expect(Buffer.from((await client.find('attacks/ddos', one?.id ?? '', live()))?.bytes ?? [])).toEqual(one?.bytes);
    expect(await client.find('attacks/ddos', 'no-such-id', live())).toBeUndefined();
    expect((await client.granted(live())).length).toBeGreaterThan(20);
    const ip = /"ip":"([\d.]+)"/.exec(one?.bytes.toString() ?? '')?.[1] ?? '';
    const hits = await client.search(`ip:${ip}`, live());
    const hit = hits.find(({ collection }) => collection === 'attacks/ddos');
    const found: string[] = [];
    for await (const portion of client.walkSearch('attacks/ddos', `ip:${ip}`, live())) found.push(...texts(portion));
    expect(found).toHaveLength(hit?.count ?? -1);
    expect(found).toContain(one?.bytes.toString());
    expect(simulator.violations).toEqual([]);
  });
});

import { afterEach, describe, expect, it } from 'vitest';
import type { Page, ReportStream } from '../../src/core/contract.ts';
import { DAY as A_DAY, HOUR } from '../../src/core/time.ts';
import {
  DEFAULT_KEY,
  startShadowserver,
  type ShadowserverSimulator,
  type SimulatorOptions,
  type TruthFile,
} from '../../simulators/shadowserver.ts';
import { json } from '../simulators/shadowserver-client.ts';
import {
  find,
  pieces,
  sha256,
  testReportSource,
  whole,
  type PublishedFile,
  type ReportSourceTrial,
} from './report-source.contract.ts';
import { DAY, NOW, openSource, reportStream, windowStream, type Options } from './shadowserver.scripted.ts';
import { failureOf, live, testWindowSource, walk, type WindowSourceTrial } from './window-source.contract.ts';

process.env['TZ'] = 'America/New_York';

const LIST = 'united-states';
const TYPES = ['blocklist', 'scan_ssl', 'scan_http', 'event4_sinkhole_http', 'ransomware_victim'];
const TWO_DAYS = { from: Date.parse('2026-11-19T00:00:00Z'), until: Date.parse('2026-11-21T00:00:00Z') };

type Settings = NonNullable<Options['settings']>;

const auth = {
  apiKey: { place: '${env:SHADOW_KEY}', reveal: (): string => DEFAULT_KEY.apiKey },
  secret: { place: '${env:SHADOW_SECRET}', reveal: (): string => DEFAULT_KEY.secret },
};

interface Trial extends ReportSourceTrial {
  readonly simulator: ShadowserverSimulator;
}

async function open(options: SimulatorOptions = {}, settings: Settings = {}): Promise<Trial> {
  const simulator = await startShadowserver({ clock: () => NOW, types: TYPES, ...options });
  const reopen = (): Trial['source'] =>
    openSource(simulator.apiUrl, simulator.dlUrl, { settings: { auth, ...settings }, patience: { silence: 1_000 } });
  const source = reopen();
  return {
    simulator,
    source,
    stream: settings.reports === undefined || settings.reports.lists.length > 0 ? reportStream(source, LIST) : never(),
    day: DAY,
    large: simulator.truth(LIST, 'scan_ssl', DAY)[0]?.file ?? '',
    truth: () => simulator.truth(LIST, null, DAY).map(published),
    reopen,
    secrets: [DEFAULT_KEY.apiKey, DEFAULT_KEY.secret],
    close: async () => {
      await source.close();
      await simulator.close();
    },
  };
}

function never(): ReportStream {
  throw new Error('a list was expected');
}

/** A row as the source is to make it. Header names are no numbers here, so an object keeps their order. */
function published(truth: TruthFile): PublishedFile {
  return { file: truth.file, sha256: truth.sha256, records: [...truth.rows()].map((row) => JSON.stringify(row)) };
}

async function large(options: SimulatorOptions = {}, settings: Settings = {}): Promise<Trial> {
  const trial = await open(options, settings);
  trial.simulator.load(LIST, 'scan_ssl', DAY, 2_500);
  return trial;
}

const wrong = (
  fault: string,
  failure: Parameters<typeof testReportSource>[2][number]['failure'],
  value: unknown = true,
) => ({
  what: fault,
  failure,
  provoke: ({ simulator }: Trial) => void Object.assign(simulator.faults, { [fault]: value }),
});

testReportSource('shadowserver', () => large(), [
  wrong('rateLimit429', 'rate-limited'),
  wrong('apiDown', 'unavailable'),
  wrong('errorWith200', 'unexpected-answer'),
  wrong('noSubscription', 'unexpected-answer'),
  wrong('dlHtml', 'unexpected-answer'),
  wrong('dlDown', 'unavailable', { status: 500 }),
  wrong('truncatedBody', 'unavailable', { when: { kind: 'dl' } }),
  wrong('truncatedBody', 'unavailable', { how: 'chunked', when: { kind: 'dl' } }),
  wrong('reset', 'unavailable', { when: { kind: 'dl' } }),
  wrong('stall', 'unavailable', { ms: 10_000, when: { kind: 'dl' } }),
]);

describe.each([
  ['with ranges', { ranges: true }],
  [
    'of the vendor’s strangest files',
    { unsafeIds: true, bom: true, crlf: true, noFinalNewline: true, hugeFields: true, contentLength: false },
  ],
  ['whose list has empty objects and more keys', { listItems: 'typed', emptyListAsObject: true, reportSuffix: false }],
] as const)('%s', (_, faults) => {
  testReportSource('shadowserver', () => large({ faults }), []);
});

describe('on a strict vendor', () => {
  const began: Trial[] = [];
  const start = async (...args: Parameters<typeof open>): Promise<Trial> => {
    const trial = await open(...args);
    began.push(trial);
    return trial;
  };
  afterEach(async () => {
    for (const one of began.splice(0)) await one.close();
  });

  /** Every file of a day, as the source brings it. */
  async function held({ stream }: Trial, day = DAY): Promise<readonly PublishedFile[]> {
    const files: PublishedFile[] = [];
    for (const ref of await stream.list(day, live())) {
      const { bytes, records } = whole(await pieces(stream, ref));
      files.push({ file: ref.file, sha256: sha256(bytes), records });
    }
    return files.toSorted(byName);
  }

  const byName = (a: PublishedFile, b: PublishedFile): number => (a.file < b.file ? -1 : 1);

  it('does nothing that a correct client does not do', async () => {
    const trial = await start();
    await trial.source.authenticate(live());
    expect(await held(trial)).toEqual(trial.truth().toSorted(byName));
    expect(trial.simulator.violations).toEqual([]);
  });

  it('takes each list for itself', async () => {
    const trial = await start({}, { reports: { lists: [LIST, 'california'], types: ['scan_ssl'] } });
    for (const list of [LIST, 'california']) {
      const refs = await reportStream(trial.source, list).list(DAY, live());
      expect(refs.map(({ file }) => file)).toEqual(
        trial.simulator.truth(list, 'scan_ssl', DAY).map(({ file }) => file),
      );
      expect(refs[0]?.reported).toBe(trial.simulator.truth(list, 'scan_ssl', DAY)[0]?.count);
    }
  });

  it('lists all 1,420 files of a day, though the vendor lists 1,000 at once', async () => {
    const lists = Array.from(
      { length: 1 },
      () => ({ name: LIST, label: 'us-geo', filter: { field: 'geo', value: 'US' } }) as const,
    );
    const types = Array.from({ length: 1_420 }, (_, i) => `scan_${i}`);
    const trial = await start({ types, lists, rows: 1 });
    const refs = await trial.stream.list(DAY, live());
    expect(refs.map(({ file }) => file).toSorted()).toEqual(
      trial.simulator
        .truth(LIST, null, DAY)
        .map(({ file }) => file)
        .toSorted(),
    );
    expect(refs).toHaveLength(1_420);
  });

  it('reads columns by their names: their order differs from day to day, and one is added', async () => {
    const trial = await start({ faults: { newColumn: { from: '2026-11-20', name: 'device_model_id' } } });
    for (const day of ['2026-11-19', '2026-11-20']) {
      expect(await held(trial, day)).toEqual(trial.simulator.truth(LIST, null, day).map(published).toSorted(byName));
    }
  });

  it('keeps ragged rows, and says so', async () => {
    const trial = await start({ faults: { raggedRows: true } });
    const [ref] = (await trial.stream.list(DAY, live())).filter(({ file }) => file.includes('scan_ssl'));
    if (ref === undefined) throw new Error('no file');
    const truth = trial.simulator.truth(LIST, 'scan_ssl', DAY)[0];
    const { records, notes } = whole(await pieces(trial.stream, ref));
    const cells = [...(truth?.cells() ?? [])];
    expect(records).toHaveLength(cells.length);
    const wanted = cells.map((row) => {
      const names = (truth?.header ?? []).slice(0, row.length);
      const members = Object.fromEntries(names.map((name, i) => [name, row[i]]));
      const extra = row.slice(truth?.header.length);
      return JSON.stringify(extra.length === 0 ? members : { ...members, __extra: extra });
    });
    expect(records).toEqual(wanted);
    expect(notes.join()).toContain('other fields');
  });

  it('keeps three equal rows three, under one id', async () => {
    const trial = await start();
    trial.simulator.load(LIST, 'scan_http', DAY, 640);
    const refs = await trial.stream.list(DAY, live());
    const { records, identities } = whole(
      await pieces(trial.stream, find(refs, trial.simulator.truth(LIST, 'scan_http', DAY)[0]?.file ?? '')),
    );
    expect(records).toHaveLength(640);
    expect(new Set(records).size).toBe(620);
    expect(new Set(identities.map(({ id }) => id)).size).toBe(620);
  });

  it('brings nothing of a file that is there and empty, and all of it an hour later', async () => {
    const trial = await start({ faults: { emptyFirst: { until: NOW + HOUR } } });
    const [ref] = await trial.stream.list(DAY, live());
    if (ref === undefined) throw new Error('no file');
    expect(await pieces(trial.stream, ref)).toEqual([]);
    trial.simulator.faults.emptyFirst = false;
    expect(whole(await pieces(trial.stream, ref)).records.length).toBeGreaterThan(0);
  });

  it.each([
    ['downloadRemoved', 'api'],
    ['downloadFlaky', 'api'],
    ['dlDown', 'dl'],
  ] as const)('takes the other way at %s', async (fault, download) => {
    const trial = await start({ faults: { [fault]: true } }, { download });
    const refs = await trial.stream.list(DAY, live());
    const truth = trial.simulator.truth(LIST, 'scan_ssl', DAY)[0];
    const { records, notes, bytes, identities } = whole(await pieces(trial.stream, find(refs, truth?.file ?? '')));
    const rows = [...(truth?.rows() ?? [])];
    expect(records.map((text) => JSON.parse(text) as unknown)).toEqual(rows);
    expect(notes).toHaveLength(1);
    if (download === 'dl') expect(JSON.parse(bytes.toString())).toEqual(rows);
    trial.simulator.faults[fault] = false;
    const plain = whole(await pieces(trial.stream, find(refs, truth?.file ?? '')));
    expect(plain.identities).toEqual(identities);
  });

  it('goes on after a connection that broke, from the last place that was handed out', async () => {
    for (const ranges of [true, false]) {
      const trial = await start({ faults: { ranges, truncatedBody: { times: 1, at: 0.8, when: { kind: 'dl' } } } });
      trial.simulator.load(LIST, 'scan_ssl', DAY, 5_000);
      const truth = trial.simulator.truth(LIST, 'scan_ssl', DAY)[0];
      const ref = find(await trial.stream.list(DAY, live()), truth?.file ?? '');
      const got: Awaited<ReturnType<typeof pieces>>[number][] = [];
      const failure = await failureOf(
        (async () => {
          for await (const piece of trial.stream.fetchReport(ref, null, live())) got.push(piece);
        })(),
      );
      expect(failure.name).toBe('unavailable');
      expect(got.length).toBeGreaterThan(1);
      got.push(...(await pieces(trial.stream, ref, got.at(-1)?.place)));
      const { bytes, records } = whole(got);
      expect(sha256(bytes)).toBe(truth?.sha256);
      expect(records).toHaveLength(5_000);
    }
  });

  it('notices a file that was issued again while it was read', async () => {
    for (const ranges of [true, false]) {
      const trial = await start({ faults: { ranges, oldIds: 'served' } });
      trial.simulator.load(LIST, 'scan_ssl', DAY, 5_000);
      const ref = find(await trial.stream.list(DAY, live()), trial.large);
      const [first] = await pieces(trial.stream, ref);
      trial.simulator.faults.reissue = { extraRows: 3 };
      const failure = await failureOf(pieces(trial.stream, ref, first?.place));
      expect(failure).toMatchObject({
        name: 'unexpected-answer',
        message: expect.stringContaining('changed') as string,
      });
    }
  });

  it('lists the same file under a new id, and one that was issued again', async () => {
    const trial = await start({ faults: { idLifetimeMs: HOUR } });
    const [one] = await trial.stream.list(DAY, live());
    const [other] = await trial.stream.list(DAY, live());
    expect(other?.file).toBe(one?.file);
    trial.simulator.faults.reissue = { extraRows: 3 };
    const [again] = await trial.stream.list(DAY, live());
    expect(again?.file).toBe(one?.file);
    expect(again?.id).not.toBe(one?.id);
    expect(again?.reported).toBe((one?.reported ?? 0) + 3);
  });

  it('calls an id that is gone an unexpected answer, and says what to do', async () => {
    const trial = await start();
    const [ref] = await trial.stream.list(DAY, live());
    if (ref === undefined) throw new Error('no file');
    const failure = await failureOf(pieces(trial.stream, { ...ref, id: 'x'.repeat(47) }));
    expect(failure).toMatchObject({
      name: 'unexpected-answer',
      message: expect.stringContaining('listed anew') as string,
    });
  });

  it('finds late files by their own name', async () => {
    const trial = await start({ faults: { late: { hours: 24, suffix: true, when: { type: 'scan_ssl' } } } });
    const files = (await trial.stream.list(DAY, live())).map(({ file }) => file);
    expect(files.some((file) => file.endsWith('-delayed.csv'))).toBe(true);
    expect(files.toSorted()).toEqual(
      trial.simulator
        .truth(LIST, null, DAY)
        .map(({ file }) => file)
        .toSorted(),
    );
  });

  it.each([{ hmac: 'strict' }, { hmac: 'any-case' }] as const)('signs what it sends (%o)', async (faults) => {
    const trial = await start({ faults });
    await trial.source.authenticate(live());
    const other = await start({ faults, keys: [{ apiKey: DEFAULT_KEY.apiKey, secret: 'another' }] });
    const failure = await failureOf(other.source.authenticate(live()));
    expect(failure).toMatchObject({
      name: 'credentials-rejected',
      message: expect.stringContaining('${env:SHADOW_SECRET}') as string,
    });
  });

  it('tells what there is to choose from, and complains of what there is not', async () => {
    const trial = await start(
      {},
      {
        reports: { lists: [LIST, 'calfornia'], types: ['scan_ssl', 'scan_sll'] },
        queries: { ssl: { query: { geo: 'US', prot: 443, require: 'tag' }, sort: 'ascending' } },
      },
    );
    const listings = (await trial.source.discover?.(live())) ?? [];
    expect(listings.map(({ setting }) => setting)).toEqual(['reports.lists', 'reports.types', 'queries.<name>.query']);
    expect(listings[0]?.entries).toEqual([LIST, 'california']);
    const complaints = (await trial.source.review?.(live())) ?? [];
    expect(complaints.map(({ path }) => path.join('.'))).toEqual([
      'reports.lists.1',
      'reports.types.1',
      'queries.ssl.query.prot',
    ]);
    trial.simulator.faults.noSubscription = true;
    const again = openSource(trial.simulator.apiUrl, trial.simulator.dlUrl, { settings: { auth } });
    expect((await again.review?.(live()))?.map(({ message }) => message).join()).toContain('subscribed to no list');
    await again.close();
  });
});

type Row = Readonly<Record<string, unknown>>;

interface WindowTrial extends WindowSourceTrial {
  readonly simulator: ShadowserverSimulator;
}

const DAYS = ['2026-11-19', '2026-11-20'];
const dayOf = (at: number): string => new Date(at).toISOString().slice(0, 10);

async function openWindows(name: string, settings: Settings, options: SimulatorOptions = {}): Promise<WindowTrial> {
  const faults = { shuffledKeys: false, repeatedRows: false, ...options.faults };
  const simulator = await startShadowserver({ clock: () => NOW, types: TYPES, ...options, faults });
  const source = openSource(simulator.apiUrl, simulator.dlUrl, { settings: { auth, ...settings } });
  const truths = new Map<string, readonly string[]>();
  for (const day of DAYS) truths.set(day, await truthOf(simulator, name, day));
  return {
    simulator,
    source,
    stream: windowStream(source, name),
    window: TWO_DAYS,
    truth: ({ from, until }) => {
      const days: string[] = [];
      for (let at = from; at < until; at += A_DAY) days.push(dayOf(at));
      return days.flatMap((day) => truths.get(day) ?? []);
    },
    secrets: [DEFAULT_KEY.apiKey, DEFAULT_KEY.secret],
    close: async () => {
      await source.close();
      await simulator.close();
    },
  };
}

/** By calls of its own. */
async function truthOf(simulator: ShadowserverSimulator, name: string, day: string): Promise<readonly string[]> {
  if (name === 'stats') {
    const tables = await Promise.all(
      ['california', LIST].map((report) => json<readonly unknown[]>(simulator, 'reports/stats', { date: day, report })),
    );
    return tables.flatMap((table) => table.slice(1)).map((row) => JSON.stringify(row));
  }
  const rows = await json<readonly Row[]>(simulator, 'reports/query', {
    date: day,
    query: { geo: 'us' },
    limit: 1_000,
  });
  return rows.map((row) => JSON.stringify(row));
}

const query = { query: { geo: 'us' }, sort: 'ascending' } as const;

testWindowSource<WindowTrial>('shadowserver queries', () => openWindows('us', { queries: { us: query } }), [
  {
    what: 'no own filter',
    failure: 'unexpected-answer',
    provoke: ({ simulator }) => void (simulator.faults.queryRefused = true),
  },
  {
    what: 'a gateway that gives up',
    failure: 'unavailable',
    provoke: ({ simulator }) => void (simulator.faults.gatewayTimeout = true),
  },
  {
    what: 'an error with 200',
    failure: 'unexpected-answer',
    provoke: ({ simulator }) => void (simulator.faults.errorWith200 = true),
  },
  { what: '429', failure: 'rate-limited', provoke: ({ simulator }) => void (simulator.faults.rateLimit429 = true) },
]);
testWindowSource<WindowTrial>(
  'shadowserver stats',
  () => openWindows('stats', { stats: true, reports: { lists: [LIST, 'california'], types: 'all' } }),
  [],
);

describe('a query', () => {
  const began: WindowTrial[] = [];
  afterEach(async () => {
    for (const one of began.splice(0)) await one.close();
  });
  const start = async (rows: number, faults: SimulatorOptions['faults'] = {}): Promise<WindowTrial> => {
    const trial = await openWindows(
      'us',
      { queries: { us: { query: { geo: 'us', tag: 'ssl' }, sort: 'ascending' } } },
      { faults },
    );
    trial.simulator.load(LIST, 'scan_ssl', DAY, rows);
    began.push(trial);
    return trial;
  };
  const all = async (stream: WindowTrial['stream']) => {
    const pages: Page[] = [];
    for (let cursor: string | null = null; pages.length === 0 || cursor !== null; cursor = pages.at(-1)?.next ?? null) {
      pages.push(await stream.fetchPage(oneDay, cursor, live()));
    }
    const records = pages.flatMap((page) => page.records);
    return { records, sizes: pages.map((page) => page.records.length), reported: pages.at(-1)?.reported };
  };
  const oneDay = { from: TWO_DAYS.from + A_DAY, until: TWO_DAYS.until };

  it('brings 2,345 records in three pages, and says how many there are', async () => {
    const { stream } = await start(2_345);
    const { sizes, reported } = await all(stream);
    expect([sizes, reported]).toEqual([[1_000, 1_000, 345], 2_345]);
    expect(await walk(stream, oneDay)).toHaveLength(2_345);
  });

  it('takes once what comes twice, as rows have moved between pages', async () => {
    const { stream } = await start(2_345, { rowsShiftBetweenPages: true });
    expect(await walk(stream, oneDay)).toHaveLength(2_345);
  });

  it('is opened again when rows have moved so that some never came', async () => {
    const { stream } = await start(2_345, { rowsShiftBetweenPages: { by: -4 } });
    expect((await failureOf(walk(stream, oneDay))).name).toBe('cursor-expired');
  });

  it('of more than 10,000 records is taken in parts, each record once', async () => {
    const { stream, simulator } = await start(23_456);
    const { records, reported } = await all(stream);
    expect(new Set(records.map(({ identity }) => identity?.id)).size).toBe(23_456);
    expect(reported).toBe(23_456);
    expect(simulator.violations).toEqual([]);
  });

  it('of exactly 10,000 is complete', async () => {
    const { stream } = await start(10_000);
    expect(await walk(stream, oneDay)).toHaveLength(10_000);
  });

  it('keeps equal records of one answer apart', async () => {
    const { stream } = await start(640, { repeatedRows: true });
    expect(await walk(stream, oneDay)).toHaveLength(640);
  });
});

import { createHash } from 'node:crypto';
import { afterEach, describe, expect, it } from 'vitest';
import type { Page, SourceRecord, WindowStream } from '../../src/core/contract.ts';
import { DAY, floorTo, HOUR, MINUTE, SECOND, type Interval } from '../../src/core/time.ts';
import { DEFAULT_USER, startInstart, type InstartSimulator, type SimulatorOptions } from '../../simulators/instart.ts';
import { openSource, windowStream } from './instart.scripted.ts';
import { failureOf, live, testWindowSource, type WindowSourceTrial } from './window-source.contract.ts';

process.env['TZ'] = 'America/New_York';

const DIMENSIONS = ['client_ip', 'client_asn', 'rule_id', 'event_type', 'domain'];
const UNTIL = floorTo(Date.now() - 20 * MINUTE, HOUR);
const WINDOW: Interval = { from: UNTIL - HOUR, until: UNTIL };

interface Trial extends WindowSourceTrial {
  readonly simulator: InstartSimulator;
}

async function open(options: SimulatorOptions = {}, rowsPerPage = 500): Promise<Trial> {
  const simulator = await startInstart({ since: floorTo(Date.now(), DAY) - 5 * DAY, ...options });
  const { name, password } = DEFAULT_USER;
  const source = openSource(simulator.url, {
    settings: {
      customer: 'acme',
      auth: { username: name, password: { place: '${env:INSTART_PASSWORD}', reveal: () => password } },
      rowsPerPage,
      streams: { events: { kind: 'events', dimensions: DIMENSIONS } },
    },
  });
  return {
    simulator,
    source,
    stream: windowStream(source),
    window: WINDOW,
    truth: ({ from, until }) => simulator.truth(['event_timestamp_ms', ...DIMENSIONS], from, until).map(textOf),
    secrets: [password],
    close: async () => {
      await source.close();
      await simulator.close();
    },
  };
}

const textOf = ({ bytes }: { readonly bytes: Uint8Array }): string => Buffer.from(bytes).toString();

/** Every record of a window, whatever the order of columns that it came in: as the canonical list of `column=value`. */
async function rowsOf(stream: WindowStream, window: Interval): Promise<readonly string[]> {
  const held = new Map<string, string>();
  let cursor: string | null = null;
  do {
    const page: Page = await stream.fetchPage(window, cursor, live());
    for (const record of page.records) held.set(stream.identify(record).id, canonical(record));
    cursor = page.next;
  } while (cursor !== null);
  return [...held.values()].toSorted();
}

function canonical({ bytes, context }: SourceRecord): string {
  const columns = context?.['columns'];
  if (!Array.isArray(columns)) throw new Error('a row without its columns');
  const cells = JSON.parse(Buffer.from(bytes).toString()) as unknown[];
  const pairs = columns.map((column, i) => `${String(column)}=${JSON.stringify(cells[i])}`);
  return pairs.toSorted().join(';');
}

function truthOf({ simulator }: Trial, { from, until }: Interval): readonly string[] {
  const columns = ['event_timestamp_ms', ...DIMENSIONS];
  const rows = simulator.truth(columns, from, until);
  return rows.map(({ bytes }) => canonical({ bytes, context: { columns } })).toSorted();
}

describe.each(['[)', '[]', '()', '(]'] as const)('where the vendor’s bounds are %s', (bounds) => {
  testWindowSource('instart', () => open({ faults: { bounds } }), []);
});

describe('instart on a strict vendor', () => {
  const began: Trial[] = [];
  const start = async (...args: Parameters<typeof open>): Promise<Trial> => {
    const trial = await open(...args);
    began.push(trial);
    return trial;
  };
  afterEach(async () => {
    for (const one of began.splice(0)) await one.close();
  });

  it('brings all 26,584 events of a window, in answers that hold no more than they say', async () => {
    const trial = await start({}, 10_000);
    trial.simulator.load(WINDOW.from, WINDOW.until, 26_584);
    expect(await rowsOf(trial.stream, WINDOW)).toEqual(truthOf(trial, WINDOW));
    expect(trial.simulator.violations).toEqual([]);
  });

  it('ends with the events that arrive between two answers', async () => {
    const trial = await start({ faults: { totalGrowsBy: { rows: 7, times: 1 } } });
    trial.simulator.load(WINDOW.from, WINDOW.until, 900);
    expect(await rowsOf(trial.stream, WINDOW)).toEqual(truthOf(trial, WINDOW));
  });

  it('keeps equal hits of one second apart, in whatever order they come, and finds none anew', async () => {
    const trial = await start({ faults: { equalRows: true, shuffledEachCall: true } });
    const truth = truthOf(trial, WINDOW);
    expect(new Set(truth).size).toBeLessThan(truth.length);
    const ids = new Set<string>();
    for (let i = 0; i < 2; i += 1) {
      let cursor: string | null = null;
      do {
        const page: Page = await trial.stream.fetchPage(WINDOW, cursor, live());
        for (const record of page.records) ids.add(trial.stream.identify(record).id);
        cursor = page.next;
      } while (cursor !== null);
    }
    expect(ids.size).toBe(truth.length);
  });

  it.each([
    ['server', false],
    ['shuffled', false],
    ['asked', 'last'],
  ] as const)('reads columns by their names, in %s order, the time %s', async (columnOrder, timestampNotPrepended) => {
    const trial = await start({ faults: { columnOrder, timestampNotPrepended } });
    expect(await rowsOf(trial.stream, WINDOW)).toEqual(truthOf(trial, WINDOW));
  });

  it.each([
    ['says so', 'capped'],
    ['lies about it', 'asked'],
  ] as const)('notices a limit that is capped in silence, by a vendor that %s', async (_how, capEcho) => {
    const trial = await start({ faults: { capLimit: 100, capEcho } }, 10_000);
    expect(await rowsOf(trial.stream, WINDOW)).toEqual(truthOf(trial, WINDOW));
  });

  it.each(['limit', 'rows', 'total'] as const)(
    'asks for less after a 504 for too much by %s',
    async (gatewayTimeoutOf) => {
      const trial = await start({ faults: { gatewayTimeoutAbove: 200, gatewayTimeoutOf } }, 10_000);
      expect(await rowsOf(trial.stream, WINDOW)).toEqual(truthOf(trial, WINDOW));
    },
  );

  it('pages through a single second that is too full, equal rows over the border included', async () => {
    const trial = await start({ faults: { equalRows: true } }, 100);
    const second = { from: WINDOW.from, until: WINDOW.from + SECOND };
    trial.simulator.load(second.from, second.until, 750);
    const around = { from: WINDOW.from - MINUTE, until: WINDOW.from + MINUTE };
    expect(await rowsOf(trial.stream, around)).toEqual(truthOf(trial, around));
  });

  it('fails with a clear line when a single second is too full and `start` is refused', async () => {
    const trial = await start({ faults: { startParameter: 'refused' } }, 100);
    trial.simulator.load(WINDOW.from, WINDOW.from + SECOND, 750);
    const failure = await failureOf(rowsOf(trial.stream, WINDOW));
    expect(failure.name).toBe('unexpected-answer');
    expect(failure.message).toContain('rowsPerPage');
  });

  it.each(['some', 'all'] as const)('places times with %s fractions of seconds', async (fractions) => {
    const trial = await start({ faults: { fractions } });
    expect(await rowsOf(trial.stream, WINDOW)).toEqual(truthOf(trial, WINDOW));
  });

  it('calls a day that a midnight took forgotten, and not empty', async () => {
    const trial = await start();
    const from = floorTo(Date.now(), DAY) - 4 * DAY + 10 * HOUR;
    const failure = await failureOf(trial.stream.fetchPage({ from, until: from + HOUR }, null, live()));
    expect(failure.name).toBe('retention-passed');
  });

  it('keeps bytes that are not UTF-8, literals as they stand, and rows over several lines', async () => {
    const trial = await start({ faults: { badUtf8: true, oddLiterals: true, prettyPrinted: true } });
    const { records } = await trial.stream.fetchPage(WINDOW, null, live());
    const hashes = new Set(records.map(({ bytes }) => hash(flat(bytes))));
    const truth = trial.simulator.truth(['event_timestamp_ms', ...DIMENSIONS], WINDOW.from, WINDOW.until);
    const known = new Set(truth.map(({ bytes }) => hash(flat(bytes))));
    expect(records.length).toBeGreaterThan(0);
    for (const one of hashes) expect(known.has(one)).toBe(true);
  });

  it('proves the password by HEAD, or by a list where HEAD is refused', async () => {
    const trial = await start();
    await trial.source.authenticate(live());
    expect(trial.simulator.requests.map(({ method }) => method)).toEqual(['HEAD']);
    const other = await start({ faults: { head: 'refused' } });
    await other.source.authenticate(live());
    expect(other.simulator.requests.map(({ method }) => method)).toContain('GET');
  });

  it('lists what there is to choose from, and complains of what there is not', async () => {
    const trial = await start();
    const listings = (await trial.source.discover?.(live())) ?? [];
    const dimensions = listings.find(({ about }) => about === 'events dimensions');
    expect(dimensions?.entries).toContain('client_ip');
    expect(listings.some(({ about }) => /groupings/.test(about))).toBe(true);
    expect(await trial.source.review?.(live())).toEqual([]);
  });

  it.each([
    ['serverError', 'unavailable'],
    ['truncatedJson', 'unexpected-answer'],
    ['truncatedBody', 'unavailable'],
    ['htmlWith200', 'unexpected-answer'],
    ['emptyBody', 'unexpected-answer'],
    ['rowsMissing', 'unexpected-answer'],
    ['rowTooShort', 'unexpected-answer'],
    ['redirect', 'refused-target'],
    ['rateLimit', 'rate-limited'],
    ['unauthorized', 'credentials-rejected'],
    ['resetAfterHeaders', 'unavailable'],
  ] as const)('meets %s as %s, without the password in it', async (fault, name) => {
    const trial = await start();
    Object.assign(trial.simulator.faults, { [fault]: true });
    const failure = await failureOf(rowsOf(trial.stream, WINDOW));
    expect(failure.name).toBe(name);
    expect(failure.message).not.toContain(DEFAULT_USER.password);
  });
});

const hash = (text: string): string => createHash('sha256').update(text, 'latin1').digest('hex');
/** Blanks between tokens aside: the truth is written without any. */
const flat = (bytes: Uint8Array): string => Buffer.from(bytes).toString('latin1').replace(/\n\s*/g, '');

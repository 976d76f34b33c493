import { createHash } from 'node:crypto';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { Source, WindowStream } from '../../src/core/contract.ts';
import { MINUTE, type Interval } from '../../src/core/time.ts';
import { apptrana } from '../../src/sources/apptrana/index.ts';
import type { ApptranaSettings } from '../../src/sources/apptrana/settings.ts';
import { DEFAULT_CLIENT, DEFAULT_REDIRECT_URL, startAppTrana } from '../../simulators/apptrana.ts';
import type { AppTranaSimulator, SimulatorOptions } from '../../simulators/apptrana.ts';
import { failureOf, live, testWindowSource, walk, type WindowSourceTrial } from './window-source.contract.ts';

process.env['TZ'] = 'America/New_York';

const SITE = 'www.abc.com';
const OTHER = 'shop.abc.com';
const UNTIL = Math.floor((Date.now() - 20 * MINUTE) / (5 * MINUTE)) * 5 * MINUTE;
const WINDOW: Interval = { from: UNTIL - 5 * MINUTE, until: UNTIL };

interface Trial extends WindowSourceTrial {
  readonly simulator: AppTranaSimulator;
}

async function open(options: Partial<SimulatorOptions> = {}, settings: Partial<ApptranaSettings> = {}): Promise<Trial> {
  const simulator = await startAppTrana({ websites: [SITE, OTHER], rate: 30, ...options });
  const source = sourceOf(simulator, settings);
  const [stream] = source.streams as readonly WindowStream[];
  if (stream === undefined) throw new Error('no stream');
  return {
    simulator,
    source,
    stream,
    window: WINDOW,
    onePage: true,
    truth: ({ from, until }) =>
      simulator
        .truth(settings.websites === undefined ? SITE : (settings.websites[0] ?? null), from, until)
        .map(({ bytes }) => bytes.toString()),
    secrets: [DEFAULT_CLIENT.secret],
    close: async () => {
      await source.close();
      await simulator.close();
    },
  };
}

function sourceOf(simulator: AppTranaSimulator, settings: Partial<ApptranaSettings>): Source {
  const auth = {
    clientId: DEFAULT_CLIENT.id,
    clientSecret: secret(DEFAULT_CLIENT.secret),
    grant: 'client_credentials',
  };
  const defaults = { websites: [SITE], auth, header: 'Authorization', ...settings } as ApptranaSettings;
  const { every, offset, window } = apptrana.defaults;
  const common = { baseUrl: simulator.baseUrl, schedule: { every, offset }, window, limits: apptrana.limits };
  return apptrana.open({ id: 'acme', settings: { ...defaults, ...common }, clock: Date.now });
}

const secret = (value: string) => ({ place: '${env:APPTRANA_KEY}', reveal: () => value });

describe.each(['[)', '[]', '()', '(]'] as const)('where the vendor’s bounds are %s', (bounds) => {
  testWindowSource('apptrana', () => open({ faults: { bounds } }), []);
});

describe('apptrana on a strict vendor', () => {
  let trial: Trial;
  const began: Trial[] = [];
  const start = async (...args: Parameters<typeof open>): Promise<Trial> => {
    trial = await open(...args);
    began.push(trial);
    return trial;
  };
  beforeEach(() => start());
  afterEach(async () => {
    for (const one of began.splice(0)) await one.close();
  });
  const sorted = (texts: readonly string[]): readonly string[] => texts.toSorted();

  it.each(['empty-list', 'null', 'absent', 'missing', 'data-null'] as const)(
    'takes a quiet website, shown as %s, for no attacks',
    async (quietWebsite) => {
      const { simulator, stream } = trial;
      simulator.faults.quietWebsite = quietWebsite;
      simulator.load(SITE, WINDOW.from, WINDOW.until, 0);
      simulator.load(SITE, WINDOW.from - MINUTE, WINDOW.from, 0);
      expect(await walk(stream, WINDOW)).toEqual([]);
    },
  );

  it.each([
    ['Authorization', 'Authorization'],
    ['Authorisation', 'Authorisation'],
    ['both', 'Authorization'],
    ['both', 'Authorisation'],
  ] as const)('with `header: %s` is read by a vendor that reads %s', async (header, mode) => {
    const { stream, truth } = await start({ faults: { header: mode, times: 'texts' } }, { header });
    expect(await walk(stream, WINDOW)).toEqual(sorted(truth(WINDOW)));
  });

  it.each(['client_credentials', 'authorization_code', 'basic'] as const)('logs in by %s, once', async (grant) => {
    const auth = { clientId: DEFAULT_CLIENT.id, clientSecret: secret(DEFAULT_CLIENT.secret), grant };
    const redirect = grant === 'authorization_code' ? { redirectUrl: DEFAULT_REDIRECT_URL } : {};
    const { stream, truth, simulator } = await start(
      { grants: [grant], faults: { codeParameter: 'auth_code' } },
      { auth: { ...auth, ...redirect } as ApptranaSettings['auth'] },
    );
    expect(await walk(stream, WINDOW)).toEqual(sorted(truth(WINDOW)));
    expect(simulator.counts.logins).toBe(1);
    expect(simulator.violations).toEqual([]);
  });

  it.each(['same', 'fresh'] as const)(
    'renews a token that ends in the middle of ten windows once, where a repeated login gives the %s',
    async (repeatedLogin) => {
      const { stream, truth, simulator } = await start({ faults: { repeatedLogin, latencyMs: 20 } });
      const windows = [...Array(10).keys()].map((i) => {
        const until = WINDOW.until - i * 5 * MINUTE;
        return { from: until - 5 * MINUTE, until };
      });
      await walk(stream, WINDOW);
      simulator.faults.tokenEnds = { times: 1 };
      const walked = await Promise.all(windows.map((window) => walk(stream, window)));
      expect(walked).toEqual(windows.map((window) => sorted(truth(window))));
      expect(simulator.counts.logins).toBe(2);
      expect(simulator.violations).toEqual([]);
    },
  );

  it('never sends a code twice, though the first login that it was meant for failed', async () => {
    const auth = {
      clientId: DEFAULT_CLIENT.id,
      clientSecret: secret(DEFAULT_CLIENT.secret),
      grant: 'authorization_code' as const,
      redirectUrl: DEFAULT_REDIRECT_URL,
    };
    const { stream, simulator, truth } = await start({ faults: { tokenDown: { times: 1 } } }, { auth });
    expect((await failureOf(walk(stream, WINDOW))).name).toBe('unavailable');
    expect(await walk(stream, WINDOW)).toEqual(sorted(truth(WINDOW)));
    expect(simulator.counts).toMatchObject({ authorizations: 2, logins: 2 });
    expect(simulator.violations).toEqual([]);
  });

  it('finds what a vendor cuts off without a word, by asking for halves', async () => {
    const { stream, simulator, truth } = trial;
    simulator.load(SITE, WINDOW.from, WINDOW.until, 2_340);
    simulator.faults.truncateTo = 1_000;
    expect(await walk(stream, WINDOW)).toEqual(sorted(truth(WINDOW)));
  });

  it('leaves a true two thousand two thousand', async () => {
    const { stream, simulator, truth } = trial;
    simulator.load(SITE, WINDOW.from, WINDOW.until, 2_000);
    expect(await walk(stream, WINDOW)).toEqual(sorted(truth(WINDOW)));
  });

  it.each([false, 'null', 'dash'] as const)(
    'keeps equal attacks apart and finds none anew, where request ids are missing as %s',
    async (requestIdMissing) => {
      const { stream, simulator, truth } = trial;
      Object.assign(simulator.faults, { equalRows: true, requestIdMissing });
      expect(await walk(stream, WINDOW)).toEqual(sorted(truth(WINDOW)));
      const ids = async (): Promise<ReadonlySet<string>> =>
        new Set((await stream.fetchPage(WINDOW, null, live())).records.map((one) => stream.identify(one).id));
      expect(await ids()).toEqual(await ids());
    },
  );

  it('keeps bytes that are not UTF-8, and the breaks between lines', async () => {
    const { stream, simulator } = trial;
    Object.assign(simulator.faults, { badUtf8: true, prettyPrinted: true });
    const { records } = await stream.fetchPage(WINDOW, null, live());
    const hash = (bytes: Uint8Array): string => createHash('sha256').update(bytes).digest('hex');
    const truth = simulator.truth(SITE, WINDOW.from, WINDOW.until).map(({ sha256 }) => sha256);
    expect(new Set(records.map(({ bytes }) => hash(bytes)))).toEqual(new Set(truth));
  });

  it('of all websites has each attack beside the website that it came under', async () => {
    const { simulator, source } = await start({}, { websites: undefined as never });
    const [all] = source.streams as readonly WindowStream[];
    const { records } = (await all?.fetchPage(WINDOW, null, live())) ?? { records: [] };
    const held = records.map(({ bytes, context }) => [context?.['website'], Buffer.from(bytes).toString()].join(' '));
    const truth = simulator
      .truth(null, WINDOW.from, WINDOW.until)
      .map(({ website, bytes }) => `${website} ${bytes.toString()}`);
    expect(sorted([...new Set(held)])).toEqual(sorted(truth));
    expect(all?.name).toBe('all-websites');
  });

  it('asks for one kind of event when it is told to', async () => {
    const { stream, simulator } = await start({}, { eventType: 'Block' });
    const blocked = simulator.truth(SITE, WINDOW.from, WINDOW.until, 'Block');
    expect(await walk(stream, WINDOW)).toEqual(sorted(blocked.map(({ bytes }) => bytes.toString())));
  });

  it('names the setting when the vendor does not know a website', async () => {
    const { stream, source } = await start({}, { websites: ['www.abd.com'] });
    const failure = await failureOf(walk(stream, WINDOW));
    expect(failure).toMatchObject({
      name: 'unexpected-answer',
      message: expect.stringContaining('`websites`') as string,
    });
    const [complaint] = (await source.review?.(live())) ?? [];
    expect(complaint).toMatchObject({ path: ['websites', 0], known: [OTHER, SITE] });
  });

  it('lists the websites to choose from', async () => {
    const { source } = trial;
    expect(await source.discover?.(live())).toMatchObject([{ setting: 'websites', entries: [OTHER, SITE] }]);
  });

  it.each([
    ['serverError', 'unavailable'],
    ['badGateway', 'unavailable'],
    ['htmlWith200', 'unexpected-answer'],
    ['emptyBody', 'unexpected-answer'],
    ['errorWith200', 'unexpected-answer'],
    ['failureWith200', 'unexpected-answer'],
    ['redirect302', 'refused-target'],
    ['truncatedBody', 'unavailable'],
    ['resetAfterHeaders', 'unavailable'],
    ['tooManyRequests', 'rate-limited'],
    ['refuseLogin', 'credentials-rejected'],
  ] as const)('meets %s as %s, without a secret in it', async (fault, name) => {
    const { stream, simulator } = trial;
    simulator.faults[fault] = true;
    const failure = await failureOf(walk(stream, WINDOW));
    expect(failure.name).toBe(name);
    expect(failure.message).not.toContain(DEFAULT_CLIENT.secret);
  });
});

import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { text } from 'node:stream/consumers';
import { fileURLToPath } from 'node:url';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { DEFAULT_ACCOUNT, type GroupIbSimulator, type TruthVersion } from '../../simulators/group-ib.ts';
import { start } from './group-ib-client.ts';

const PYTHON = process.env['SLUICE_PYTHON'] ?? 'python3';
const VERSION = '0.14.1';
const SCRIPT = fileURLToPath(new URL('group-ib-client.py', import.meta.url));
const ACCOUNTS = 'compromised/account_group';

const missing = whatIsMissing();

interface Task {
  readonly api?: 'drp';
  readonly call: string;
  readonly arguments?: Readonly<Record<string, unknown>>;
}

interface Portion {
  readonly count: number;
  readonly sequpdate: string | null;
  readonly items: readonly (readonly [string, string | null])[];
}

let simulator: GroupIbSimulator;
beforeEach(async (context) => {
  if (missing !== undefined) return context.skip(missing);
  ({ simulator } = await start({ perDay: 10 }));
});
afterEach(() => simulator?.close());

/** Runs the vendor's client, each task with a poller of its own. */
async function run(...tasks: readonly Task[]): Promise<readonly unknown[]> {
  const python = spawn(PYTHON, ['-W', 'ignore', SCRIPT], { stdio: ['pipe', 'pipe', 'pipe'] });
  python.stdin.end(JSON.stringify({ ti: simulator.tiUrl, drp: simulator.drpUrl, ...DEFAULT_ACCOUNT, tasks }));
  const [output, errors] = await Promise.all([text(python.stdout), text(python.stderr), once(python, 'close')]);
  if (output === '') throw new Error(errors);
  return JSON.parse(output) as readonly unknown[];
}

async function walk(task: Task): Promise<readonly Portion[]> {
  const [portions] = await run(task);
  return portions as readonly Portion[];
}

function held(portions: readonly Portion[]): readonly unknown[] {
  return portions.flatMap(({ items }) => items);
}

function expected(versions: readonly TruthVersion[]): readonly unknown[] {
  return versions.map(({ id, seqUpdate }) => [id, seqUpdate]);
}

// The interpreter takes a second or two to start on a busy machine.
describe('the Python client of the vendor', { timeout: 60_000 }, () => {
  it('walks a collection to its end with its update generator', async () => {
    simulator.load('apt/threat', 23);
    const portions = await walk({ call: 'create_update_generator', arguments: { collection_name: 'apt/threat' } });
    expect(portions.map(({ count, items }) => [count, items.length])).toEqual([
      [23, 10],
      [13, 10],
      [3, 3],
    ]);
    expect(held(portions)).toEqual(expected(simulator.latest('apt/threat')));
    expect(simulator.violations).toEqual([]);
  });

  it('begins where the sequence list says, and sends back each digit', async () => {
    simulator.faults.seqAbove2to53 = true;
    const date = '2026-11-15';
    const [list] = await run({ call: 'get_seq_update_dict', arguments: { date, collection_name: ACCOUNTS } });
    expect(list).toEqual({ [ACCOUNTS]: expect.any(Number) as number });
    const older = simulator.truth(ACCOUNTS).filter(({ time }) => time < Date.UTC(2026, 10, 15));
    const portions = await walk({
      call: 'create_update_generator',
      arguments: { collection_name: ACCOUNTS, sequpdate: older.at(-1)?.seqUpdate, limit: 20 },
    });
    const wanted = simulator.latest(ACCOUNTS).filter(({ time }) => time >= Date.UTC(2026, 10, 15));
    expect(wanted.length).toBeGreaterThan(40);
    expect(held(portions)).toEqual(expected(wanted));
    expect(simulator.violations).toEqual([]);
  });

  it('searches what has no seqUpdate with its search generator', async () => {
    const portions = await walk({
      call: 'create_search_generator',
      arguments: { collection_name: 'compromised/breached', date_from: '2026-11-01', date_to: '2026-11-10', limit: 30 },
    });
    const within = simulator
      .truth('compromised/breached')
      .filter(({ time }) => time >= Date.UTC(2026, 10, 1) && time < Date.UTC(2026, 10, 11));
    expect(portions.map(({ count }) => count)).toEqual([100, 100, 100, 100]);
    expect(held(portions)).toEqual(expected(within.toReversed()));
    expect(simulator.violations).toEqual([]);
  });

  it('keeps its query and its filters over the pages', async () => {
    const arguments_ = {
      collection_name: 'suspicious_ip/scanner',
      query: 'ip:8.8.8.8',
      apply_hunting_rules: 1,
      limit: 1,
    };
    const portions = await walk({ call: 'create_update_generator', arguments: arguments_ });
    expect(portions.length).toBeGreaterThan(0);
    expect(portions.map(({ count }) => count)).toEqual(portions.map((_, index) => portions.length - index));
    expect(
      simulator.requests.every(({ path }) => path.includes('q=ip') && path.includes('apply_hunting_rules=1')),
    ).toBe(true);
    expect(simulator.violations).toEqual([]);
  });

  it('looks up what is granted, single items, files, and where a value is', async () => {
    const report = simulator.latest('hi/threat').find(({ bytes }) => bytes.includes('"files":[{'));
    const { files } = JSON.parse(report?.bytes.toString('utf8') ?? '{}') as { files: { name: string; size: number }[] };
    const which = { collection_name: 'hi/threat', feed_id: report?.id };
    const [collections, hunted, item, file, hits] = await run(
      { call: 'get_available_collections' },
      { call: 'get_hunting_rules_collections' },
      { call: 'search_feed_by_id', arguments: which },
      { call: 'search_file_in_threats', arguments: { ...which, file_id: files[0]?.name } },
      { call: 'global_search', arguments: { query: 'ip:8.8.8.8' } },
    );
    expect(collections).toEqual(expect.arrayContaining([ACCOUNTS, 'compromised/breached']));
    expect(hunted).toContain('osi/public_leak');
    expect(item).toMatchObject({ id: report?.id });
    expect(file).toHaveLength((files[0]?.size ?? 0) * 2);
    expect((hits as readonly { apiPath: string }[]).map(({ apiPath }) => apiPath)).toContain('attacks/ddos');
    expect(simulator.violations).toEqual([]);
  });

  it('walks the violations of a brand, from a day on and for look-alikes', async () => {
    const first = Date.UTC(2026, 10, 10) * 1000;
    const generator: Task = {
      api: 'drp',
      call: 'create_update_generator',
      arguments: { collection_name: 'violation/list' },
    };
    const [numbers, portions, typos, brands, subscriptions] = await run(
      { api: 'drp', call: 'get_seq_update_dict', arguments: { date: '2026-11-10', collection: 'violation/list' } },
      { ...generator, arguments: { ...generator.arguments, sequpdate: first, limit: 25 } },
      { ...generator, arguments: { ...generator.arguments, use_typo_squatting: true } },
      { api: 'drp', call: 'get_brands' },
      { api: 'drp', call: 'get_subscriptions' },
    );
    expect(numbers).toBe(first);
    const wanted = simulator.latest('violation/list').filter(({ time }) => time * 1000 >= first);
    const walked = held(portions as readonly Portion[]);
    expect(walked).toHaveLength(wanted.length);
    expect(walked).toEqual(expect.arrayContaining([...expected(wanted)]));
    expect(held(typos as readonly Portion[]).length).toBeGreaterThan(0);
    expect(brands).toContainEqual({ id: expect.any(String) as string, name: 'Example Bank' });
    expect(subscriptions).toContain('scam');
    expect(simulator.violations).toEqual([]);
  });

  it('tries again after 429 and 504, and gives up on 403 and on pages that are no JSON', async () => {
    simulator.faults.tooManyRequests = { times: 1, retryAfter: 1 };
    simulator.faults.serverError = { times: 1, status: 504 };
    simulator.load('attacks/ddos', 5);
    const ddos: Task = { call: 'create_update_generator', arguments: { collection_name: 'attacks/ddos' } };
    expect(held(await walk(ddos))).toHaveLength(5);
    simulator.faults.forbiddenCollections = ['attacks/ddos'];
    expect(await run(ddos)).toEqual([{ error: 'ConnectionException' }]);
    simulator.faults.forbiddenCollections = [];
    simulator.faults.redirect301 = { times: 1 };
    expect(await run(ddos)).toEqual([{ error: 'ConnectionException' }]);
    simulator.faults.html200 = { times: 1 };
    expect(await run(ddos)).toEqual([{ error: 'ConnectionException' }]);
    expect(simulator.struck).toMatchObject({ tooManyRequests: 1, serverError: 1, redirect301: 1, html200: 1 });
    expect(simulator.violations).toEqual([]);
  });
});

/** Why the tests cannot run here. */
function whatIsMissing(): string | undefined {
  const asked = spawnSync(
    PYTHON,
    ['-c', 'from importlib.metadata import version; print(version("cyberintegrations"))'],
    { encoding: 'utf8' },
  );
  if (asked.error !== undefined) return `there is no ${PYTHON} (SLUICE_PYTHON names another interpreter)`;
  const found = asked.stdout.trim();
  if (asked.status !== 0) return `${PYTHON} has no package cyberintegrations (wanted: ${VERSION})`;
  return found === VERSION ? undefined : `${PYTHON} has cyberintegrations ${found}, wanted: ${VERSION}`;
}

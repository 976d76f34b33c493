import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { text } from 'node:stream/consumers';
import { onTestFinished } from 'vitest';
import { openArchive } from '../../src/archive/open.ts';
import { locations } from '../../src/config/locations.ts';
import type { RedactionPolicy } from '../../src/core/redaction.ts';
import { floorTo, HOUR, isoInterval, MINUTE, toIso, type Interval } from '../../src/core/time.ts';
import type { Ledger } from '../../src/ledger/ledger.ts';
import { openLedger } from '../../src/ledger/open.ts';

export const CLI = fileURLToPath(new URL('../../dist/src/cli.js', import.meta.url));

/** Marked, so that everything that was printed can be searched for it. */
export const CANARY = 'canary-c11-9d4e70';

export interface Ended {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

export interface Running {
  readonly child: ChildProcess;
  /** Resolves once these words stand on stderr; rejects when it ends without them. */
  said(words: string): Promise<void>;
  readonly ended: Promise<Ended>;
}

type Surroundings = { readonly cwd?: string; readonly env?: Readonly<Record<string, string>> };

/** Starts the built program in a process of its own; it is ended with the test. */
export function start(args: readonly string[], { cwd, env = {} }: Surroundings = {}): Running {
  const child = spawn(process.execPath, [CLI, ...args], {
    cwd,
    env: { ...withoutOurs(process.env), SIGSCI_PASSWORD: CANARY, ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  onTestFinished(() => void child.kill('SIGKILL'));
  let stderr = '';
  child.stderr.setEncoding('utf8').on('data', (chunk: string) => (stderr += chunk));
  const ended = Promise.all([once(child, 'close'), text(child.stdout)]).then(([, stdout]) => ({
    code: child.exitCode,
    stdout,
    stderr,
  }));
  const said = async (words: string): Promise<void> => {
    const end = ended.then(() => Promise.reject(new Error(`it ended without having said ${words}: ${stderr}`)));
    end.catch(() => undefined); // it may well end after having said so
    while (!stderr.includes(words)) await Promise.race([once(child.stderr, 'data'), end]);
  };
  return { child, said, ended };
}

function withoutOurs(env: NodeJS.ProcessEnv): NodeJS.ProcessEnv {
  const { NO_COLOR: _color, FORCE_COLOR: _force, SLUICE_CONFIG: _config, SLUICE_DEBUG: _debug, ...rest } = env;
  return rest;
}

export async function sluice(args: readonly string[], surroundings: Surroundings = {}): Promise<Ended> {
  return await start(args, surroundings).ended;
}

/** What a program reads: the data of the envelope. */
// The caller says what the data is.
// eslint-disable-next-line typescript/no-unnecessary-type-parameters
// oxlint-disable-next-line typescript/no-unnecessary-type-parameters -- a test says what it reads
export function dataOf<T = unknown>({ stdout }: Ended): T {
  return (JSON.parse(stdout) as { data: T }).data;
}

export const SITE = 'www.example.com';
export const STREAM = { source: 'acme-waf', stream: SITE };
export const NAME = `acme-waf/${SITE}`;

export const yaml = (lines: readonly string[] = [], top: readonly string[] = []): string =>
  [
    'version: 1',
    'data: ./data',
    ...top,
    'sources:',
    '  acme-waf:',
    '    type: signal-sciences',
    '    corp: testcorp',
    `    sites: [${SITE}]`,
    '    auth:',
    '      email: ops@example.com',
    '      password: ${env:SIGSCI_PASSWORD}',
    ...lines.map((line) => `    ${line}`),
    '',
  ].join('\n');

/** The hour, so and so many hours ago; 1 is the newest that has settled: five minutes for the vendor, one for the clock. */
export function hour(ago: number, now = Date.now()): Interval {
  const until = floorTo(now - 6 * MINUTE, HOUR) - (ago - 1) * HOUR;
  return { from: until - HOUR, until };
}

interface SealOptions {
  readonly commit?: boolean;
  readonly id?: typeof STREAM;
  readonly redaction?: RedactionPolicy;
  /** Six minutes after its end without it. */
  readonly sealedAt?: number;
}

/** A folder with a configuration, and a real ledger and archive once something is put into them. */
export async function deployment(config = yaml()) {
  const folder = await mkdtemp(join(tmpdir(), 'sluice-cli-'));
  onTestFinished(() => rm(folder, { recursive: true, force: true }));
  await writeFile(join(folder, 'sluice.yaml'), config);
  const places = locations({ data: join(folder, 'data') });
  const archive = openArchive(places.archive);
  const withLedger = async <T>(use: (ledger: Ledger) => Promise<T>): Promise<T> => {
    const ledger = await openLedger(places.ledger);
    try {
      return await use(ledger);
    } finally {
      await ledger.close();
    }
  };
  return {
    folder,
    ...places,
    withLedger,
    run: (...args: readonly string[]) => sluice(args, { cwd: folder }),
    /** Puts a slice with so many records into the archive, and into the ledger unless told otherwise. */
    seal: async (
      window: Interval,
      records: number,
      { commit = true, id = STREAM, redaction, sealedAt = window.until + 6 * MINUTE }: SealOptions = {},
    ): Promise<string> => {
      const writer = archive.stage(id);
      const page = Array.from({ length: records }, (_, i) => ({
        bytes: Buffer.from(JSON.stringify({ id: `${window.from}-${i}` })),
      }));
      await writer.page(page, ({ bytes }) => ({ id: Buffer.from(bytes).toString(), time: window.from }));
      const segment = await writer.finish();
      const receipt = await archive.seal({
        slice: { ...id, type: 'signal-sciences', kind: 'window', ...isoInterval(window), revision: 1 },
        segments: [segment.key],
        reported: null,
        redaction,
        run: { workflowId: 'extract:acme-waf:www.example.com', runId: 'run-1' },
        sealedAt: toIso(sealedAt),
      });
      if (commit) await withLedger((ledger) => ledger.commit(receipt));
      return receipt.key;
    },
    /** As if the stream had been applied when only the last hours counted. */
    startsAt: (instant: number) => writeFile(join(folder, 'sluice.yaml'), `${config}    start: ${toIso(instant)}\n`),
  };
}

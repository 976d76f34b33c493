import { resolve } from 'node:path';
import type { Config } from '../config/load.ts';
import { describeOutcome } from '../core/outcome.ts';
import { fromIso, toIso } from '../core/time.ts';
import type { RunFailure } from '../ops/run-failure.ts';
import type { StreamResult } from '../ops/up.ts';
import { exitCodeOf, type ExitCode } from './exit-codes.ts';
import { createTalk, mayPaint, paint, print, table, type Globals } from './terminal.ts';
import { formatWindow, slicesTable, statusTable } from './views.ts';

type Options = Readonly<Record<string, unknown>>;

export async function up(globals: Globals, _args: readonly string[], { once }: Options): Promise<ExitCode> {
  const { runUp } = await import('../ops/up.ts');
  const config = await load(globals);
  const interrupted = onSignals();
  await quietTemporal();
  const results = await runUp({ config, once: once === true, talk: createTalk(globals), interrupted, hints });
  return finish(globals, results, interrupted, once === true);
}

export async function demo(globals: Globals, _args: readonly string[], { once, folder }: Options): Promise<ExitCode> {
  const { runDemo } = await import('../ops/demo.ts');
  const interrupted = onSignals();
  await quietTemporal();
  const target = resolve(typeof folder === 'string' ? folder : 'sluice-demo');
  const results = await runDemo({ folder: target, once: once === true, talk: createTalk(globals), interrupted });
  return finish(globals, results, interrupted, once === true);
}

export async function worker(globals: Globals): Promise<ExitCode> {
  const { runWorker } = await import('../ops/worker.ts');
  const config = await load(globals);
  await quietTemporal();
  await runWorker(config, createTalk(globals), onSignals());
  return 0;
}

export async function apply(globals: Globals): Promise<ExitCode> {
  const { applyConfig } = await import('../ops/apply.ts');
  const changes = await applyConfig(await load(globals));
  const rows = changes.map(({ change, stream, schedule, detail }) => [change, stream, schedule, detail ?? '']);
  print(globals, changes, table(['change', 'stream', 'schedule', 'detail'], rows));
  const changed = changes.filter(({ change }) => change !== 'unchanged').length;
  createTalk(globals).say(`${changed} of ${changes.length} schedules changed. Next: sluice status`);
  return 0;
}

export async function pull(globals: Globals, [name = '']: readonly string[], options: Options): Promise<ExitCode> {
  const { findStream } = await import('../ops/streams.ts');
  const { pullStream, readRange } = await import('../ops/pull.ts');
  const config = await load(globals);
  const stream = findStream(config, name);
  const asked = readRange(stream, { from: text(options['from']), until: text(options['until']) });
  const talk = createTalk(globals);
  if (asked?.lost !== undefined)
    talk.say(`${formatWindow(asked.lost)} is lost: the vendor no longer has it. Asking for the rest.`);
  const stop = onSignals();
  stop.addEventListener('abort', () => {
    talk.say('The pull goes on on the server; cancel it in the Temporal UI if it should not.');
    process.exit(130);
  });
  const { workflowId, outcome, failure } = await pullStream(config, stream, asked?.range, talk);
  print(globals, { stream: name, workflowId, outcome, failure }, outcome === undefined ? '' : describeOutcome(outcome));
  return failure === undefined ? 0 : complain(failure);
}

export async function status(globals: Globals, _args: readonly string[], { check }: Options): Promise<ExitCode> {
  const { readStatus } = await import('../ops/status.ts');
  const now = Date.now();
  const streams = await readStatus(await load(globals), now);
  const json = streams.map((one) => ({
    ...one,
    watermark: toIso(one.watermark),
    deadline: one.deadline === undefined ? null : toIso(one.deadline),
    gaps: one.gaps.map((gap) => ({
      ...gap,
      from: toIso(gap.from),
      until: toIso(gap.until),
      deadline: gap.deadline === undefined ? null : toIso(gap.deadline),
    })),
  }));
  print(globals, json, statusTable(streams, now));
  if (check !== true) return 0;
  if (streams.some(({ lost }) => lost > 0)) return 3;
  return streams.some(({ state }) => ['late', 'failed', 'at-risk'].includes(state)) ? 2 : 0;
}

export async function slices(globals: Globals, [name = '']: readonly string[], options: Options): Promise<ExitCode> {
  const { findStream, UsageError } = await import('../ops/streams.ts');
  const { readSlices } = await import('../ops/slices.ts');
  const config = await load(globals);
  const stream = findStream(config, name);
  const now = Date.now();
  const since = text(options['since']) ?? '26h';
  const { parseLength } = await import('../sources/fields.ts');
  const length = parseLength(since);
  const from = typeof length === 'number' ? now - length : fromIso(since);
  if (from === undefined || from > now)
    throw new UsageError(`--since ${since} is neither a length such as 6h nor a past time with a zone`);
  const limit = Number(options['limit'] ?? 1000);
  if (!Number.isSafeInteger(limit) || limit < 1)
    throw new UsageError(`--limit ${text(options['limit']) ?? ''} is no positive number`);
  const stretches = await readSlices(config, stream, { from, until: now }, limit, now);
  const json = stretches.map((one) => ({
    ...one,
    from: toIso(one.from),
    until: toIso(one.until),
    ...(one.sealedAt === undefined ? {} : { sealedAt: toIso(one.sealedAt) }),
  }));
  print(globals, json, slicesTable(stretches));
  return 0;
}

export async function verify(globals: Globals, [name]: readonly string[]): Promise<ExitCode> {
  const { verifyArchive } = await import('../ops/verify.ts');
  const { findStream } = await import('../ops/streams.ts');
  const config = await load(globals);
  const talk = createTalk(globals);
  const only = name === undefined ? undefined : findStream(config, name);
  const verified = await verifyArchive(config, only, (count) => talk.progress([`${count} slices verified`]));
  print(globals, verified, verified.findings.join('\n'));
  talk.say(
    `${verified.slices} slices, ${verified.records.toLocaleString('en-US')} records: ${verified.findings.length === 0 ? 'all as sealed' : `${verified.findings.length} findings`}`,
  );
  return verified.findings.length === 0 ? 0 : 74;
}

export async function rebuild(globals: Globals): Promise<ExitCode> {
  const { openArchive } = await import('../archive/open.ts');
  const { locations } = await import('../config/locations.ts');
  const { rebuildSqliteLedger } = await import('../ledger/rebuild.ts');
  const { archive, ledger } = locations(await load(globals));
  const rebuilt = await rebuildSqliteLedger(ledger, openArchive(archive).manifests());
  print(globals, rebuilt, rebuilt.damaged.map(({ key, damage }) => `${key}: ${damage}`).join('\n'));
  const talk = createTalk(globals);
  talk.say(
    `${rebuilt.slices} slices written to ${ledger}${rebuilt.former === undefined ? '' : `; the former file is ${rebuilt.former}`}`,
  );
  if (rebuilt.former !== undefined && !rebuilt.tookOver)
    talk.say('Its starts, wishes, losses and failures could not be read: they begin anew.');
  return rebuilt.damaged.length === 0 ? 0 : 74;
}

export async function configCheck(globals: Globals): Promise<ExitCode> {
  const config = await load(globals);
  const { knownStreams } = await import('../ops/streams.ts');
  const streams = knownStreams(config).length;
  const data = { file: config.file, sources: config.sources.size, streams };
  print(
    globals,
    data,
    `${globals.config}: ok, ${config.sources.size} source${config.sources.size === 1 ? '' : 's'}, ${streams} stream${streams === 1 ? '' : 's'}`,
  );
  return 0;
}

export async function configShow(globals: Globals): Promise<ExitCode> {
  const { showConfig } = await import('../config/show.ts');
  process.stdout.write(`${showConfig(await load(globals), globals.output === 'json' ? 'json' : 'yaml').trimEnd()}\n`);
  return 0;
}

export async function configSchema(): Promise<ExitCode> {
  const { configJsonSchema } = await import('../config/json-schema.ts');
  process.stdout.write(`${JSON.stringify(configJsonSchema(), null, 2)}\n`);
  return 0;
}

export async function explain(globals: Globals, [name]: readonly string[]): Promise<ExitCode> {
  const { explanations, isExplained } = await import('../ops/explain.ts');
  if (name === undefined) {
    const rows = Object.entries(explanations).map(([one, { happened }]) => [one, happened]);
    print(globals, explanations, table(['failure', 'what happened'], rows));
    return 0;
  }
  if (!isExplained(name)) {
    const { nearest } = await import('../config/nearest.ts');
    const { UsageError } = await import('../ops/streams.ts');
    const mean = nearest(name, Object.keys(explanations));
    throw new UsageError(
      `there is no failure ${JSON.stringify(name)}. ${mean === undefined ? '`sluice explain` lists them.' : `Did you mean ${mean}?`}`,
    );
  }
  const one = explanations[name];
  const bold = (words: string): string => paint('bold', words, mayPaint(process.stdout, globals.color));
  const parts = [
    [bold(name), one.happened],
    [bold('What it costs you'), one.costs],
    [bold('What sluice does'), one.sluiceDoes],
    [bold('What you do'), one.youDo],
    [
      bold('How to see that it is over'),
      '`sluice status` shows no gap, and `sluice slices <stream>` the windows sealed.',
    ],
  ];
  print(globals, { failure: name, ...one }, parts.map(([head, body]) => `${head}\n  ${body}`).join('\n\n'));
  return 0;
}

/** The configuration drags in every source type: only verbs that need it wait for it. */
async function load({ config }: Globals): Promise<Config> {
  const { loadConfig } = await import('../config/load.ts');
  return loadConfig(config);
}

const text = (value: unknown): string | undefined => (typeof value === 'string' ? value : undefined);

const hints = ({ ui }: { ui: string | undefined }): readonly string[] =>
  ui === undefined ? [] : [`Temporal UI: ${ui}`];

/** The first Ctrl-C or TERM asks for a clean end; the second ends at once. */
function onSignals(): AbortSignal {
  const asked = new AbortController();
  for (const signal of ['SIGINT', 'SIGTERM'] as const) {
    process.on(signal, () => {
      if (asked.signal.aborted) process.exit(130);
      asked.abort();
    });
  }
  return asked.signal;
}

/** Signals are ours, and of the SDK's own lines only errors are for people. */
async function quietTemporal(): Promise<void> {
  const { DefaultLogger, Runtime } = await import('@temporalio/worker');
  const { redact } = await import('../http/redaction.ts');
  const logger = new DefaultLogger('ERROR', ({ level, message }) =>
    process.stderr.write(`${level} ${redact(message)}\n`),
  );
  Runtime.install({
    logger,
    shutdownSignals: [],
    telemetryOptions: { logging: { filter: { core: 'ERROR', other: 'ERROR' }, forward: {} } },
  });
}

function complain({ name, message }: RunFailure): ExitCode {
  process.stderr.write(`sluice: ${name}: ${message}\nsluice explain ${name}\n`);
  return exitCodeOf(name);
}

function finish(globals: Globals, results: readonly StreamResult[], interrupted: AbortSignal, once: boolean): ExitCode {
  if (once) print(globals, results, '');
  if (interrupted.aborted) return once ? 130 : 0;
  const codes = results.flatMap(({ failure }) => (failure === undefined ? [] : exitCodeOf(failure.name)));
  return codes[0] ?? 0;
}

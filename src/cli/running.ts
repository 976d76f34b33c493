import { resolve } from 'node:path';
import { describeOutcome } from '../core/outcome.ts';
import type { StreamResult } from '../ops/up.ts';
import { complainOfRun } from './trouble.ts';
import type { Call } from './call.ts';
import { exitCodeOf, gravestOf, type ExitCode } from './exit-codes.ts';
import { print } from './output.ts';
import { interruptedCode, onSignals } from './signals.ts';
import { table } from './table.ts';
import { createTalk, harmless, mayPaint, type Globals } from './terminal.ts';
import { formatWindow } from './views.ts';

export async function up({ globals, options }: Call): Promise<ExitCode> {
  const interrupted = onSignals();
  const { loadConfig } = await import('../config/load.ts');
  const config = loadConfig(globals.config);
  const { runUp } = await import('../ops/up.ts');
  await quietTemporal();
  const once = options['once'] === true;
  const results = await runUp({ config, once, talk: createTalk(globals), interrupted, hints });
  return finish(globals, { results, interrupted, once });
}

const hints = ({ ui }: { ui: string | undefined }): readonly string[] =>
  ui === undefined ? [] : [`Temporal UI: ${ui}`];

export async function demo({ globals, options }: Call): Promise<ExitCode> {
  const interrupted = onSignals();
  const { runDemo } = await import('../ops/demo.ts');
  await quietTemporal();
  const once = options['once'] === true;
  const folder = resolve(String(options['folder']));
  const results = await runDemo({ folder, once, talk: createTalk(globals), interrupted });
  return finish(globals, { results, interrupted, once });
}

/** A process that goes on until it is ended has done its work when it is ended; one that should have come to an end has not. */
function finish(
  globals: Globals,
  run: { readonly results: readonly StreamResult[]; readonly interrupted: AbortSignal; readonly once: boolean },
): ExitCode {
  const { results, interrupted, once } = run;
  if (!once) return 0;
  print(globals, { data: results, text: '' });
  if (interrupted.aborted) return interruptedCode(interrupted);
  return gravestOf(results.map(codeOfResult));
}

/** What one stream's pull comes to as an exit code. */
export function codeOfResult({ failure, outcome }: Pick<StreamResult, 'failure' | 'outcome'>): ExitCode {
  if (failure !== undefined) return exitCodeOf(failure.name);
  return (outcome?.lostMinutes ?? 0) > 0 ? 3 : 0;
}

export async function worker({ globals }: Call): Promise<ExitCode> {
  const interrupted = onSignals();
  const { loadConfig } = await import('../config/load.ts');
  const config = loadConfig(globals.config);
  const { runWorker } = await import('../ops/worker.ts');
  await quietTemporal();
  await runWorker(config, createTalk(globals), interrupted);
  return 0;
}

export async function apply({ globals }: Call): Promise<ExitCode> {
  const { loadConfig } = await import('../config/load.ts');
  const config = loadConfig(globals.config);
  const { applyConfig } = await import('../ops/apply.ts');
  const changes = await applyConfig(config);
  const rows = changes.map(({ change, stream, schedule, detail }) => [change, stream, schedule, detail ?? '']);
  const text = table(['change', 'stream', 'schedule', 'detail'], rows, mayPaint(process.stdout, globals));
  print(globals, { data: changes, text });
  const changed = changes.filter(({ change }) => change !== 'unchanged').length;
  createTalk(globals).say(
    `${changed} of ${changes.length} schedules changed. They need a worker: sluice worker. Watch: sluice status`,
  );
  return 0;
}

export async function pull({ globals, args: [name = ''], options }: Call): Promise<ExitCode> {
  const interrupted = onSignals();
  const { loadConfig } = await import('../config/load.ts');
  const { findStream } = await import('../ops/streams.ts');
  const config = loadConfig(globals.config);
  const stream = findStream(config, name);
  const { readRange } = await import('../ops/range.ts');
  const asked = readRange(stream, options);
  const talk = createTalk(globals);
  if (asked?.lost !== undefined) {
    talk.say(`${formatWindow(asked.lost)} is lost: the vendor no longer has it. Asking for the rest.`);
  }
  const { pullStream } = await import('../ops/pull.ts');
  const result = await pullStream(config, stream, { range: asked?.range, talk, interrupted });
  const { workflowId, outcome, failure, left } = result;
  const text = outcome === undefined ? '' : harmless(`${name}: ${describeOutcome(outcome)}`);
  print(globals, { data: { stream: name, ...result }, text });
  if (left === true) {
    talk.say(`The pull goes on on the server. To stop it, cancel ${workflowId} in the Temporal UI.`);
    return interruptedCode(interrupted);
  }
  return failure === undefined ? codeOfResult(result) : complainOfRun(failure);
}

/** Signals are ours, and of the SDK's own lines only errors are for people. */
export async function quietTemporal(): Promise<void> {
  const { DefaultLogger, Runtime } = await import('@temporalio/worker');
  const logger = new DefaultLogger('ERROR', ({ level, message }) =>
    process.stderr.write(`${level} ${harmless(message)}\n`),
  );
  Runtime.install({
    logger,
    shutdownSignals: [],
    telemetryOptions: { logging: { filter: { core: 'ERROR', other: 'ERROR' }, forward: {} } },
  });
}

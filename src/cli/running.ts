import { resolve } from 'node:path';
import type { Config } from '../config/load.ts';
import { describeOutcome } from '../core/outcome.ts';
import type { SdkMetrics } from '../metrics/sdk.ts';
import type { Monitor } from '../ops/monitor.ts';
import { UsageError } from '../ops/usage-error.ts';
import type { StreamResult } from '../ops/up.ts';
import { complainOfRun } from './trouble.ts';
import type { Call } from './call.ts';
import { exitCodeOf, gravestOf, type ExitCode } from './exit-codes.ts';
import { print } from './output.ts';
import { interruptedCode, onSignals } from './signals.ts';
import { readVersion } from './version.ts';
import { createTalk, harmless, type Globals } from './terminal.ts';
import { formatWindow } from './views.ts';

export async function up({ globals, options }: Call): Promise<ExitCode> {
  const interrupted = onSignals();
  const { loadConfig } = await import('../config/load.ts');
  const config = loadConfig(globals.config);
  const { runUp } = await import('../ops/up.ts');
  const monitor = await monitored(config);
  const once = options['once'] === true;
  const page = `127.0.0.1:${String(options['pagePort'])}`;
  const results = await runUp({ config, once, talk: createTalk(globals), interrupted, hints, page, monitor });
  return finish(globals, { results, interrupted, once });
}

const hints = ({
  ui,
  page,
}: {
  readonly ui: string | undefined;
  readonly page: string | undefined;
}): readonly string[] => [
  ...(page === undefined ? [] : [`Status page: ${page}`]),
  ...(ui === undefined ? [] : [`Temporal UI: ${ui}`]),
];

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

export async function worker({ globals, options }: Call): Promise<ExitCode> {
  const interrupted = onSignals();
  const { loadConfig } = await import('../config/load.ts');
  const config = loadConfig(globals.config);
  const { runWorker } = await import('../ops/worker.ts');
  const monitor = await monitored(config, options['metricsPort']);
  await runWorker(config, createTalk(globals), interrupted, monitor);
  return 0;
}

/** Prepares Temporal's SDK, and what serves metrics and health where that is wanted. @param port as an option has it; on the loopback */
async function monitored(config: Config, port?: string | boolean): Promise<Monitor | undefined> {
  const address = port === undefined ? config.metrics?.listen : `127.0.0.1:${readPort(String(port))}`;
  if (address === undefined) {
    await quietTemporal();
    return undefined;
  }
  const [{ createSdkMetrics }, { createMonitor }] = await Promise.all([
    import('../metrics/sdk.ts'),
    import('../status/monitor.ts'),
  ]);
  const sdk = await createSdkMetrics();
  await quietTemporal(sdk);
  return createMonitor(config, { address, sdk, version: readVersion() });
}

function readPort(text: string): number {
  const port = Number(text);
  if (Number.isInteger(port) && port >= 0 && port <= 65_535) return port;
  throw new UsageError(`--metrics-port takes a port, 0 to 65535, found ${JSON.stringify(text)}`);
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
export async function quietTemporal(sdk?: SdkMetrics): Promise<void> {
  const { DefaultLogger, Runtime } = await import('@temporalio/worker');
  const logger = new DefaultLogger('ERROR', ({ level, message }) =>
    process.stderr.write(`${level} ${harmless(message)}\n`),
  );
  Runtime.install({
    logger,
    shutdownSignals: [],
    telemetryOptions: {
      logging: { filter: { core: 'ERROR', other: 'ERROR' }, forward: {} },
      ...(sdk && { metrics: sdk.telemetry }),
    },
  });
}

import { userInfo } from 'node:os';
import { describeReconciled } from '../core/reconciled.ts';
import { isoInterval } from '../core/time.ts';
import type { Call } from './call.ts';
import { exitCodeOf, gravestOf, type ExitCode } from './exit-codes.ts';
import { gapsJson, gapsTable } from './gap-views.ts';
import { print } from './output.ts';
import { codeOfResult, quietTemporal } from './running.ts';
import { interruptedCode, onSignals } from './signals.ts';
import { createTalk, harmless, mayPaint } from './terminal.ts';
import { complainOfRun } from './trouble.ts';
import { UsageError } from '../ops/usage-error.ts';
import { describeOutcome } from '../core/outcome.ts';
import { formatWindow } from './views.ts';

export async function gaps({ globals, options }: Call): Promise<ExitCode> {
  const { loadConfig } = await import('../config/load.ts');
  const { readGaps, verdictOf } = await import('../ops/gaps.ts');
  const { ledgerWarnings } = await import('../ops/ledger.ts');
  const config = loadConfig(globals.config);
  const source = text(options['source']);
  const all = await readGaps(config, { source, online: options['offline'] !== true });
  const shown = all.filter(({ state }) =>
    state === 'lost' ? options['lost'] === true : state !== 'acknowledged' || options['acknowledged'] === true,
  );
  const isPainted = mayPaint(process.stdout, globals);
  const warnings = await ledgerWarnings(config);
  print(globals, { data: gapsJson(shown), text: gapsTable(shown, isPainted), warnings });
  const hidden = all.length - shown.length;
  const more = hidden === 0 ? '' : ` (${hidden} lost or acknowledged: --lost, --acknowledged)`;
  if (shown.length === 0) createTalk(globals).say(`Nothing is missing that could still be had${more}.`);
  else createTalk(globals).say(`${shown.length} shown${more}. Heal: sluice gaps heal --all`);
  if (options['check'] !== true) return 0;
  const codes = { lost: 3, troubled: 2, well: 0 } as const;
  return codes[verdictOf(all)];
}

export async function heal({ globals, args: [name], options }: Call): Promise<ExitCode> {
  const interrupted = onSignals();
  const { loadConfig } = await import('../config/load.ts');
  const { findStream } = await import('../ops/streams.ts');
  const { healGaps, streamsWithGaps } = await import('../ops/gap-acts.ts');
  const { readRange } = await import('../ops/range.ts');
  const config = loadConfig(globals.config);
  const isAll = options['all'] === true;
  if (isAll === (name !== undefined)) throw new UsageError('name a stream, or say --all');
  const { from, to } = options;
  if (isAll && (from ?? to) !== undefined) throw new UsageError('--from and --to go with the name of a stream');
  const talk = createTalk(globals);
  const streams = name === undefined ? await streamsWithGaps(config) : [findStream(config, name)];
  if (streams.length === 0) talk.say('Nothing is missing that could still be had.');
  const [only] = streams;
  const asked = only === undefined ? undefined : readRange(only, { from, until: to });
  if (asked?.lost !== undefined) talk.say(`${formatWindow(asked.lost)} is lost: the vendor no longer has it.`);
  await quietTemporal();
  const healed = await healGaps(config, streams, { range: asked?.range, talk, interrupted });
  const lines = healed.flatMap(({ stream, outcome }) =>
    outcome === undefined ? [] : [`${stream}: ${describeOutcome(outcome)}`],
  );
  print(globals, { data: healed, text: harmless(lines.join('\n')) });
  for (const { failure } of healed) if (failure !== undefined) complainOfRun(failure);
  if (healed.some(({ left }) => left === true)) {
    talk.say('What was started goes on on the server.');
    return interruptedCode(interrupted);
  }
  return gravestOf(healed.map(codeOfResult));
}

export async function acknowledge({ globals, args: [name = ''], options }: Call): Promise<ExitCode> {
  const { loadConfig } = await import('../config/load.ts');
  const { findHeldStream } = await import('../ops/verify.ts');
  const { acknowledgeGap, readPastRange } = await import('../ops/gap-acts.ts');
  const config = loadConfig(globals.config);
  const stream = await findHeldStream(config, name);
  const why = text(options['why'])?.trim() ?? '';
  if (why === '') throw new UsageError('--why is missing: whoever reads it later will want to know');
  const by = text(options['by']) ?? userInfo().username;
  const range = readPastRange({ from: text(options['from']), to: text(options['to']) });
  const done = await acknowledgeGap(config, stream, range, { why, by });
  const said = done.map(formatWindow).join(', ');
  print(globals, {
    data: { stream: name, acknowledged: done.map(isoInterval), why, by },
    text: harmless(`${name}: ${said} acknowledged by ${by}`),
  });
  return 0;
}

export async function unacknowledge({ globals, args: [name = ''], options }: Call): Promise<ExitCode> {
  const { loadConfig } = await import('../config/load.ts');
  const { findHeldStream } = await import('../ops/verify.ts');
  const { readPastRange, unacknowledgeGap } = await import('../ops/gap-acts.ts');
  const config = loadConfig(globals.config);
  const stream = await findHeldStream(config, name);
  const range = readPastRange({ from: text(options['from']), to: text(options['to']) });
  const undone = await unacknowledgeGap(config, stream, range);
  const said =
    undone.length === 0 ? 'nothing was acknowledged there' : `${undone.map(formatWindow).join(', ')} counts again`;
  print(globals, { data: { stream: name, counts: undone.map(isoInterval) }, text: harmless(`${name}: ${said}`) });
  return 0;
}

export async function reconcile({ globals, args: [name = ''], options }: Call): Promise<ExitCode> {
  const interrupted = onSignals();
  const { loadConfig } = await import('../config/load.ts');
  const { findStream } = await import('../ops/streams.ts');
  const { readRange } = await import('../ops/range.ts');
  const { reconcileStream } = await import('../ops/reconcile.ts');
  const config = loadConfig(globals.config);
  const stream = findStream(config, name);
  const asked = stream.window && readRange(stream, { from: options['from'], until: options['to'] });
  const talk = createTalk(globals);
  const result = await reconcileStream(config, stream, { range: asked?.range, talk, interrupted });
  const { workflowId, outcome, failure, left } = result;
  const said = outcome === undefined ? '' : harmless(`${name}: ${describeReconciled(outcome)}`);
  print(globals, { data: { stream: name, ...result }, text: said });
  if (left === true) {
    talk.say(`It goes on on the server. To stop it, cancel ${workflowId} in the Temporal UI.`);
    return interruptedCode(interrupted);
  }
  if (failure === undefined) return 0;
  complainOfRun(failure);
  return exitCodeOf(failure.name);
}

const text = (option: string | boolean | undefined): string | undefined =>
  typeof option === 'string' ? option : undefined;

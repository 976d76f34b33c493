import { readFile, writeFile } from 'node:fs/promises';
import { createInterface } from 'node:readline/promises';
import { isOpen } from '../core/backfill.ts';
import { failureNames } from '../core/failures.ts';
import type { Config } from '../config/load.ts';
import type { BackfillPlan } from '../ops/backfill-plan.ts';
import type { BackfillStatus } from '../ops/backfill-status.ts';
import type { Steered } from '../ops/backfill.ts';
import { UsageError } from '../ops/usage-error.ts';
import { backfillJson } from '../ops/backfill-json.ts';
import { listText, planText, progressLine, statusText } from './backfill-views.ts';
import type { Call } from './call.ts';
import { exitCodeOf, type ExitCode } from './exit-codes.ts';
import { print } from './output.ts';
import { interruptedCode, onSignals } from './signals.ts';
import { createTalk, harmless, mayPaint, type Globals } from './terminal.ts';

async function load({ config }: Globals): Promise<Config> {
  const { loadConfig } = await import('../config/load.ts');
  return loadConfig(config);
}

async function planOf({ globals, args: [name = ''], options }: Call): Promise<readonly BackfillPlan[]> {
  const { planBackfill } = await import('../ops/backfill.ts');
  return await planBackfill(await load(globals), name, { from: textOf(options['from']), until: textOf(options['to']) });
}

const textOf = (option: string | boolean | undefined): string | undefined =>
  typeof option === 'string' ? option : undefined;

export async function plan(call: Call): Promise<ExitCode> {
  const { globals, options } = call;
  const plans = await planOf(call);
  const file = textOf(options['save']);
  if (file !== undefined) await writeFile(file, `${JSON.stringify({ sluice: 'backfill-plan', plans }, null, 2)}\n`);
  print(globals, { data: plans, text: harmless(plans.map((one) => planText(one, file)).join('\n\n')) });
  return 0;
}

export async function start(call: Call): Promise<ExitCode> {
  const { globals, options } = call;
  const { startBackfill } = await import('../ops/backfill.ts');
  const config = await load(globals);
  const file = textOf(options['plan']);
  if (file === undefined && call.args[0] === undefined)
    throw new UsageError('name a stream or a source, or a plan: --plan <file>');
  const plans = file === undefined ? await planOf(call) : await readPlans(file);
  const talk = createTalk(globals);
  if (file === undefined && options['yes'] !== true) {
    talk.say(plans.map((one) => planText(one)).join('\n\n'));
    if (!(await isAgreed())) return 1;
  }
  const started = await startBackfill(config, plans, talk);
  const text = started.map(({ id, ui }) => `${id}${ui === undefined ? '' : `  ${ui}`}`).join('\n');
  print(globals, { data: started, text });
  talk.say(`They go on on the server. Watch: sluice backfill watch ${started[0]?.id ?? '<id>'}`);
  return 0;
}

async function isAgreed(): Promise<boolean> {
  if (!process.stdin.isTTY)
    throw new UsageError('nobody can be asked here: add --yes, or save a plan and give it with --plan');
  const asked = createInterface({ input: process.stdin, output: process.stderr });
  try {
    return /^y(es)?$/i.test((await asked.question('Start it? [y/N] ')).trim());
  } finally {
    asked.close();
  }
}

/** @throws UsageError for a file that `sluice backfill plan --save` did not write */
async function readPlans(file: string): Promise<readonly BackfillPlan[]> {
  const found: unknown = await readFile(file, 'utf8')
    .then(JSON.parse)
    .catch((error: unknown) => {
      throw error instanceof SyntaxError ? new UsageError(`${file} is no plan: ${error.message}`) : error;
    });
  const { sluice, plans = [] } = Object(found) as { sluice?: unknown; plans?: readonly BackfillPlan[] };
  if (
    sluice === 'backfill-plan' &&
    plans.every(({ id, basis }) => typeof id === 'string' && typeof basis === 'string')
  ) {
    return plans;
  }
  throw new UsageError(`${file} is no plan: \`sluice backfill plan <stream> --from <time> --save ${file}\` writes one`);
}

export async function list({ globals }: Call): Promise<ExitCode> {
  const { listBackfills } = await import('../ops/backfill-status.ts');
  const found = await listBackfills(await load(globals));
  print(globals, {
    data: found.map(backfillJson),
    text: found.length === 0 ? 'no backfills' : listText(found, mayPaint(process.stdout, globals)),
  });
  return 0;
}

export async function show({ globals, args: [id = ''] }: Call): Promise<ExitCode> {
  const { showBackfill } = await import('../ops/backfill-status.ts');
  const found = await showBackfill(await load(globals), id);
  print(globals, { data: backfillJson(found), text: harmless(statusText(found)) });
  return 0;
}

const LOOK_EVERY = 1_000;

/** Shows how far it is until it is over, or until a failure paused it. Ctrl-C only ends the looking. */
export async function watch({ globals, args: [id = ''] }: Call): Promise<ExitCode> {
  const interrupted = onSignals();
  const { showBackfill } = await import('../ops/backfill-status.ts');
  const { setTimeout: pause } = await import('node:timers/promises');
  const config = await load(globals);
  const talk = createTalk(globals);
  for (;;) {
    const found = await showBackfill(config, id);
    talk.progress([progressLine(found)]);
    const isStuck = found.state === 'paused' && found.failure !== undefined;
    if (!isOpen(found.state) || isStuck || interrupted.aborted) {
      print(globals, { data: backfillJson(found), text: harmless(statusText(found)) });
      if (!interrupted.aborted) return codeOf(found);
      if (isOpen(found.state))
        talk.say(`${id} goes on on the server. To stop it: sluice backfill pause ${id}, or cancel ${id}`);
      return interruptedCode(interrupted);
    }
    await pause(LOOK_EVERY, undefined, { signal: interrupted }).catch(() => undefined);
  }
}

function codeOf({ state, failure, range }: BackfillStatus): ExitCode {
  if (state === 'paused') return exitCodeOf(failureNames.find((name) => name === failure?.name) ?? 'internal-error');
  return state === 'done' && (range?.lost ?? 0) > 0 ? 3 : 0;
}

export async function pause({ globals, args: [id = ''] }: Call): Promise<ExitCode> {
  const { pauseBackfill } = await import('../ops/backfill.ts');
  return say(
    globals,
    await pauseBackfill(await load(globals), id),
    'nothing new of it is started; what is under way is finished',
  );
}

export async function resume({ globals, args: [id = ''] }: Call): Promise<ExitCode> {
  const { resumeBackfill } = await import('../ops/backfill.ts');
  return say(globals, await resumeBackfill(await load(globals), id), 'it goes on');
}

export async function cancel({ globals, args: [id = ''], options }: Call): Promise<ExitCode> {
  const { cancelBackfill } = await import('../ops/backfill.ts');
  const now = options['now'] === true;
  const done = now ? 'what was under way is given up' : 'what is under way is finished';
  return say(globals, await cancelBackfill(await load(globals), id, { now }), `its range is no longer wanted; ${done}`);
}

function say(globals: Globals, { id, state, untold }: Steered, meaning: string): ExitCode {
  const warnings = untold === undefined ? [] : [`${untold} What runs there heeds it within a minute.`];
  print(globals, {
    data: { id, state, ...(untold === undefined ? {} : { untold }) },
    text: `${id} is ${state}: ${meaning}`,
    warnings,
  });
  return 0;
}

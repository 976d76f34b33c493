import { UsageError } from '../ops/usage-error.ts';
import type { ConfigPlan } from '../ops/plan.ts';
import { ask, mayAsk } from './ask.ts';
import type { Call } from './call.ts';
import type { ExitCode } from './exit-codes.ts';
import { print } from './output.ts';
import { planJson, planSummary, planText } from './plan-views.ts';
import { table } from './table.ts';
import { createTalk, mayPaint, type Globals } from './terminal.ts';
import { timesOf } from './times.ts';
import { complain } from './trouble.ts';

export async function plan({ globals, options }: Call): Promise<ExitCode> {
  const { loadConfig } = await import('../config/load.ts');
  const { hasChanges, planConfig } = await import('../ops/plan.ts');
  const now = Date.now();
  const planned = await planConfig(loadConfig(globals.config), readOptions(options), now);
  const text = planText(planned.lines, timesOf(globals, now), mayPaint(process.stdout, globals));
  print(globals, { data: planJson(planned.lines), text });
  const isChanged = hasChanges(planned);
  const { prune, overwriteDrift } = readOptions(options);
  const apply = `sluice apply${prune ? ' --prune' : ''}${overwriteDrift ? ' --overwrite-drift' : ''}`;
  createTalk(globals).say(`${planSummary(planned.lines)}. ${isChanged ? `Apply: ${apply}` : 'Nothing to apply.'}`);
  return options['check'] === true && isChanged ? 2 : 0;
}

function readOptions(options: Call['options']): { readonly prune: boolean; readonly overwriteDrift: boolean } {
  return { prune: options['prune'] === true, overwriteDrift: options['overwriteDrift'] === true };
}

export async function apply({ globals, options }: Call): Promise<ExitCode> {
  const { loadConfig } = await import('../config/load.ts');
  const config = loadConfig(globals.config);
  const { applyConfig } = await import('../ops/apply.ts');
  const agree = (planned: ConfigPlan): Promise<void> => agreeToDelete(planned, globals, options['confirm']);
  const lines = await applyConfig(config, { ...readOptions(options), agree });
  const rows = lines.map(({ done, about, id, changes, drift, paused }) => [
    done,
    about,
    id,
    [
      ...changes.map(({ what, from, to }) => `${what}: ${from} -> ${to}`),
      ...drift.map(({ what, kept }) => `${what} was changed by hand: ${kept ? 'kept' : 'overwritten'}`),
      ...(paused === undefined ? [] : [`paused: ${paused}`]),
    ].join('; '),
  ]);
  const text = table(['change', 'stream', 'schedule', 'detail'], rows, mayPaint(process.stdout, globals));
  print(globals, { data: planJson(lines), text });
  const talk = createTalk(globals);
  const changed = lines.filter(({ done }) => !['unchanged', 'conflict', 'foreign'].includes(done)).length;
  talk.say(
    `${changed} of ${lines.length} schedules changed. They need a worker: sluice worker. Watch: sluice status --watch`,
  );
  const named = (done: string): string => lines.flatMap((line) => (line.done === done ? [line.id] : [])).join(', ');
  if (named('foreign') !== '') {
    return complain(1, `not ours, and left alone: ${named('foreign')}. Delete or rename them, and apply again`);
  }
  if (named('conflict') === '') return 0;
  return complain(
    75,
    `changed by somebody else meanwhile, and left as they are: ${named('conflict')}. See: sluice plan`,
  );
}

/** Deleting is for those who mean it: they type the name of the namespace, there or as `--confirm`. */
async function agreeToDelete(
  { lines, namespace }: ConfigPlan,
  globals: Globals,
  confirm: string | boolean | undefined,
): Promise<void> {
  const deleted = lines.filter(({ action }) => action === 'delete').map(({ about }) => about);
  if (deleted.length === 0) return;
  const what = `the schedules of ${deleted.join(', ')} will be deleted; records and coverage stay`;
  const typed =
    confirm === undefined && mayAsk(globals)
      ? await ask(`${what}. Type the name of the namespace, ${namespace}, to delete: `)
      : confirm;
  if (typed === namespace) return;
  throw new UsageError(`${what}. Nothing was done: to agree, add --confirm ${namespace}`);
}

import { plural } from '../core/counts.ts';
import { formatDuration } from '../core/time.ts';
import type { BackfillPlan } from '../ops/backfill-plan.ts';
import { estimateText, nothingToDo, planRows } from '../ops/backfill-words.ts';
import type { BackfillStatus } from '../ops/backfill-status.ts';
import { table, type Cell } from './table.ts';
import type { Color } from './terminal.ts';
import { count, formatWindow, minute } from './views.ts';

const interval = ({ from, until }: { readonly from: string; readonly until: string }): string =>
  formatWindow({ from: Date.parse(from), until: Date.parse(until) });

/** The contract: what would be done, and what not. */
export function planText(plan: BackfillPlan, file?: string): string {
  const { stream, from, until, reader, estimate } = plan;
  const lines = plan.windows === undefined ? [`  ${reader ?? ''}`] : planRows(plan.windows, interval).map(row);
  const begin =
    file === undefined
      ? `sluice backfill start ${stream} --from ${from} --to ${until}`
      : `sluice backfill start --plan ${file}`;
  const nothing = nothingToDo(plan.windows);
  if (nothing !== undefined) return [`${stream} ${interval(plan)}`, ...lines, `  ${nothing}`].join('\n');
  return [
    `${stream} ${interval(plan)}`,
    ...lines,
    `  ${estimateText(estimate, plan.windows)}`,
    `  start: ${begin}   (a saved plan is refused after 10 minutes, or when the coverage or the configuration changed)`,
  ].join('\n');
}

const row = ([n, text]: readonly [number, string]): string => `  ${count(n).padStart(7)} ${text}`;

const colors: Readonly<Record<BackfillStatus['state'], Color | undefined>> = {
  running: undefined,
  paused: 'yellow',
  cancelled: 'dim',
  done: 'green',
};

export function listText(found: readonly BackfillStatus[], isPainted: boolean): string {
  const head = ['id', 'stream', 'range (UTC)', 'state', 'sealed', 'records', 'left', 'lost', 'eta'];
  const rows = found.map((one): readonly Cell[] => {
    const color = colors[one.state];
    const text = `${one.state}${one.failure === undefined ? '' : `: ${one.failure.name}`}`;
    return [
      one.id,
      one.name,
      formatWindow(one),
      color === undefined ? text : { text, color },
      count(one.sealed),
      count(one.records),
      one.range === undefined ? '-' : count(one.range.left),
      one.range === undefined || one.range.lost === 0 ? '-' : formatDuration(one.range.lost),
      one.eta === undefined ? '-' : formatDuration(one.eta),
    ];
  });
  return table(head, rows, isPainted);
}

export function progressLine({ id, state, sealed, records, range, cursor, eta }: BackfillStatus): string {
  const left = range === undefined ? '' : `, ${count(range.left)} of ${plural(range.windows, 'window')} left`;
  const where = range === undefined && cursor !== null ? `, at ${cursor}` : '';
  const end = eta === undefined ? '' : `, about ${formatDuration(eta)}`;
  return `${id} ${state}: ${count(sealed)} sealed, ${count(records)} records${left}${where}${end}`;
}

export function statusText(found: BackfillStatus): string {
  const { failure, range } = found;
  return [
    `${found.id}: ${found.name} ${formatWindow(found)}`,
    `  ${found.state} since ${minute(found.changedAt)}${failure === undefined ? '' : `: ${failure.name}: ${failure.message}`}`,
    `  ${progressLine(found)}`,
    ...(range === undefined
      ? []
      : [
          `  ${count(range.failing)} failed last time, ${formatDuration(range.held)} held, ${formatDuration(range.lost)} lost`,
        ]),
    ...(failure === undefined
      ? []
      : [`  More: sluice explain ${failure.name}. Then: sluice backfill resume ${found.id}`]),
    `  workflow: ${found.workflowId}`,
  ].join('\n');
}

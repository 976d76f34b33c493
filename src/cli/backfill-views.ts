import { SECOND, formatDuration, MINUTE, toIso } from '../core/time.ts';
import type { BackfillPlan, Estimate, PlannedWindows } from '../ops/backfill-plan.ts';
import type { BackfillStatus } from '../ops/backfill.ts';
import { table, type Cell } from './table.ts';
import type { Color } from './terminal.ts';
import { count, formatWindow, minute } from './views.ts';

const interval = ({ from, until }: { readonly from: string; readonly until: string }): string =>
  formatWindow({ from: Date.parse(from), until: Date.parse(until) });
const windows = (n: number): string => `${count(n)} window${n === 1 ? '' : 's'}`;

/** The contract: what would be done, and what not. */
export function planText(plan: BackfillPlan, file?: string): string {
  const { stream, from, until, reader, estimate } = plan;
  const lines = plan.windows === undefined ? [`  ${reader ?? ''}`] : windowLines(plan.windows);
  const begin =
    file === undefined
      ? `sluice backfill start ${stream} --from ${from} --to ${until}`
      : `sluice backfill start --plan ${file}`;
  return [
    `${stream} ${interval(plan)}`,
    ...lines,
    `  ${estimateText(estimate, plan.windows)}`,
    `  start: ${begin}   (a saved plan is refused after 10 minutes, or when the coverage or the configuration changed)`,
  ].join('\n');
}

const row = (n: number, text: string): string => `  ${count(n).padStart(7)} ${text}`;

function windowLines(one: PlannedWindows): readonly string[] {
  const others = one.joinedBackfills.length === 0 ? '' : ` (with ${one.joinedBackfills.join(', ')})`;
  return [
    row(one.all, `windows of ${formatDuration(one.seconds * SECOND)}`),
    row(one.toExtract, `to extract, the nearest deadline first${one.deadline === null ? '' : `: ${one.deadline}`}`),
    row(one.held, 'held already, left out'),
    row(one.joined, `due anyway, joined and never doubled${others}`),
    row(one.lost, `lost: the vendor has forgotten them (${count(one.lostMinutes)} minutes in all)`),
    ...one.salvage.map((part) => row(1, `in part: ${interval(part)}, as ${interval(part.lost)} is lost`)),
  ];
}

function estimateText({ from, requests, seconds }: Estimate, planned: PlannedWindows | undefined): string {
  if (requests === null) return 'how much lies there only the vendor knows';
  if (seconds === null) return `at least ${count(requests)} requests: no history yet, floor only`;
  const [usual, slow] = [seconds.usual, seconds.slow].map((one) => formatDuration(one * SECOND));
  const lanes = planned === undefined ? '' : `, ${planned.lanes} at a time beside the stream's own`;
  return `about ${count(requests)} requests, ${usual} to ${slow}${lanes} (measured on what is held; ${from})`;
}

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
  const left = range === undefined ? '' : `, ${count(range.left)} of ${windows(range.windows)} left`;
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

/** Times as ISO 8601 UTC, lengths of time in seconds. */
export function listJson({
  name,
  from,
  until,
  createdAt,
  changedAt,
  endedAt,
  range,
  eta,
  ...facts
}: BackfillStatus): unknown {
  const { source: _source, stream: _stream, ...rest } = facts;
  return {
    ...rest,
    stream: name,
    from: toIso(from),
    until: toIso(until),
    createdAt: toIso(createdAt),
    changedAt: toIso(changedAt),
    endedAt: endedAt === null ? null : toIso(endedAt),
    ...(range === undefined
      ? {}
      : {
          windows: range.windows,
          left: range.left,
          failing: range.failing,
          heldSeconds: Math.round(range.held / SECOND),
          lostMinutes: Math.round(range.lost / MINUTE),
        }),
    ...(eta === undefined ? {} : { etaSeconds: Math.round(eta / SECOND) }),
  };
}

import { count } from '../core/counts.ts';
import { formatDuration, SECOND, toIso, type Interval } from '../core/time.ts';
import { signs, type ShownState } from '../core/signs.ts';
import type { Stretch } from '../ops/slices.ts';
import type { StreamStatus } from '../ops/status.ts';
import { table, type Cell } from './table.ts';
import { harmless, type Color } from './terminal.ts';
import { minute, type WriteTime } from './times.ts';

export { count } from '../core/counts.ts';
export { minute } from './times.ts';

const colors: Readonly<Partial<Record<ShownState, Color>>> = {
  current: 'green',
  sealed: 'green',
  empty: 'green',
  settling: 'dim',
  acknowledged: 'dim',
  late: 'yellow',
  failed: 'red',
  'at-risk': 'red',
  lost: 'red',
  'not-configured': 'dim',
};

export const stateGlyph = (state: ShownState): string => signs[state];
export const stateColor = (state: ShownState): Color | undefined => colors[state];

const seconds = (length: number): number => Math.round(length / SECOND);

/** `[2026-11-21T09:00Z, 10:00Z)`: half-open, UTC. */
export function formatWindow({ from, until }: Interval): string {
  const [first, end] = [minute(from), minute(until)];
  return `[${first}, ${end.slice(0, 10) === first.slice(0, 10) ? end.slice(11) : end})`;
}

export function stateCell(state: ShownState, more = ''): Cell {
  const color = colors[state];
  const text = `${signs[state]} ${state.replace('-', ' ')}${more}`;
  return color === undefined ? text : { text, color };
}

export function statusText(
  streams: readonly StreamStatus[],
  now: number,
  isPainted: boolean,
  write: WriteTime = minute,
): string {
  const head = ['stream', 'state', 'watermark', 'lag', 'gaps', 'nearest deadline', 'next run', 'lost', 'records 24 h'];
  const rows = streams.map((one) => [
    one.stream,
    stateCell(one.state),
    write(one.watermark),
    formatDuration(one.lag),
    count(one.gaps.filter(({ state }) => state !== 'lost').length),
    deadlineText(one.deadline, now, write),
    one.nextRun === undefined ? '-' : `in ${formatDuration(one.nextRun - now)}`,
    one.lost === 0 ? '-' : formatDuration(one.lost),
    count(one.recordsLastDay),
  ]);
  const troubles = streams.flatMap(({ stream, troubles }) =>
    troubles.map(
      ({ name, message, windows, lastAt }) =>
        `${stream}: ${windows} failed, last ${minute(lastAt)}: ${name}: ${message.split('\n')[0]} (sluice explain ${name})`,
    ),
  );
  return [table(head, rows, isPainted), ...(troubles.length === 0 ? [] : ['', harmless(troubles.join('\n'))])].join(
    '\n',
  );
}

/** A deadline always says how far away it is. */
function deadlineText(deadline: number | undefined, now: number, write: WriteTime): string {
  if (deadline === undefined) return '-';
  return write === minute ? `${minute(deadline)} (in ${formatDuration(deadline - now)})` : write(deadline);
}

/** Times as ISO 8601 UTC, lengths of time in seconds. */
export function statusJson(streams: readonly StreamStatus[]): readonly { readonly stream: string }[] {
  return streams.map(
    ({ stream, state, watermark, lag, held, lost, deadline, nextRun, recordsLastDay, gaps, troubles }) => ({
      stream,
      shape: 'window',
      state,
      watermark: toIso(watermark),
      lagSeconds: seconds(lag),
      heldSeconds: seconds(held),
      lostSeconds: seconds(lost),
      deadline: deadline === undefined ? null : toIso(deadline),
      nextRun: nextRun === undefined ? null : toIso(nextRun),
      recordsLastDay,
      gaps: gaps.map((gap) => ({
        from: toIso(gap.from),
        until: toIso(gap.until),
        state: gap.state,
        deadline: gap.deadline === undefined ? null : toIso(gap.deadline),
      })),
      failures: troubles.map(({ lastAt, ...trouble }) => ({ ...trouble, lastAt: toIso(lastAt) })),
    }),
  );
}

export function slicesTable(stretches: readonly Stretch[], isPainted: boolean, write: WriteTime = minute): string {
  const head = [
    'window (UTC)',
    'state',
    'records',
    'repeats',
    'pages',
    'parts',
    'bytes',
    'sealed at',
    'digest',
    'manifest',
  ];
  const rows = stretches.map((one) => {
    const numbers = [one.records, one.repeats, one.pages, one.parts, one.bytes];
    return [
      formatWindow(one),
      stateCell(one.state, one.failure === undefined ? '' : `: ${one.failure}`),
      ...numbers.map((n) => (n === undefined ? '-' : count(n))),
      one.sealedAt === undefined ? '-' : write(one.sealedAt),
      one.digest?.slice(0, 12) ?? '-',
      one.manifest ?? one.reason ?? (one.deadline === undefined ? '-' : `until ${minute(one.deadline)} at the vendor`),
    ];
  });
  return table(head, rows, isPainted);
}

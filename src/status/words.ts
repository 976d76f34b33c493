import type { AxisState } from '../core/axis.ts';
import { plural } from '../core/counts.ts';
import { troubledStates } from '../core/states.ts';
import type { OverviewRow } from '../ops/coverage.ts';
import { formatDuration, MINUTE, toIso, type Interval } from '../core/time.ts';

export { count, plural } from '../core/counts.ts';
export { signs } from '../core/signs.ts';

export const meanings: Readonly<Record<AxisState, string>> = {
  sealed: 'held',
  empty: 'held: nothing happened',
  settling: 'not complete at the vendor yet',
  acknowledged: 'left out, by a person',
  due: 'due',
  extracting: 'being extracted',
  late: 'late',
  failed: 'failed last time',
  'at-risk': 'soon forgotten by the vendor',
  lost: 'lost for good',
};

/** `2026-11-21 09:00Z` */
export const minute = (instant: number): string =>
  toIso(Math.floor(instant / MINUTE) * MINUTE)
    .replace('T', ' ')
    .replace(/:00Z$/, 'Z');

/** A length of time for a glance: `53 min`, `23 h 21 min`; seconds only below a minute. */
export const about = (length: number): string =>
  formatDuration(length < MINUTE ? Math.max(0, length) : Math.round(length / MINUTE) * MINUTE);

/** `[2026-11-21 09:00Z, 10:00Z)`: half-open, UTC. */
export function windowText({ from, until }: Interval): string {
  const [first, end] = [minute(from), minute(until)];
  return `[${first}, ${end.slice(0, 10) === first.slice(0, 10) ? end.slice(11) : end})`;
}

/** The page's first line: "5 sources, 12 streams, 11 current; 1 gap, healable for 3 h 12 min". */
export function sentence(rows: readonly OverviewRow[], now: number): string {
  const sources = new Set(rows.map(({ stream }) => stream.slice(0, stream.indexOf('/'))));
  const current = rows.filter(({ state }) => state === 'current').length;
  const gaps = rows.flatMap((row) => (row.shape === 'window' ? row.gaps : []));
  const healable = gaps.filter(({ state }) => troubledStates.includes(state));
  const deadlines = healable.flatMap(({ deadline }) => deadline ?? []);
  const failed = rows.filter(({ shape, state }) => shape !== 'window' && state === 'failed').length;
  const lost = gaps.filter(({ state }) => state === 'lost').length;
  const parts = [
    ...(healable.length === 0
      ? []
      : [`${plural(healable.length, 'gap')}, healable for ${about(Math.min(...deadlines) - now)}`]),
    ...(failed === 0 ? [] : [`${plural(failed, 'stream')} failed`]),
    ...(lost === 0 ? [] : [`${plural(lost, 'gap')} lost for good`]),
  ];
  const head = `${plural(sources.size, 'source')}, ${plural(rows.length, 'stream')}, ${current} current`;
  return parts.length === 0 ? `${head}; no gaps` : `${head}; ${parts.join('; ')}`;
}

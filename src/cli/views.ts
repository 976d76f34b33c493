import type { Stretch } from '../ops/slices.ts';
import type { StreamStatus } from '../ops/status.ts';
import { formatDuration, toIso, type Interval } from '../core/time.ts';
import { table } from './terminal.ts';

const count = (n: number): string => n.toLocaleString('en-US');
const minute = (instant: number): string => toIso(instant).replace(/:00Z$/, 'Z');

/** `[2026-11-21T09:00Z, 10:00Z)`: half-open, UTC. */
export function formatWindow({ from, until }: Interval): string {
  const end = minute(until);
  return `[${minute(from)}, ${end.slice(0, 10) === minute(from).slice(0, 10) ? end.slice(11) : end})`;
}

export function statusTable(streams: readonly StreamStatus[], now: number): string {
  const rows = streams.map((one) => [
    one.stream,
    one.configured ? one.state : 'not configured',
    minute(one.watermark),
    formatDuration(one.lag),
    count(one.gaps.filter((gap) => gap.state !== 'lost').length),
    one.deadline === undefined ? '-' : `${minute(one.deadline)} (in ${formatDuration(one.deadline - now)})`,
    one.lost === 0 ? '-' : formatDuration(one.lost),
    count(one.recordsLastDay),
  ]);
  return table(['stream', 'state', 'held until', 'lag', 'gaps', 'nearest deadline', 'lost', 'records 24 h'], rows);
}

export function slicesTable(stretches: readonly Stretch[]): string {
  const rows = stretches.map((one) => {
    const numbers = [one.records, one.repeats, one.pages, one.bytes].map((n) => (n === undefined ? '-' : count(n)));
    const sealedAt = one.sealedAt === undefined ? '-' : toIso(one.sealedAt).slice(0, 19);
    return [
      formatWindow(one),
      one.state,
      ...numbers,
      sealedAt,
      one.digest?.slice(0, 12) ?? '-',
      one.manifest ?? one.reason ?? '-',
    ];
  });
  return table(
    ['window (UTC)', 'state', 'records', 'repeats', 'pages', 'bytes', 'sealed at', 'digest', 'manifest'],
    rows,
  );
}

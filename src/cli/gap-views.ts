import { formatStreamId } from '../core/ids.ts';
import { formatDuration, SECOND, toIso } from '../core/time.ts';
import type { AlarmRow } from '../ledger/alarms.ts';
import type { GapRow } from '../ops/gaps.ts';
import type { LatenessStatus } from '../ops/lateness.ts';
import { table } from './table.ts';
import { harmless } from './terminal.ts';
import { count, formatWindow, minute, stateCell } from './views.ts';

export function gapsTable(gaps: readonly GapRow[], isPainted: boolean): string {
  if (gaps.length === 0) return '';
  const head = ['stream', 'missing (UTC)', 'state', 'time left', 'reason', ''];
  const rows = gaps.map(({ stream, range, state, left, reason }) => [
    stream,
    range === undefined ? '-' : formatWindow(range),
    stateCell(state),
    left === undefined ? '-' : formatDuration(left),
    reason.name,
    reason.message.split('\n')[0] ?? '',
  ]);
  return table(head, rows, isPainted);
}

/** Times as ISO 8601 UTC, lengths of time in seconds. */
export function gapsJson(gaps: readonly GapRow[]): readonly unknown[] {
  return gaps.map(({ stream, shape, state, range, deadline, left, reason, acknowledged }) => ({
    stream,
    shape,
    state,
    from: range === undefined ? null : toIso(range.from),
    until: range === undefined ? null : toIso(range.until),
    deadline: deadline === undefined ? null : toIso(deadline),
    leftSeconds: left === undefined ? null : seconds(left),
    reason,
    ...(acknowledged && { acknowledged: { by: acknowledged.by, at: toIso(acknowledged.at) } }),
  }));
}

/** One line each. */
export function alarmsText(alarms: readonly AlarmRow[]): string {
  const lines = alarms.map((alarm) => {
    const about = alarm.source === '' ? '' : `${formatStreamId(alarm)}: `;
    return `! ${about}${alarm.kind} since ${minute(alarm.since)}: ${alarm.message.split('\n')[0]}`;
  });
  return harmless(lines.join('\n'));
}

export function alarmsJson(alarms: readonly AlarmRow[], stream: string): readonly unknown[] {
  return alarms
    .filter((alarm) => formatStreamId(alarm) === stream)
    .map(({ kind, message, since }) => ({ kind, message, since: toIso(since) }));
}

export function latenessTable(streams: readonly LatenessStatus[], isPainted: boolean): string {
  const head = ['stream', 'settling', 'looks', 'records', 'late', 'p50', 'p99', 'latest', 'changed', 'vendor counts'];
  const rows = streams.map(({ stream, settling, looks, records, late, p50, p99, most, changed, counts }) => [
    stream,
    formatDuration(settling),
    count(looks),
    count(records),
    count(late),
    ...[p50, p99, most].map((length) => (late === 0 ? '-' : `≤ ${formatDuration(length)}`)),
    count(changed),
    counts.slices === 0
      ? 'as held'
      : `${count(counts.reported)}, held ${count(counts.held)}, in ${count(counts.slices)} slices`,
  ]);
  return table(head, rows, isPainted);
}

const seconds = (length: number): number => Math.round(length / SECOND);

/** Lengths of time in seconds. */
export function latenessJson(streams: readonly LatenessStatus[]): readonly unknown[] {
  return streams.map(({ settling, p50, p99, most, ...counts }) => ({
    ...counts,
    settlingSeconds: seconds(settling),
    latenessSeconds: { p50: seconds(p50), p99: seconds(p99), most: seconds(most) },
  }));
}

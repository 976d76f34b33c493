import { formatDuration, toIso } from '../core/time.ts';
import type { PositionStatus } from '../ops/positions.ts';
import type { SealedRow } from '../ops/sealed.ts';
import { table } from './table.ts';
import { harmless } from './terminal.ts';
import type { WriteTime } from './times.ts';
import { count, minute, stateCell } from './views.ts';

/** A cursor is opaque and may be long. */
const LONGEST_CURSOR = 40;

export function positionsText(streams: readonly PositionStatus[], now: number, isPainted: boolean): string {
  const head = ['stream', 'shape', 'state', 'position', 'ahead', 'end reached', 'next run', 'records 24 h'];
  const rows = streams.map((one) => [
    one.stream,
    one.shape,
    stateCell(one.state),
    cut(one.position ?? '-'),
    one.ahead === undefined ? '-' : count(one.ahead),
    one.endedAt === undefined ? '-' : `${formatDuration(now - one.endedAt)} ago`,
    `in ${formatDuration(one.nextRun - now)}`,
    count(one.recordsLastDay),
  ]);
  const troubles = streams.flatMap(({ stream, failure }) =>
    failure === undefined
      ? []
      : [
          `${stream}: last ${minute(failure.at)}: ${failure.name}: ${failure.message.split('\n')[0]} (sluice explain ${failure.name})`,
        ],
  );
  return [table(head, rows, isPainted), ...(troubles.length === 0 ? [] : ['', harmless(troubles.join('\n'))])].join(
    '\n',
  );
}

const cut = (cursor: string): string =>
  cursor.length > LONGEST_CURSOR ? `${cursor.slice(0, LONGEST_CURSOR)}…` : cursor;

/** Times as ISO 8601 UTC. */
export function positionsJson(streams: readonly PositionStatus[]): readonly { readonly stream: string }[] {
  return streams.map(({ stream, shape, state, position, ahead, endedAt, nextRun, recordsLastDay, failure }) => ({
    stream,
    shape,
    state,
    position: position ?? null,
    ahead: ahead ?? null,
    endReachedAt: endedAt === undefined ? null : toIso(endedAt),
    nextRun: toIso(nextRun),
    recordsLastDay,
    failures:
      failure === undefined ? [] : [{ name: failure.name, message: failure.message, lastAt: toIso(failure.at) }],
  }));
}

export function sealedTable(rows: readonly SealedRow[], isPainted: boolean, write: WriteTime = minute): string {
  const head = ['slice', 'records', 'reported', 'parts', 'bytes', 'sealed at', 'digest', 'manifest'];
  const lines = rows.map((one) => [
    nameOf(one),
    count(one.records),
    one.reported === undefined || one.reported === null ? '-' : count(one.reported),
    count(one.parts),
    count(one.bytes),
    write(one.sealedAt),
    one.digest.slice(0, 12),
    one.manifest,
  ]);
  return table(head, lines, isPainted);
}

function nameOf({ after, upto, day, file, revision = 1 }: SealedRow): string {
  if (file !== undefined) return `${day ?? ''} ${file}${revision === 1 ? '' : ` (revision ${revision})`}`;
  return `(${cut(after ?? '')}, ${cut(upto ?? '')}]`;
}

export function sealedJson(rows: readonly SealedRow[]): readonly unknown[] {
  return rows.map(({ sealedAt, ...facts }) => ({ ...facts, sealedAt: toIso(sealedAt) }));
}

import type { Selectable } from 'kysely';
import type { Interval } from '../core/time.ts';
import type { FailureRow, LossRow, SliceRow } from './ledger.ts';
import type { Schema } from './schema.ts';

/** All of time. */
export const ALWAYS: Interval = { from: Number.MIN_SAFE_INTEGER, until: Number.MAX_SAFE_INTEGER };

export function toInterval(row: { readonly from_at: number; readonly until_at: number }): Interval {
  return { from: row.from_at, until: row.until_at };
}

export function toSlice(row: Selectable<Schema['slices']>): SliceRow {
  const { kind, revision, records, repeats, pages, parts, bytes, digest, manifest, reported } = row;
  const facts = { kind, revision, records, repeats, pages, parts, bytes, digest, manifest, reported };
  return { ...toInterval(row), ...facts, sealedAt: row.sealed_at, workflowId: row.workflow_id };
}

export function toLoss(row: Selectable<Schema['losses']>): LossRow {
  return { ...toInterval(row), reason: row.reason, recordedAt: row.recorded_at };
}

export function toFailure(row: Selectable<Schema['failures']>): FailureRow {
  const { name, message, attempts } = row;
  return { ...toInterval(row), name, message, attempts, firstAt: row.first_at, lastAt: row.last_at };
}

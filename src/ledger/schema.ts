import type { Kysely } from 'kysely';
import type { BackfillState } from '../core/backfill.ts';

/** The ledger's tables. Instants are ms since the epoch, as integers; intervals half-open. */
export interface Schema {
  streams: { source: string; stream: string; applied_at: number };
  slices: {
    source: string;
    stream: string;
    kind: string;
    from_at: number;
    until_at: number;
    revision: number;
    records: number;
    repeats: number;
    pages: number;
    parts: number;
    bytes: number;
    digest: string;
    sealed_at: number;
    manifest: string;
    workflow_id: string;
    reported: number | null;
  };
  portions: {
    source: string;
    stream: string;
    after_cursor: string;
    upto_cursor: string;
    records: number;
    repeats: number;
    parts: number;
    bytes: number;
    digest: string;
    sealed_at: number;
    manifest: string;
    workflow_id: string;
  };
  reports: {
    source: string;
    stream: string;
    day: string;
    file: string;
    revision: number;
    report_id: string;
    records: number;
    reported: number | null;
    parts: number;
    bytes: number;
    raw_sha256: string;
    digest: string;
    sealed_at: number;
    manifest: string;
    workflow_id: string;
  };
  lookups: {
    source: string;
    stream: string;
    kind: string;
    subject: string;
    records: number;
    parts: number;
    bytes: number;
    digest: string;
    sealed_at: number;
    manifest: string;
    workflow_id: string;
  };
  positions: {
    source: string;
    stream: string;
    cursor: string;
    remaining: number | null;
    moved_at: number;
    ended_at: number | null;
    failure: string | null;
    failure_message: string | null;
    failed_at: number | null;
  };
  backfills: {
    id: string;
    source: string;
    stream: string;
    from_at: number;
    until_at: number;
    state: BackfillState;
    workflow_id: string;
    failure: string | null;
    failure_message: string | null;
    created_at: number;
    changed_at: number;
    ended_at: number | null;
    cursor: string | null;
  };
  wanted: { source: string; stream: string; from_at: number; until_at: number; wanted_at: number };
  losses: { source: string; stream: string; from_at: number; until_at: number; reason: string; recorded_at: number };
  failures: {
    source: string;
    stream: string;
    from_at: number;
    until_at: number;
    name: string;
    message: string;
    attempts: number;
    first_at: number;
    last_at: number;
  };
  acknowledgements: {
    source: string;
    stream: string;
    from_at: number;
    until_at: number;
    why: string;
    acknowledged_by: string;
    acknowledged_at: number;
  };
  alarms: {
    source: string;
    stream: string;
    kind: string;
    since_at: number;
    message: string;
    seen_at: number;
    cleared_at: number | null;
  };
  watches: { source: string; stream: string; watched_at: number; missed: number };
  looks: {
    source: string;
    stream: string;
    from_at: number;
    until_at: number;
    looked_at: number;
    found: number;
    held: number;
    late: number;
    changed: number;
    reported: number | null;
    /** JSON, `[count, …]` by the classes of core/lateness. */
    late_classes: string;
    late_most: number;
  };
}

export type Database = Kysely<Schema>;

import type { Config } from '../config/load.ts';
import { isOpen, paceOf, progressOf, type RangeProgress } from '../core/backfill.ts';
import { windowLength } from '../core/due.ts';
import { formatStreamId } from '../core/ids.ts';
import type { BackfillRow } from '../ledger/backfills.ts';
import { readLedger, type LedgerReader } from './ledger.ts';
import { isWindowStream, knownStreams, type KnownStream } from './streams.ts';
import { UsageError } from './usage-error.ts';

/** A backfill and how far it is. Instants in ms since the epoch. */
export interface BackfillStatus extends BackfillRow {
  /** `<source>/<stream>`. */
  readonly name: string;
  readonly shape: KnownStream['shape'] | 'not-configured';
  /** Slices of its range that were sealed since it began; of a sequence or of reports, by its own reader. */
  readonly sealed: number;
  readonly records: number;
  /** Of window streams. */
  readonly range?: RangeProgress;
  /** How long what is left takes at the pace so far, ms. */
  readonly eta?: number;
}

export interface Which {
  /** Only those that may still go on. */
  readonly isOpen?: boolean;
  /** No more than so many, the newest ones. */
  readonly newest?: number;
}

/** Backfills that the ledger knows, the newest first, from the ledger alone. */
export async function listBackfills(
  config: Config,
  { isOpen: onlyOpen = false, newest = Infinity }: Which = {},
  now = Date.now(),
): Promise<readonly BackfillStatus[]> {
  return await readLedger(config, async (ledger) => {
    const known = knownStreams(config);
    const rows = (await ledger.backfills()).filter(({ state }) => !onlyOpen || isOpen(state));
    return await Promise.all(rows.slice(0, newest).map((row) => statusOf(ledger, known, row, now)));
  });
}

/** @throws UsageError when there is no such backfill */
export async function showBackfill(config: Config, id: string, now = Date.now()): Promise<BackfillStatus> {
  return await readLedger(config, async (ledger) => {
    const row = await ledger.backfill(id);
    if (row === undefined) throw await unknownBackfill(ledger, id);
    return await statusOf(ledger, knownStreams(config), row, now);
  });
}

/** For who asks for one that there is not: the ids that there are. */
export async function unknownBackfill(ledger: Pick<LedgerReader, 'backfills'>, id: string): Promise<UsageError> {
  const rows = await ledger.backfills();
  const known = rows
    .slice(0, 10)
    .map((row) => row.id)
    .join(', ');
  return new UsageError(
    `there is no backfill ${JSON.stringify(id)}. ${known === '' ? 'None was ever started.' : `There are: ${known}`}`,
  );
}

async function statusOf(
  ledger: LedgerReader,
  streams: readonly KnownStream[],
  row: BackfillRow,
  now: number,
): Promise<BackfillStatus> {
  const name = formatStreamId(row);
  const stream = streams.find((one) => formatStreamId(one) === name);
  const about = { ...row, name, shape: stream?.shape ?? ('not-configured' as const) };
  if (stream !== undefined && isWindowStream(stream)) {
    const until = (row.endedAt ?? now) + 1;
    const { slices: sealed, records } = await ledger.countSlices(row, row, { from: row.createdAt, until });
    const range = progressOf(row, windowLength(stream.window, stream.settings), await ledger.coverage(row, row));
    const pace = row.state === 'running' ? await paceUntil(ledger, row, now) : undefined;
    return { ...about, sealed, records, range, ...(pace !== undefined && { eta: pace * range.left }) };
  }
  const { slices: sealed, records } = await ledger.countSealedBy(row, row.workflowId);
  return { ...about, sealed, records };
}

/** ms a window; over all of its time, pauses included, while too little is known. */
async function paceUntil(ledger: LedgerReader, row: BackfillRow, now: number): Promise<number | undefined> {
  const { createdAt } = row;
  const times = (await ledger.slices(row, row)).map(({ sealedAt }) => sealedAt).filter((time) => time >= createdAt);
  return paceOf(times) ?? (times.length === 0 ? undefined : (now - createdAt) / times.length);
}

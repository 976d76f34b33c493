import type { SourceRecord } from '../../core/contract.ts';
import { UnexpectedAnswer } from '../../core/failures.ts';
import { isoInterval, toIso, type Interval } from '../../core/time.ts';
import { ordinals, rowHasher, type Numbered } from './canonical.ts';
import type { Query } from './query.ts';
import type { Rows } from './rows.ts';
import { readTime } from './times.ts';

/** Where the rows of an answer belong. */
export interface Belonging {
  /** Rows of another time are left out: the bounds of a query may be inclusive or exclusive, so more is asked for than is wanted. */
  readonly within: Interval;
  /** What was asked for: rows far outside of it were not asked for at all. */
  readonly asked: Interval;
  /** The last row of the answer before this one, in paging. */
  readonly before?: Numbered | null | undefined;
}

export interface Placed {
  readonly records: readonly SourceRecord[];
  /** The last record, numbered. */
  readonly last: Numbered | null;
}

/** When rows were: what one of their columns says, or what was asked for, where they say nothing. */
export type When = { readonly column: number } | { readonly instant: number };

/**
 * The column that says when a row was; `undefined` where there is none. Of aggregates the document shows no answer: then it is one whose
 * values are all times, and rather one that the vendor put in by itself, as it does with raw events (instart.txt:415).
 */
export function timeColumn({ columns, rows }: Rows, query: Query): number | undefined {
  if (query.time !== undefined) return columns.indexOf(query.time);
  if (rows.length === 0) return undefined;
  const found = columns.flatMap((_, i) => (rows.every(({ cells }) => timeOf(cells[i]) !== undefined) ? [i] : []));
  const asked = new Set([...query.dimensions, ...query.metrics]);
  return found.find((i) => !asked.has(columns[i] ?? '')) ?? found[0];
}

/**
 * Rows as records, each with its identity.
 * @throws UnexpectedAnswer for a row without a time, or of a time that was not asked for
 */
export function placeRows(answer: Rows, query: Query, at: When, where: Belonging, what: string): Placed {
  const { within, asked } = where;
  const context = { columns: answer.columns };
  const hashOf = rowHasher(answer.columns, query.scheme, 'instant' in at ? at.instant : undefined);
  const ordinalOf = ordinals(where.before);
  const records: SourceRecord[] = [];
  let last: Numbered | null = where.before ?? null;
  for (const [i, row] of answer.rows.entries()) {
    const time = 'instant' in at ? at.instant : timeOf(row.cells[at.column]);
    const complaint = timeComplaint(time, asked, query.unit);
    if (time === undefined || complaint !== undefined) {
      throw new UnexpectedAnswer(`${what}: row ${i + 1} of ${answer.rows.length} ${complaint}`, { body: answer.body });
    }
    if (time < within.from || time >= within.until) continue;
    const hash = hashOf(row);
    last = { hash, ordinal: ordinalOf(hash) };
    records.push({ bytes: row.record.bytes, identity: { id: `${hash}#${last.ordinal}`, time }, context });
  }
  return { records, last };
}

function timeOf(cell: unknown): number | undefined {
  return typeof cell === 'string' ? readTime(cell) : undefined;
}

/** A unit is left to each end: bounds may be inclusive, and be compared with what is rounded to seconds or to buckets. */
function timeComplaint(time: number | undefined, asked: Interval, unit: number): string | undefined {
  if (time === undefined) return `has no time that can be read`;
  if (time >= asked.from - unit && time <= asked.until + unit) return undefined;
  const { from, until } = isoInterval(asked);
  return `is of ${toIso(time)}, and [${from}, ${until}) was asked for`;
}

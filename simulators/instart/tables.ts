import type { Resource } from './catalogue.ts';
import { plainReader, rowReader, timeOf } from './cells.ts';
import { TIME } from './dimensions.ts';
import type { SecurityEvent } from './events.ts';
import type { Faults } from './faults.ts';
import { passes, type Filters } from './filters.ts';
import type { Granularity } from './simulator.ts';
import { BUCKETS, timeText } from './times.ts';

export interface Column<Row> {
  readonly name: string;
  /** JSON text. */
  readonly read: (row: Row) => string;
}

/** The rows that a question finds, in no order, with the columns in the default order. */
export interface Table<Row> {
  readonly rows: readonly Row[];
  readonly columns: readonly Column<Row>[];
  /** The values to sort by, also of what is no column. */
  readonly sortKey: (name: string) => (row: Row) => string;
  /** ms since the epoch. */
  readonly time: (row: Row) => number;
}

/** What a table is made of. */
export interface Question {
  readonly resource: Resource;
  readonly dimensions: readonly string[];
  readonly filters: Filters;
  readonly granularity: Granularity | null;
}

export interface Circumstances {
  readonly customer: string;
  readonly faults: Faults;
}

/** Visits the events in question, in no order. */
export type Each = (visit: (event: SecurityEvent) => void) => void;

/** A count of events: of a bucket in trends, of the whole span in a topk. */
export interface Group {
  /** First instant, ms; 0 in a topk. */
  readonly time: number;
  readonly cells: readonly string[];
  hits: number;
}

/** Of raw events: their time stands first unless it is asked for (instart.txt:415, 523-535). */
export function eventTable(each: Each, { dimensions, filters }: Question, at: Circumstances): Table<SecurityEvent> {
  const { customer, faults } = at;
  const rows: SecurityEvent[] = [];
  const keep = keeper(filters, at);
  each((event) => void (keep(event) && rows.push(event)));
  return {
    rows,
    columns: timed(dimensions, faults).map((name) => ({ name, read: rowReader(name, customer, faults) })),
    sortKey: (name) => plainReader(name, customer, faults),
    time: (event) => timeOf(event, faults),
  };
}

function timed(dimensions: readonly string[], { timestampNotPrepended }: Faults): readonly string[] {
  if (dimensions.includes(TIME) || timestampNotPrepended === 'absent') return dimensions;
  return timestampNotPrepended === 'last' ? [...dimensions, TIME] : [TIME, ...dimensions];
}

function keeper(filters: Filters, { customer, faults }: Circumstances): (event: SecurityEvent) => boolean {
  if (filters.list.length === 0) return () => true;
  const readers = new Map(
    filters.list.map(({ dimension }) => [dimension, plainReader(dimension, customer, faults)] as const),
  );
  return (event) => passes(filters, (dimension) => readers.get(dimension)?.(event) ?? 'null');
}

/** Of trends and topk: made of the same events as the raw answers. */
export function groupTable(each: Each, question: Question, at: Circumstances): Table<Group> {
  const { resource, dimensions } = question;
  const groups = group(each, question, at);
  // Of equal counts at the edge of a topk, the cells decide, so that the rows are the same each time.
  const byHits = (one: Group, other: Group): number => other.hits - one.hits || compare(keyOf(one), keyOf(other));
  const rows = resource.type === 'topk' ? groups.sort(byHits).slice(0, resource.most) : groups;
  const time: Column<Group> = { name: at.faults.timeColumn, read: (row) => `"${timeText(row.time)}"` };
  const cells = dimensions.map((name, place): Column<Group> => ({ name, read: (row) => row.cells[place] ?? 'null' }));
  const hits: Column<Group> = { name: 'hits', read: (row) => String(row.hits) };
  const columns = resource.type === 'topk' ? [...cells, hits] : [time, ...cells, hits];
  return {
    rows,
    columns,
    sortKey: (name) => (columns.find((column) => column.name === name) ?? time).read,
    time: (row) => row.time,
  };
}

function group(each: Each, { resource, dimensions, filters, granularity }: Question, at: Circumstances): Group[] {
  const { customer, faults } = at;
  const length = granularity === null ? 0 : BUCKETS[granularity].length;
  const readers = dimensions.map((name) => plainReader(name, customer, faults));
  const kinds = new Map(['event_type', 'event_action'].map((name) => [name, plainReader(name, customer, faults)]));
  const keep = keeper(filters, at);
  const groups = new Map<string, Group>();
  each((event) => {
    if (!resource.counts((name) => kinds.get(name)?.(event) ?? 'null') || !keep(event)) return;
    const time = length === 0 ? 0 : Math.floor(event.time / length) * length;
    const cells = readers.map((read) => read(event));
    const key = keyOf({ time, cells });
    const found = groups.get(key);
    if (found === undefined) groups.set(key, { time, cells, hits: 1 });
    else found.hits++;
  });
  return [...groups.values()];
}

function keyOf({ time, cells }: Pick<Group, 'time' | 'cells'>): string {
  return `${time} ${cells.join(',')}`;
}

export function compare(one: string, other: string): number {
  if (one === other) return 0;
  return one < other ? -1 : 1;
}

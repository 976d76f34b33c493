import { hash as digest } from 'node:crypto';
import { isGrouping, resourceOf } from './catalogue.ts';
import { toBytes } from './cells.ts';
import { DIMENSIONS } from './dimensions.ts';
import { NO_FILTERS, readFilters } from './filters.ts';
import type { InstartSimulator, TruthRow } from './simulator.ts';
import { compare, eventTable, groupTable, type Circumstances, type Each, type Question, type Table } from './tables.ts';
import { BUCKETS } from './times.ts';

type Truth = Pick<InstartSimulator, 'truth' | 'truthOfTrends' | 'truthOfTopk'>;

/** @param between the visible events of `[from, until)` (ms). */
export function createTruth(between: (from: number, until: number) => Each, at: Circumstances): Truth {
  return {
    truth: (dimensions, from, until, filters) => {
      const question = questionOf('events', 'events', dimensions, filters);
      const documented = { ...at, faults: { ...at.faults, timestampNotPrepended: false as const } };
      return truthRows(eventTable(between(from, until), question, documented));
    },
    truthOfTrends: (resource, { dimensions, granularity, from, until, filters }) => {
      const { length } = BUCKETS[granularity];
      const question = { ...questionOf(resource, 'trends', dimensions, filters), granularity };
      const events = between(Math.ceil(from / length) * length, Math.ceil(until / length) * length);
      return truthRows(groupTable(events, question, at));
    },
    truthOfTopk: (resource, dimensions, from, until, filters) => {
      const table = groupTable(between(from, until), questionOf(resource, 'topk', dimensions, filters), at);
      return table.rows.map((row) => truthRow(table, row));
    },
  };
}

function questionOf(
  path: string,
  type: 'events' | 'trends' | 'topk',
  dimensions: readonly string[],
  filters: string | undefined,
): Question {
  const resource = resourceOf(path, type);
  const unknown = dimensions.find((name) => !DIMENSIONS.includes(name));
  if (unknown !== undefined) throw new RangeError(`no dimension ${unknown}`);
  if (!isGrouping(resource, dimensions)) throw new RangeError(`no grouping of ${path}: ${dimensions.join(',')}`);
  return {
    resource,
    dimensions,
    filters: filters === undefined ? NO_FILTERS : readFilters(filters),
    granularity: null,
  };
}

function truthRows<Row>(table: Table<Row>): TruthRow[] {
  const rows = table.rows.map((row) => truthRow(table, row));
  return rows.sort((one, other) => one.time - other.time || compare(one.sha256, other.sha256));
}

function truthRow<Row>({ columns, time }: Table<Row>, row: Row): TruthRow {
  const bytes = toBytes(`[${columns.map(({ read }) => read(row)).join(',')}]`);
  return { time: time(row), sha256: digest('sha256', bytes), bytes };
}

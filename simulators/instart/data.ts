import type { Strikes } from '../kit/faults.ts';
import type { Answer } from '../kit/http.ts';
import { hash, shuffled } from '../kit/random.ts';
import { GATEWAY_TIMEOUT } from './answers.ts';
import type { Asked } from './asked.ts';
import { METRICS } from './catalogue.ts';
import { toBytes } from './cells.ts';
import { DIMENSIONS } from './dimensions.ts';
import type { Faults, Occasion } from './faults.ts';
import { compare, type Column, type Table } from './tables.ts';

export interface DataParts {
  readonly faults: Faults;
  readonly strikes: Strikes<Occasion>;
  readonly customer: string;
  /** A number that differs from call to call. */
  readonly call: number;
}

/** Answers a question with what was found: `{query, columns, rows, total_results}` (instart.txt:417-488). */
export function dataAnswer<Row>(table: Table<Row>, asked: Asked, parts: DataParts, occasion: Occasion): Answer {
  const { faults, strikes } = parts;
  const limit = Math.min(asked.limit, faults.capLimit ?? Infinity);
  const total = table.rows.length;
  const sizes = { limit: asked.limit, total, rows: Math.max(0, Math.min(limit, total - asked.start)) };
  if (faults.gatewayTimeoutAbove !== null && sizes[faults.gatewayTimeoutOf] > faults.gatewayTimeoutAbove)
    return GATEWAY_TIMEOUT;
  const ordered = inOrder(table, asked, parts);
  const missing = strikes.strike('rowsMissing', faults.rowsMissing, occasion);
  const end = asked.start + limit;
  const rows = ordered.slice(asked.start, end).slice(missing === undefined ? 0 : (missing.rows ?? 1));
  const short = strikes.strike('rowTooShort', faults.rowTooShort, occasion) !== undefined;
  const columns = arranged(table.columns, parts);
  const echo = echoOf(asked, limit, parts);
  return {
    status: 200,
    headers: { 'Content-Type': 'application/json' },
    body: write({ echo, columns, rows, total, short }, faults),
  };
}

/** Not sorted, as in both samples of the page, unless it is asked for; rows that are equal in what is sorted by stay in no order. */
function inOrder<Row>({ rows, sortKey }: Table<Row>, asked: Asked, { faults, call }: DataParts): readonly Row[] {
  const { starttime, endtime, dimensions, filtersText } = asked;
  const another = faults.shuffledEachCall || faults.equalRows;
  const seed = hash(starttime, endtime, dimensions.join(), filtersText ?? '', another ? call : 0);
  const order = shuffled(rows.length, seed);
  if (asked.sortby.length === 0) return Array.from(order, (place) => rows[place] as Row);
  const keys = asked.sortby.map(({ name, descending }) => ({
    values: rows.map(sortKey(name)).map((text) => JSON.parse(text) as Value),
    sign: descending ? -1 : 1,
  }));
  const sorted = Array.from(order).sort((one, other) => {
    for (const { values, sign } of keys) {
      const difference = compareValues(values[one] ?? null, values[other] ?? null);
      if (difference !== 0) return sign * difference;
    }
    return 0;
  });
  return sorted.map((place) => rows[place] as Row);
}

type Value = string | number | boolean | null;

/** Null comes first. */
function compareValues(one: Value, other: Value): number {
  if (one === other) return 0;
  if (one === null) return -1;
  if (other === null) return 1;
  return typeof one === 'number' && typeof other === 'number' ? one - other : compare(`${one}`, `${other}`);
}

function arranged<Row>(columns: readonly Column<Row>[], { faults, call }: DataParts): readonly Column<Row>[] {
  if (faults.columnOrder === 'server') {
    // What is no dimension, such as hits, stands before those.
    const place = ({ name }: Column<Row>): number => DIMENSIONS.indexOf(name);
    return [...columns].sort((one, other) => place(one) - place(other));
  }
  if (faults.columnOrder === 'asked') return columns;
  return Array.from(shuffled(columns.length, hash('columns', call)), (place) => columns[place] as Column<Row>);
}

/** The tenant's filter is appended to the customer's (instart.txt:431, 516). */
function echoOf(asked: Asked, limit: number, { faults, customer }: DataParts): object {
  const tenant = `customer==${customer}`;
  const own = asked.filtersText === null ? [] : [asked.filtersText];
  const filters = faults.filtersEcho === 'tenant' ? [...own, tenant] : own;
  return {
    starttime: asked.starttime,
    endtime: asked.endtime,
    start: asked.start,
    limit: faults.capEcho === 'asked' ? asked.limit : limit,
    dimensions: asked.dimensions,
    ...(faults.aggregateEcho === 'extended' && asked.resource.type !== 'events' && { metrics: METRICS }),
    ...(faults.aggregateEcho === 'extended' && asked.granularity !== null && { granularity: asked.granularity }),
    ...(faults.filtersEcho !== 'absent' && { filters: filters.join(';') }),
  };
}

interface Written<Row> {
  readonly echo: object;
  readonly columns: readonly Column<Row>[];
  readonly rows: readonly Row[];
  readonly total: number;
  /** The first row lacks its last cell. */
  readonly short: boolean;
}

const ROWS_A_PIECE = 1000;

/** Piece by piece: cells stay the texts that they are. */
function write<Row>({ echo, columns, rows, total, short }: Written<Row>, { prettyPrinted }: Faults): readonly Buffer[] {
  const line = prettyPrinted ? '\n' : '';
  const space = prettyPrinted ? 2 : 0;
  const names = columns.map(({ name }) => ({ name }));
  const head = `{${line}"query":${JSON.stringify(echo, null, space)},${line}"columns":${JSON.stringify(names, null, space)},${line}"rows":[`;
  const pieces: Buffer[] = [Buffer.from(head)];
  const readers = columns.map(({ read }) => read);
  const between = `,${line}`;
  for (let first = 0; first < rows.length; first += ROWS_A_PIECE) {
    let text = '';
    rows.slice(first, first + ROWS_A_PIECE).forEach((row, index) => {
      const cells = short && first + index === 0 ? readers.slice(0, -1) : readers;
      text += `${first + index === 0 ? line : between}[${line}`;
      for (let place = 0; place < cells.length; place++)
        text += (place === 0 ? '' : between) + (cells[place]?.(row) ?? '');
      text += `${line}]`;
    });
    pieces.push(toBytes(text));
  }
  pieces.push(Buffer.from(`${line}],${line}"total_results":${total}${line}}`));
  return pieces;
}

import { z } from 'zod';
import { UnexpectedAnswer } from '../../core/failures.ts';
import type { HttpResponse } from '../../http/client.ts';
import { parsePage, type PageRecord } from '../../json/page.ts';
import { requireJson } from '../answers.ts';
import { echoes } from './filters.ts';
import type { Ask, Query } from './query.ts';
import { readTime } from './times.ts';

/** A checked answer to a query. */
export interface Rows {
  /** The names of the columns, in the order of this answer. */
  readonly columns: readonly string[];
  readonly rows: readonly Row[];
  /** How many rows the vendor says there are; `undefined` where it may be silent and is. */
  readonly total: number | undefined;
  /** The limit that the vendor says it kept to; never more than was asked for. */
  readonly limit: number | undefined;
  /** Whether the body holds bytes that are not UTF-8; they are kept as they are. */
  readonly badUtf8: boolean;
  /** The whole answer, for quarantine. */
  readonly body: Buffer;
}

export interface Row {
  /** The row as the vendor wrote it: a JSON array. */
  readonly record: PageRecord;
  /** Its cells; as many as there are columns. */
  readonly cells: readonly unknown[];
}

const count = z.int().min(0);

/** `{ query, columns, rows, total_results }` (instart.txt:417-488); rows are looked at one by one. */
const answerShape = z.object({
  query: z.object({
    starttime: z.string(),
    endtime: z.string(),
    start: count.optional(),
    limit: count.optional(),
    filters: z.string().nullish(),
  }),
  columns: z.array(z.object({ name: z.string().min(1) })),
  total_results: count.optional(),
});

type Shape = z.output<typeof answerShape>;

/**
 * Reads an answer and makes sure that it answers what was asked: a vendor that does not know a parameter leaves it out, and what it then
 * says looks like success.
 * @param answer one of status 200
 * @throws UnexpectedAnswer with the whole body, for quarantine, when anything does not fit
 */
export function readRows(answer: HttpResponse, query: Query, ask: Ask, what: string): Rows {
  const { body } = answer;
  const refuse = (message: string): UnexpectedAnswer => new UnexpectedAnswer(`${what}: ${message}`, { body });
  requireJson(answer, what);
  const { value, records, badUtf8 } = parsePage(body, 'rows');
  const parsed = answerShape.safeParse(value);
  if (!parsed.success) throw refuse(`not the shape of an answer: ${whereOf(parsed.error)}`);
  const complaint = echoComplaint(parsed.data, query, ask) ?? columnComplaint(parsed.data, query);
  if (complaint !== undefined) throw refuse(complaint);
  const columns = parsed.data.columns.map(({ name }) => name);
  const rows = records.map((record, i): Row => {
    const cells = record.value;
    if (Array.isArray(cells) && cells.length === columns.length) return { record, cells };
    throw refuse(`row ${i + 1} of ${records.length} is no list of ${columns.length} values`);
  });
  return { columns, rows, total: parsed.data.total_results, limit: parsed.data.query.limit, badUtf8, body };
}

function whereOf({ issues }: z.ZodError): string {
  return issues.map(({ path, message }) => `${path.join('.') || 'the answer'}: ${message}`).join('; ');
}

function echoComplaint({ query: echo, total_results: total }: Shape, query: Query, ask: Ask): string | undefined {
  const { span, limit, start } = ask;
  if (readTime(echo.starttime) !== span.from || readTime(echo.endtime) !== span.until) {
    return 'answers for another span than was asked for';
  }
  if ((echo.start ?? (limit === undefined ? 0 : undefined)) !== start) {
    return `answers from row ${echo.start ?? '?'} on, not from ${start} as asked: \`start\` has no effect`;
  }
  if (limit !== undefined) {
    if (echo.limit === undefined || total === undefined) return 'does not say its `limit` and `total_results`';
    if (echo.limit > limit || echo.limit === 0) return `answers with a limit of ${echo.limit}, not ${limit}`;
  }
  if (query.filters && !echoes(echo.filters ?? undefined, query.filters)) return 'answers without the filter';
  return undefined;
}

function columnComplaint({ columns }: Shape, { dimensions, metrics }: Query): string | undefined {
  const names = new Set(columns.map(({ name }) => name));
  const missing = [...dimensions, ...metrics].filter((name) => !names.has(name));
  if (missing.length > 0) return `answers without the columns ${missing.join(', ')}`;
  return names.size === columns.length ? undefined : 'has two columns of one name';
}

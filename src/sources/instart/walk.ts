import type { Page, SourceRecord } from '../../core/contract.ts';
import { UnexpectedAnswer } from '../../core/failures.ts';
import type { Interval } from '../../core/time.ts';
import { isTooMuch } from './answers.ts';
import { ask, questionOf, type Asking, type Question } from './asking.ts';
import { beginning, readCursor, writeCursor, type Position } from './cursor.ts';
import { beginPaging, takePaged } from './paging.ts';
import type { Query } from './query.ts';
import { placeRows, timeColumn, type Placed } from './records.ts';
import type { Rows } from './rows.ts';
import { judge, narrowed, onward } from './steps.ts';

/** So many requests make a page at most, so that the time it takes is bounded; the cursor then holds what they led to. */
const MOST_ASKED = 3;

/** What one request led to. */
interface Step {
  /** Where to ask next. */
  readonly position: Position;
  /** Present when a part of the window has been read. */
  readonly records?: readonly SourceRecord[];
  /** Present when rows and total did not go together: how many rows there were. */
  readonly unsettled?: { readonly rows: number; readonly failure: UnexpectedAnswer };
  readonly note?: string;
}

/**
 * One page of a window: the rows of as much of it as one answer holds. How much that is, is found by asking. A page without records says
 * that less is to be asked for next.
 */
export async function walkPage(
  asking: Asking,
  window: Interval,
  cursor: string | null,
  signal: AbortSignal,
): Promise<Page> {
  const { query, rowsPerPage } = asking;
  let position = cursor === null ? beginning(window, rowsPerPage) : readCursor(cursor, window, query, asking.name);
  const notes: string[] = [];
  const unsettled: number[] = [];
  for (let asked = 0; asked < MOST_ASKED; asked += 1) {
    const step = await takeStep(asking, window, position, unsettled.at(-1), signal);
    if (step.note !== undefined) notes.push(step.note);
    ({ position } = step);
    if (step.records) return pageOf(step.records, position, window, query, notes);
    if (step.unsettled) unsettled.push(step.unsettled.rows);
    else unsettled.length = 0;
    if (step.unsettled && unsettled.length === MOST_ASKED) throw step.unsettled.failure;
  }
  return pageOf([], position, window, query, notes);
}

function pageOf(
  records: readonly SourceRecord[],
  position: Position,
  window: Interval,
  query: Query,
  notes: readonly string[],
): Page {
  const note = notes.length === 0 ? {} : { note: notes.join('; ') };
  if (position.at >= window.until) return { records, next: null, reported: position.kept, ...note };
  return { records, next: writeCursor(position, query), ...note };
}

async function takeStep(
  asking: Asking,
  window: Interval,
  position: Position,
  before: number | undefined,
  signal: AbortSignal,
): Promise<Step> {
  const { query } = asking;
  const question = questionOf(asking, window, position);
  let answer: Rows;
  try {
    answer = await ask(asking, question, signal);
  } catch (failure) {
    const smaller = isTooMuch(failure) ? narrowed(position, lengthOf(question.span), query.unit) : undefined;
    if (smaller === undefined) throw failure;
    // It may have taken long: what has been learnt from it is kept at once.
    return { position: smaller, records: [] };
  }
  const column = timeColumn(answer, query);
  if (column === undefined && answer.rows.length > 0 && !position.exact) {
    // Nothing says which bucket a row is of: each bucket is asked for by itself.
    return { position: { ...position, exact: true, span: query.unit } };
  }
  if (position.paging === null) return takeWhole(asking, question, answer, column, before);
  return takePaged(position, position.paging, answer, place(asking, question, answer, column), query, question.what);
}

function place({ query }: Asking, question: Question, answer: Rows, column: number | undefined): Placed {
  const { position, span, asked, what } = question;
  const when = column === undefined ? { instant: span.from } : { column };
  return placeRows(answer, query, when, { within: span, asked, before: position.paging?.last }, what);
}

/** An answer that should hold all rows of its span. */
function takeWhole(
  asking: Asking,
  question: Question,
  answer: Rows,
  column: number | undefined,
  before: number | undefined,
): Step {
  const { query } = asking;
  const { position, span, what } = question;
  const tally = { rows: answer.rows.length, total: answer.total ?? 0, limit: answer.limit ?? position.limit };
  const verdict = judge(position, lengthOf(span), query.unit, tally, before);
  switch (verdict.kind) {
    case 'complete': {
      const { records } = place(asking, question, answer, column);
      const next = onward(position, lengthOf(span), { kept: records.length, total: tally.total });
      return { position: next, records, ...(answer.badUtf8 && { note: BAD_UTF8 }) };
    }
    case 'again':
      return verdict;
    case 'paging':
      return { position: beginPaging(position, answer, query, column, what) };
    case 'unsettled': {
      const message = `${what}: ${tally.rows} rows and a total of ${tally.total}, asked ${MOST_ASKED} times: the total does not settle`;
      return {
        position,
        unsettled: { rows: tally.rows, failure: new UnexpectedAnswer(message, { body: answer.body }) },
      };
    }
  }
}

export const BAD_UTF8 = 'an answer with bytes that are not UTF-8, kept as they are';

function lengthOf({ from, until }: Interval): number {
  return until - from;
}

import { cancellationSignal, heartbeat } from '@temporalio/activity';
import type { HeldSegment, SegmentWriter } from '../archive/archive.ts';
import type { Page, WindowStream } from '../core/contract.ts';
import { CursorExpired, CursorStuck, Failure, UnexpectedAnswer } from '../core/failures.ts';
import { fromIso, interval, SECOND, toIso, type Interval } from '../core/time.ts';
import { redact } from '../http/redaction.ts';
import type { Activities, Cursor, FetchedPages, FetchOrder, SealedWindow } from './contract.ts';
import { findWindowStream, type Dependencies } from './dependencies.ts';
import { quarantine } from './quarantine.ts';
import { sealWindow } from './seal.ts';

/**
 * One run of `fetchPages` ends after this much, whatever comes first, so that it shows in the history as one readable step, and a
 * worker's death costs little: what is staged is safe, and the cursor is young enough for another worker to go on from it.
 */
const MOST = { pages: 200, bytes: 128 * 1024 * 1024, time: 20 * SECOND };
/** A sign of life while the vendor thinks; each request has a deadline of its own, so a hung one does not look alive for ever. */
const BEAT_EVERY = 3 * SECOND;
const LONGEST_CURSOR = 32 * 1024;

/** A walk along a window's chain of pages. */
interface Walk {
  readonly stream: WindowStream;
  readonly window: Interval;
  readonly now: () => number;
  /** Told the age of each cursor that is used, seconds. */
  readonly cursorUsed: (age: number) => void;
  readonly staging: SegmentWriter;
  readonly startedAt: number;
  pages: number;
  records: number;
  bytes: number;
  reported: number | null;
  cursor: Cursor | null;
  done: boolean;
  readonly notes: string[];
}

/**
 * Walks pages and stages them, from the first page or from a cursor, until the chain ends or enough has been done. A page that fails
 * after others went well ends the run early, with the cursor to go on from: what was staged is kept, and the next run meets the
 * failure at once, as its own first page, under Temporal's retry policy.
 */
export function fetchPagesActivity(deps: Dependencies): Activities['fetchPages'] {
  return async (order) => {
    const beat = setInterval(() => heartbeat(), BEAT_EVERY);
    const walk = startWalk(deps, order);
    try {
      const pausedBecause = await walkOn(walk, deps.stopping);
      return (
        (order.keep === true ? undefined : await sealAtOnce(deps, order, walk)) ?? (await handOver(walk, pausedBecause))
      );
    } catch (error) {
      await walk.staging.abort();
      await quarantine(deps, order, error);
      throw error;
    } finally {
      clearInterval(beat);
    }
  };
}

function startWalk(deps: Dependencies, order: FetchOrder): Walk {
  const { source, stream } = findWindowStream(deps, order);
  return {
    stream,
    window: interval(order.window),
    now: () => source.now(),
    cursorUsed: (age) => deps.cursorUsed?.({ source: order.source, stream: order.stream }, age),
    staging: deps.archive.stage(order),
    startedAt: Date.now(),
    pages: 0,
    records: 0,
    bytes: 0,
    reported: null,
    cursor: order.cursor,
    done: false,
    notes: [],
  };
}

/** @returns why the walk stops before the end of the chain; `undefined` when it reached the end or did enough for one run. */
async function walkOn(walk: Walk, stopping: AbortSignal): Promise<string | undefined> {
  const seen = new Set<string>();
  while (!walk.done) {
    if (walk.cursor !== null && seen.has(walk.cursor.text))
      throw new CursorStuck('the vendor repeats a cursor of this window');
    if (walk.cursor !== null) seen.add(walk.cursor.text);
    try {
      await walkOnePage(walk);
    } catch (error) {
      if (walk.pages === 0 || !mayPass(error)) throw error;
      return `${error.name}: ${error.message}`;
    }
    heartbeat({ pages: walk.pages, records: walk.records });
    if (stopping.aborted) return 'this worker is shutting down';
    const enough = walk.pages >= MOST.pages || walk.bytes >= MOST.bytes || Date.now() - walk.startedAt >= MOST.time;
    if (enough) return undefined;
  }
  return undefined;
}

/** Trouble that another try from the same cursor may get past. */
function mayPass(error: unknown): error is Failure {
  return error instanceof Failure && ['unavailable', 'rate-limited', 'unexpected-answer'].includes(error.name);
}

async function walkOnePage(walk: Walk): Promise<void> {
  const { stream, window, cursor } = walk;
  const askedAt = walk.now();
  if (cursor !== null && hasExpired(cursor, askedAt)) {
    throw new CursorExpired(
      `the cursor was valid until ${cursor.validUntil} and it is ${toIso(askedAt)} by the vendor's clock`,
    );
  }
  const issuedAt = cursor === null ? undefined : issueOf(cursor, stream);
  if (issuedAt !== undefined) walk.cursorUsed(Math.max(0, askedAt - issuedAt) / SECOND);
  const page = await stream.fetchPage(window, cursor?.text ?? null, cancellationSignal());
  await walk.staging.page(page.records, (record) => stream.identify(record));
  walk.pages += 1;
  walk.records += page.records.length;
  walk.bytes += page.records.reduce((sum, record) => sum + record.bytes.length, 0);
  walk.reported = page.reported ?? walk.reported;
  walk.cursor = page.next === null ? null : nextCursor(page.next, askedAt, stream);
  walk.done = page.next === null;
  if (page.note !== undefined && walk.notes.length < 3) walk.notes.push(page.note);
}

/** The vendor made the link some time after it was asked: reckoning from then on is the safe side. */
function nextCursor(text: NonNullable<Page['next']>, askedAt: number, { limits }: WindowStream): Cursor {
  if (text.length > LONGEST_CURSOR)
    throw new UnexpectedAnswer(`a cursor of ${text.length} characters; at most ${LONGEST_CURSOR} can be kept`);
  const dies = Number.isFinite(limits.cursorValidity);
  return { text, validUntil: dies ? toIso(askedAt + limits.cursorValidity) : null };
}

/** When a cursor that dies was issued, ms since the epoch, on the safe side. */
function issueOf({ validUntil }: Cursor, { limits }: WindowStream): number | undefined {
  const end = validUntil === null ? undefined : fromIso(validUntil);
  return end === undefined ? undefined : end - limits.cursorValidity;
}

function hasExpired({ validUntil }: Cursor, now: number): boolean {
  return validUntil !== null && now >= (fromIso(validUntil) ?? 0);
}

/**
 * Fetches and seals a window that is small: one chain of pages that ends within this run and fits into memory.
 * @returns undefined when it is not; then nothing is staged, and nothing sealed. Errors: those of the vendor, and of sealing.
 */
export async function extractSmall(deps: Dependencies, order: FetchOrder): Promise<SealedWindow | undefined> {
  return await fetchSmall(deps, order, (held) => sealWindow(deps, { ...order, ...held }));
}

/** Fetches a window that is small, and does something with its pages; undefined when it is not small. Nothing is staged. */
export async function fetchSmall<T>(
  deps: Dependencies,
  order: FetchOrder,
  use: (held: { readonly segments: readonly HeldSegment[]; readonly reported: number | null }) => Promise<T>,
): Promise<T | undefined> {
  const walk = startWalk(deps, order);
  try {
    await walkOn(walk, deps.stopping);
    const held = walk.done ? await walk.staging.hold() : undefined;
    return held && (await use({ segments: [held], reported: walk.reported }));
  } finally {
    await walk.staging.abort();
  }
}

/**
 * Seals a whole window that fits into memory, without staging it. When that does not work the pages are staged after all: what has been
 * fetched is kept, and the `seal` step has the patience that a full disk needs.
 */
async function sealAtOnce(deps: Dependencies, order: FetchOrder, walk: Walk): Promise<FetchedPages | undefined> {
  const held = walk.done && order.cursor === null ? await walk.staging.hold() : undefined;
  if (held === undefined) return undefined;
  try {
    const { reported } = walk;
    const sealed = await sealWindow(deps, { ...order, segments: [held], reported });
    return { segment: null, sealed, ...summaryOf(walk), next: null, nextValidFor: null };
  } catch (error) {
    if (!(error instanceof Failure)) throw error;
    return undefined;
  }
}

async function handOver(walk: Walk, pausedBecause: string | undefined): Promise<FetchedPages> {
  const segment = await walk.staging.finish();
  const next = walk.done ? null : walk.cursor;
  const validUntil = next?.validUntil ?? null;
  return {
    segment: segment.key,
    ...summaryOf(walk),
    next,
    nextValidFor: validUntil === null ? null : Math.max(0, (fromIso(validUntil) ?? 0) - walk.now()),
    ...(pausedBecause === undefined ? {} : { pausedBecause: redact(pausedBecause) }),
  };
}

function summaryOf({ pages, records, reported, notes }: Walk) {
  return { pages, records, reported, ...(notes.length === 0 ? {} : { notes }) };
}

import { ApplicationFailure, isCancellation } from '@temporalio/workflow';
import type { Cursor, ExtractedBatch, FetchedPages, SealedWindow } from '../activities/contract.ts';
import type { StreamId } from '../core/ids.ts';
import { halve } from '../core/due.ts';
import { interval, isoInterval, type IsoInterval } from '../core/time.ts';
import { add, nothing, type Outcome } from '../core/outcome.ts';
import { extractBatch, fetchPages, nameFailure, recordFailure, seal, type NamedFailure } from './steps.ts';

/** A window whose cursors keep dying is opened this often before it is cut in two. */
const OPENINGS = 3;
/** More pages than this in one window are no chain but a circle that no single activity saw. */
const MOST_SEGMENTS = 400;

export interface WindowResult {
  readonly outcome: Outcome;
  /** What kept a part of the window from being extracted. */
  readonly failures: readonly NamedFailure[];
  /** Whether it was so small that fetching and sealing it was one step. */
  readonly small: boolean;
}

export interface BatchResult extends WindowResult {
  /** The windows that were not tried. */
  readonly left: readonly IsoInterval[];
}

/**
 * Extracts one or more windows, several in one step. Where the vendor's answer to one of them is not simple, that one is extracted by itself,
 * with all the care it needs, and the others are left.
 */
export async function extractBatchOf(
  stream: StreamId,
  windows: readonly IsoInterval[],
  grain: number,
): Promise<BatchResult> {
  const [first] = windows;
  if (first === undefined) throw new RangeError('no windows');
  if (windows.length === 1) return { ...(await extractWindow(stream, first, grain)), left: [] };
  const { sealed } = await tryBatch(stream, windows);
  const done = sealed.map(outcomeOf).reduce(add, nothing);
  const next = windows[sealed.length];
  if (next === undefined) return { outcome: done, failures: [], small: true, left: [] };
  const one = await extractWindow(stream, next, grain);
  return { ...one, outcome: add(done, one.outcome), small: false, left: windows.slice(sealed.length + 1) };
}

async function tryBatch(stream: StreamId, windows: readonly IsoInterval[]): Promise<ExtractedBatch> {
  const whole = { from: windows[0]?.from ?? '', until: windows.at(-1)?.until ?? '' };
  try {
    const summary = `${windows.length} windows, ${label(whole)}`;
    return await extractBatch.executeWithOptions({ summary }, [{ ...stream, windows }]);
  } catch (error) {
    if (isCancellation(error)) throw error;
    return { sealed: [] };
  }
}

/**
 * Extracts one window: page after page, then seal. A cursor that expired opens the window again from its first page; when that does not
 * help, or the vendor finds the window too large, its halves are extracted instead, down to the vendor's grain. A window that fails is
 * recorded and never stops its siblings: this does not throw, unless it is cancelled.
 */
export async function extractWindow(stream: StreamId, window: IsoInterval, grain: number): Promise<WindowResult> {
  let failure: NamedFailure | undefined;
  for (let opening = 1; opening <= OPENINGS; opening += 1) {
    try {
      return { ...(await walk(stream, window)), failures: [] };
    } catch (error) {
      if (isCancellation(error)) throw error;
      failure = nameFailure(error);
      if (failure.name !== 'cursor-expired' && failure.name !== 'staging-lost') break;
    }
  }
  if (failure === undefined) throw new Error('a window was neither walked nor refused');
  const halves = isTooMuch(failure) ? halve(interval(window), grain) : undefined;
  if (halves === undefined) return await giveUp(stream, window, failure);
  const results: WindowResult[] = [];
  for (const half of halves) results.push(await extractWindow(stream, isoInterval(half), grain));
  return {
    outcome: results.reduce((sum, { outcome }) => add(sum, outcome), nothing),
    failures: results.flatMap((one) => one.failures),
    small: false,
  };
}

const isTooMuch = ({ name }: NamedFailure): boolean => name === 'cursor-expired' || name === 'window-too-large';

/** One complete chain of pages, sealed. */
async function walk(stream: StreamId, window: IsoInterval): Promise<Omit<WindowResult, 'failures'>> {
  const { sealed, segments, reported, pages } = await walkPages(stream, window);
  if (sealed !== undefined) return { outcome: outcomeOf(sealed), small: true };
  const whole = await seal.executeWithOptions({ summary: `${label(window)} seal ${pages} pages` }, [
    { ...stream, window, segments, reported },
  ]);
  return { outcome: outcomeOf(whole), small: false };
}

export interface WalkedPages {
  readonly segments: readonly string[];
  readonly reported: number | null;
  readonly pages: number;
  /** A small window was sealed with the fetch of its pages. */
  readonly sealed?: SealedWindow;
}

/** One complete chain of pages, staged. With `keep` nothing of it is sealed. */
export async function walkPages(
  stream: StreamId,
  window: IsoInterval,
  { keep = false }: { readonly keep?: boolean } = {},
): Promise<WalkedPages> {
  const segments: string[] = [];
  const seen = new Set<string>();
  let cursor: Cursor | null = null;
  let validFor: number | null = null;
  let reported: number | null = null;
  let pages = 0;
  do {
    const fetched: FetchedPages = await fetchPages.executeWithOptions(
      {
        // A cursor is worth queueing for only as long as the vendor honours it; the activity checks again before it uses it.
        ...(validFor === null ? {} : { scheduleToStartTimeout: Math.max(1, validFor) }),
        summary: `${label(window)} ${cursor === null ? 'from page 1' : `from page ${pages + 1}`}`,
      },
      [{ ...stream, window, cursor, ...(keep && { keep }) }],
    );
    if (fetched.sealed !== undefined) return { segments, reported, pages, sealed: fetched.sealed };
    if (fetched.segment !== null) segments.push(fetched.segment);
    pages += fetched.pages;
    reported = fetched.reported ?? reported;
    cursor = fetched.next;
    validFor = fetched.nextValidFor;
    if (cursor !== null && (seen.has(cursor.text) || segments.length > MOST_SEGMENTS)) throw stuck(window);
    if (cursor !== null) seen.add(cursor.text);
  } while (cursor !== null);
  return { segments, reported, pages };
}

function outcomeOf({ records, repeats }: SealedWindow): Outcome {
  return add(nothing, records > 0 ? { sealed: 1, records, repeats } : { empty: 1 });
}

async function giveUp(stream: StreamId, window: IsoInterval, failure: NamedFailure): Promise<WindowResult> {
  // What the vendor has forgotten is no failure of this window: the next plan records it as lost and asks for the rest.
  if (failure.name === 'retention-passed') return { outcome: nothing, failures: [failure], small: false };
  await recordFailure({ ...stream, window, failure: failure.name, message: failure.message });
  const outcome = add(nothing, { failed: 1, failures: { [failure.name]: 1 } });
  return { outcome, failures: [failure], small: false };
}

function stuck(window: IsoInterval): ApplicationFailure {
  return ApplicationFailure.nonRetryable(`the vendor repeats a cursor of ${label(window)}`, 'cursor-stuck');
}

/** `[2026-11-21T09:00Z, 10:00Z)`: how a window is written for people. */
export function label({ from, until }: IsoInterval): string {
  const sameDay = from.slice(0, 10) === until.slice(0, 10);
  return `[${short(from)}, ${short(sameDay ? until.slice(11) : until)})`;
}

const short = (text: string): string => text.replace(':00Z', 'Z');

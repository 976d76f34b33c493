import { ApplicationFailure, isCancellation } from '@temporalio/workflow';
import type { Cursor, FetchedPages } from '../activities/contract.ts';
import type { StreamId } from '../core/ids.ts';
import { halve } from '../core/due.ts';
import { interval, isoInterval, type IsoInterval } from '../core/time.ts';
import { add, nothing, type Outcome } from '../core/outcome.ts';
import { fetchPages, nameFailure, recordFailure, seal, type NamedFailure } from './steps.ts';

/** A window whose cursors keep dying is opened this often before it is cut in two. */
const OPENINGS = 3;
/** More pages than this in one window are no chain but a circle that no single activity saw. */
const MOST_SEGMENTS = 400;

export interface WindowResult {
  readonly outcome: Outcome;
  /** What kept a part of the window from being extracted. */
  readonly failures: readonly NamedFailure[];
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
      return { outcome: await walk(stream, window), failures: [] };
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
  };
}

const isTooMuch = ({ name }: NamedFailure): boolean => name === 'cursor-expired' || name === 'window-too-large';

/** One complete chain of pages, sealed. */
async function walk(stream: StreamId, window: IsoInterval): Promise<Outcome> {
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
      [{ ...stream, window, cursor }],
    );
    segments.push(fetched.segment);
    pages += fetched.pages;
    reported = fetched.reported ?? reported;
    cursor = fetched.next;
    validFor = fetched.nextValidFor;
    if (cursor !== null && (seen.has(cursor.text) || segments.length > MOST_SEGMENTS)) throw stuck(window);
    if (cursor !== null) seen.add(cursor.text);
  } while (cursor !== null);

  const sealed = await seal.executeWithOptions({ summary: `${label(window)} seal ${pages} pages` }, [
    { ...stream, window, segments, reported },
  ]);
  const { records, repeats } = sealed;
  return add(nothing, records > 0 ? { sealed: 1, records, repeats } : { empty: 1 });
}

async function giveUp(stream: StreamId, window: IsoInterval, failure: NamedFailure): Promise<WindowResult> {
  // What the vendor has forgotten is no failure of this window: the next plan records it as lost and asks for the rest.
  if (failure.name === 'retention-passed') return { outcome: nothing, failures: [failure] };
  await recordFailure({ ...stream, window, failure: failure.name, message: failure.message });
  return { outcome: add(nothing, { failed: 1, failures: { [failure.name]: 1 } }), failures: [failure] };
}

function stuck(window: IsoInterval): ApplicationFailure {
  return ApplicationFailure.nonRetryable(`the vendor repeats a cursor of ${label(window)}`, 'cursor-stuck');
}

/** `[2026-11-21T09:00Z, 10:00Z)`: how a window is written for people. */
function label({ from, until }: IsoInterval): string {
  const sameDay = from.slice(0, 10) === until.slice(0, 10);
  return `[${short(from)}, ${short(sameDay ? until.slice(11) : until)})`;
}

const short = (text: string): string => text.replace(':00Z', 'Z');

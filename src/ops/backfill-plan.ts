import { createHash, randomBytes } from 'node:crypto';
import { measureRate, MOST_WINDOWS, type Rate } from '../core/backfill.ts';
import { count, plural } from '../core/counts.ts';
import {
  countCells,
  cut,
  deadlineOf,
  divide,
  plan,
  reachable,
  startOf,
  windowLength,
  type Standing,
} from '../core/due.ts';
import { formatStreamId } from '../core/ids.ts';
import { clip, intersect, lengthOf, subtract, union, type IntervalSet } from '../core/intervals.ts';
import { ceilTo, DAY, floorTo, isoInterval, MINUTE, toIso, type Interval, type IsoInterval } from '../core/time.ts';
import type { BackfillRow } from '../ledger/backfills.ts';
import type { LedgerReader } from './ledger.ts';
import { isWindowStream, type KnownStream, type KnownWindowStream } from './streams.ts';
import { UsageError } from './usage-error.ts';

/** What a backfill of one stream would do: JSON as it stands, lengths of time in seconds. It is what `--save` writes. */
export interface BackfillPlan extends IsoInterval {
  readonly id: string;
  readonly stream: string;
  readonly shape: KnownStream['shape'];
  readonly plannedAt: string;
  /** The configuration and the coverage that it was made from: when these differ, it no longer says what would be done. */
  readonly basis: string;
  /** Of a window stream. */
  readonly windows?: PlannedWindows;
  /** Of a sequence or of reports: what is done, in words. */
  readonly reader?: string;
  readonly estimate: Estimate;
}

/** What starting it needs of a plan: which range was agreed to, and what that rested on. */
export type AgreedPlan = Pick<BackfillPlan, 'id' | 'stream' | 'from' | 'until' | 'plannedAt' | 'basis'>;

export interface PlannedWindows {
  readonly seconds: number;
  readonly all: number;
  /** To extract, the nearest deadline first; a part of one counts. */
  readonly toExtract: number;
  readonly held: number;
  /** Wanted already, by the stream's own start or by another backfill: joined, never doubled. */
  readonly joined: number;
  readonly joinedBackfills: readonly string[];
  /** Nothing of them can be had any more. */
  readonly lost: number;
  readonly lostMinutes: number;
  /** Partly forgotten: what can be had begins at this minute, and what came before it is lost. */
  readonly salvage: readonly (IsoInterval & { readonly lost: IsoInterval })[];
  /** When the vendor forgets the first of it. */
  readonly deadline: string | null;
  /** How many may be extracted at once beside what the stream asks for by itself. */
  readonly lanes: number;
}

export interface Estimate {
  /** Measured on what the ledger holds of the stream, or the least that is possible. */
  readonly from: 'history' | 'floor';
  readonly requests: number | null;
  readonly seconds: { readonly usual: number; readonly slow: number } | null;
}

/** So many of the newest slices are measured. */
const SAMPLE = 500;

/**
 * Plans the backfill of a range, from the ledger and the vendor's limits; nothing is asked or written.
 * @param range ms since the epoch, as it was typed: it is widened to the vendor's grain, or to UTC days
 * @throws UsageError when the range has not settled, or is none
 */
export async function planStream(
  ledger: LedgerReader,
  stream: KnownStream,
  range: Interval,
  now: number,
): Promise<BackfillPlan> {
  return isWindowStream(stream)
    ? await planWindows(
        ledger,
        stream,
        widen(range, stream.window.limits.grain, reachable(stream.window.limits, now).until),
        now,
      )
    : await planReader(ledger, stream, widen(range, DAY, ceilTo(now, DAY)), now);
}

function widen({ from, until }: Interval, grain: number, settled: number): Interval {
  const range = { from: floorTo(from, grain), until: ceilTo(until, grain) };
  if (range.from >= range.until) throw new UsageError(`${rangeText(range)}: --from is not before --to`);
  if (range.until > settled) {
    throw new UsageError(
      `${rangeText(range)} has not settled yet: the vendor's data is complete up to ${toIso(settled)}`,
    );
  }
  return range;
}

async function planWindows(
  ledger: LedgerReader,
  stream: KnownWindowStream,
  range: Interval,
  now: number,
): Promise<BackfillPlan> {
  const { limits } = stream.window;
  const window = windowLength(stream.window, stream.settings);
  refuseEndless(range, window);
  const applied = (await ledger.streams()).find((one) => formatStreamId(one) === formatStreamId(stream));
  const start = startOf(stream.settings.start, applied?.appliedAt ?? now, limits);
  const { held, lost, wanted } = await ledger.coverage(stream, { from: 0, until: now });
  const before: Standing = { now, limits, window, start, held, lost, wanted };
  const due = plan({ ...before, wanted: union(wanted, [range]) });
  const cells = due.windows.filter((one) => intersect([one], [range]).length > 0);
  const mine = divide(cells, { start, limits, window, now }).wanted;
  const others = plan(before).windows;
  const toExtract = mine.filter((one) => intersect([one], others).length === 0);
  const open = (await ledger.backfills({ source: stream.source, stream: stream.stream })).filter(
    ({ state }) => state === 'running',
  );
  const lostNow = clip(union(lost, due.lost), range);
  const windows: PlannedWindows = {
    seconds: window / 1000,
    all: countCells([range], window),
    toExtract: toExtract.length,
    held: wholly(range, window, held),
    joined: cells.length - toExtract.length,
    joinedBackfills: open.filter((one) => intersect([one], [range]).length > 0).map(({ id }) => id),
    lost: wholly(range, window, lostNow),
    lostMinutes: Math.round(lengthOf(lostNow) / MINUTE),
    salvage: cells.flatMap((one) => salvageOf(one, window, lostNow)),
    deadline: toExtract.length === 0 ? null : toIso(Math.min(...toExtract.map((one) => deadlineOf(limits, one)))),
    lanes: Math.max(1, stream.settings.limits.perStream - 1),
  };
  const sample = await ledger.slices(stream, { from: 0, until: now }, SAMPLE);
  const estimate = estimateOf(toExtract, measureRate(sample), stream.settings.limits.perStream / windows.lanes);
  return { ...about(stream, range, now, basisOf(stream, range, { held, lost, open })), windows, estimate };
}

const rangeText = ({ from, until }: Interval): string => `[${toIso(from)}, ${toIso(until)})`;

function refuseEndless(range: Interval, window: number): void {
  const windows = countCells([range], window);
  if (windows <= MOST_WINDOWS) return;
  throw new UsageError(
    `${rangeText(range)} is ${plural(windows, 'window')}: a backfill may have ${count(MOST_WINDOWS)}`,
  );
}

const wholly = (range: Interval, window: number, set: IntervalSet): number =>
  cut(range, window).filter((one) => subtract([one], set).length === 0).length;

/** What of a window's cell was forgotten before what can still be had of it. */
function salvageOf(one: Interval, window: number, lost: IntervalSet): PlannedWindows['salvage'] {
  const gone = lost.find(({ until }) => until === one.from);
  const cell = floorTo(one.from, window);
  if (gone === undefined || one.from === cell) return [];
  return [{ ...isoInterval(one), lost: isoInterval({ from: Math.max(cell, gone.from), until: one.from }) }];
}

/** @param share how much longer it takes because one connection is left to the stream's own windows */
function estimateOf(windows: readonly Interval[], rate: Rate | undefined, share: number): Estimate {
  if (rate === undefined) return { from: 'floor', requests: windows.length, seconds: null };
  const seconds = (step: number): number => Math.ceil((windows.length * step * share) / 1000);
  return {
    from: 'history',
    requests: Math.max(windows.length, Math.ceil(lengthOf(windows) * rate.requests)),
    seconds: { usual: seconds(rate.usual), slow: seconds(rate.slow) },
  };
}

async function planReader(
  ledger: LedgerReader,
  stream: KnownStream,
  range: Interval,
  now: number,
): Promise<BackfillPlan> {
  const position = await ledger.position(stream);
  const open = (await ledger.backfills({ source: stream.source, stream: stream.stream })).filter(
    ({ state }) => state === 'running',
  );
  const days = Math.round((range.until - range.from) / DAY);
  const where =
    position === undefined ? 'the stream has not begun yet' : `the stream's own reader stands at ${position.cursor}`;
  const reader =
    stream.shape === 'sequence'
      ? `a second reader from the place of ${toIso(range.from)} on, up to what is held already; ${where}, and stays there`
      : `${days} days are listed, oldest first, and files that are not held are downloaded; ${where}`;
  const basis = basisOf(stream, range, { held: [], lost: [], open });
  const requests = stream.shape === 'report' ? days : null;
  return { ...about(stream, range, now, basis), reader, estimate: { from: 'floor', requests, seconds: null } };
}

function about(stream: KnownStream, range: Interval, now: number, basis: string) {
  const id = `bf-${toIso(now).slice(0, 10).replaceAll('-', '')}-${randomBytes(3).toString('hex')}`;
  const { shape } = stream;
  return { id, stream: formatStreamId(stream), shape, ...isoInterval(range), plannedAt: toIso(now), basis };
}

/** What the plan rests on. Time is none of it: that is what its age is for. */
function basisOf(
  { settings }: KnownStream,
  range: Interval,
  facts: { readonly held: IntervalSet; readonly lost: IntervalSet; readonly open: readonly BackfillRow[] },
): string {
  const { limits, window, start, baseUrl } = settings;
  const coverage = {
    held: clip(facts.held, range),
    lost: clip(facts.lost, range),
    open: facts.open.map(({ id }) => id),
  };
  const text = JSON.stringify([limits, window, start, baseUrl, coverage]);
  return createHash('sha256').update(text).digest('hex').slice(0, 32);
}

import type { Config } from '../config/load.ts';
import { columnsOf, runsOf, type Column, type Run } from '../core/axis.ts';
import { oldestServed, startOf } from '../core/due.ts';
import { formatStreamId } from '../core/ids.ts';
import { clip, lengthOf } from '../core/intervals.ts';
import type { StreamState } from '../core/states.ts';
import { nextTick } from '../core/ticks.ts';
import { DAY, dayOf, HOUR, type Interval } from '../core/time.ts';
import type { FailureRow, ReportRow } from '../ledger/ledger.ts';
import { readLedger, type LedgerReader } from './ledger.ts';
import { readPositions, type PositionStatus } from './positions.ts';
import { stateOf } from './status.ts';
import { isWindowStream, knownStreams, type KnownStream, type KnownWindowStream } from './streams.ts';

/** What every row of the page has, whatever the stream's shape. */
interface RowBase {
  readonly stream: string;
  /** When the schedule asks for it next, ms. */
  readonly nextRun: number;
  /** Records by hour, the last 24 hours, oldest first. */
  readonly hourly: readonly number[];
}

export interface WindowRow extends RowBase {
  readonly shape: 'window';
  readonly state: StreamState['state'];
  readonly watermark: number;
  readonly lag: number;
  readonly gaps: StreamState['gaps'];
  readonly deadline?: number;
  /** ms, inside the axis. */
  readonly lost: number;
  readonly columns: readonly Column[];
  /** The first instant that the vendor still serves: what lies before it cannot be fetched any more. */
  readonly cliff: number;
  readonly failure?: Pick<FailureRow, 'name' | 'message' | 'lastAt'>;
}

export interface PositionRow extends RowBase, Omit<PositionStatus, 'stream' | 'shape'> {
  readonly shape: 'sequence';
}

export interface ReportsRow extends RowBase, Omit<PositionStatus, 'stream' | 'shape'> {
  readonly shape: 'report';
  /** The days of the axis, oldest first: how many files are held of each. */
  readonly days: readonly { readonly day: string; readonly files: number; readonly records: number }[];
}

export type OverviewRow = WindowRow | PositionRow | ReportsRow;

export interface OverviewAsked {
  readonly within: Interval;
  /** How many columns an axis may have. */
  readonly columns: number;
  readonly now: number;
}

/** Every configured stream, in the order of the configuration; from the ledger alone. */
export async function readOverview(config: Config, asked: OverviewAsked): Promise<readonly OverviewRow[]> {
  const positions = new Map((await readPositions(config, asked.now)).map((one) => [one.stream, one]));
  return await readLedger(config, async (ledger) => {
    const rows: OverviewRow[] = [];
    for (const stream of knownStreams(config)) {
      const position = positions.get(formatStreamId(stream));
      if (isWindowStream(stream)) rows.push(await windowRow(ledger, stream, asked));
      else if (position?.shape === 'report') rows.push(await reportsRow(ledger, stream, position, asked));
      else if (position !== undefined) rows.push(await positionRow(ledger, stream, position, asked));
    }
    return rows;
  });
}

function base({ settings, ...stream }: KnownStream, now: number): Pick<RowBase, 'stream' | 'nextRun'> {
  return { stream: formatStreamId(stream), nextRun: nextTick(settings.schedule, now) };
}

async function windowRow(
  ledger: LedgerReader,
  stream: KnownWindowStream,
  { within, columns, now }: OverviewAsked,
): Promise<WindowRow> {
  const { coverage, state, runs } = await axisOf(ledger, stream, within, now);
  const [latest] = coverage.failed.toSorted((a, b) => b.lastAt - a.lastAt);
  const lost = state.gaps.filter((gap) => gap.state === 'lost');
  return {
    ...base(stream, now),
    shape: 'window',
    state: state.state,
    watermark: state.watermark,
    lag: state.lag,
    gaps: state.gaps,
    ...(state.deadline !== undefined && { deadline: state.deadline }),
    lost: lengthOf(clip(lost, within)),
    columns: columnsOf(runs, within, columns),
    cliff: oldestServed(stream.window.limits, now),
    hourly: await ledger.recordsByHour(stream, now),
    ...(latest !== undefined && { failure: latest }),
  };
}

/** The axis of a window stream inside an interval. */
export async function readRuns(
  config: Config,
  stream: KnownWindowStream,
  within: Interval,
  now: number,
): Promise<readonly Run[]> {
  return await readLedger(config, async (ledger) => (await axisOf(ledger, stream, within, now)).runs);
}

async function axisOf(ledger: LedgerReader, stream: KnownWindowStream, within: Interval, now: number) {
  const coverage = await ledger.coverage(stream, { from: 0, until: now });
  const state = await stateOf(ledger, stream, coverage, now);
  const applied = (await ledger.streams()).find((one) => formatStreamId(one) === formatStreamId(stream));
  const start = startOf(stream.settings.start, applied?.appliedAt ?? now, stream.window.limits);
  const { held, empty } = coverage;
  return { coverage, state, runs: runsOf({ held, empty, gaps: state.gaps, start }, within) };
}

async function positionRow(
  ledger: LedgerReader,
  stream: KnownStream,
  position: PositionStatus,
  { now }: OverviewAsked,
): Promise<PositionRow> {
  const portions = await ledger.portions(stream, 2_000);
  const hourly = hourlyOf(
    portions.map(({ sealedAt, records }) => ({ at: sealedAt, records })),
    now,
  );
  return { ...position, ...base(stream, now), shape: 'sequence', hourly };
}

async function reportsRow(
  ledger: LedgerReader,
  stream: KnownStream,
  position: PositionStatus,
  { within, now }: OverviewAsked,
): Promise<ReportsRow> {
  const [first, last] = [dayOf(Math.min(within.from, now - 7 * DAY)), dayOf(now)];
  const reports = latestOf(await ledger.reports(stream, { first, last }));
  const days = daysFrom(first, last).map((day) => {
    const own = reports.filter((one) => one.day === day);
    return { day, files: own.length, records: own.reduce((sum, { records }) => sum + records, 0) };
  });
  const hourly = hourlyOf(
    reports.map(({ sealedAt, records }) => ({ at: sealedAt, records })),
    now,
  );
  return { ...position, ...base(stream, now), shape: 'report', days, hourly };
}

/** The latest revision of each file counts. */
export function latestOf(reports: readonly ReportRow[]): readonly ReportRow[] {
  return [...new Map(reports.map((one) => [`${one.day}/${one.file}`, one])).values()];
}

export function daysFrom(first: string, last: string): readonly string[] {
  const days: string[] = [];
  for (let at = Date.parse(first); at <= Date.parse(last); at += DAY) days.push(dayOf(at));
  return days;
}

function hourlyOf(
  sealed: readonly { readonly at: number; readonly records: number }[],
  now: number,
): readonly number[] {
  const hours = Array.from<number>({ length: 24 }).fill(0);
  for (const { at, records } of sealed) {
    const hour = 23 - Math.floor((now - at) / HOUR);
    if (hour >= 0 && hour < 24) hours[hour] = (hours[hour] ?? 0) + records;
  }
  return hours;
}

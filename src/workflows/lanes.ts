import {
  CancellationScope,
  condition,
  defineSignal,
  isCancellation,
  setHandler,
  workflowInfo,
} from '@temporalio/workflow';
import type { Plan } from '../activities/contract.ts';
import { deadlineOf, type Forgetting } from '../core/due.ts';
import type { StreamId } from '../core/ids.ts';
import { intersect } from '../core/intervals.ts';
import { add } from '../core/outcome.ts';
import { interval, type IsoInterval } from '../core/time.ts';
import type { Progress } from './extract-windows.ts';
import type { Gate } from './gate.ts';
import { HISTORY_LIMIT, LARGEST_BATCH, PLAN_GOOD_FOR_MS, TURN_MS } from './pace.ts';
import { pauseBackfills, plan } from './steps.ts';
import { extractBatchOf, type BatchResult } from './window.ts';

/** Says that what operators want has changed: plan anew now. Windows in `drop` that only they wanted are given up under way. */
export const planAnew = defineSignal<[{ readonly drop?: IsoInterval }]>('planAnew');

/** What an extractor hears while it works. */
export interface News {
  /** The plan is not what is wanted any more. */
  isStale: boolean;
  /** Gives up what is under way in a range. */
  drop: (range: IsoInterval) => void;
}

/** So many windows of a backfill that fail in a row under one name: it is paused, and waits for a person. */
const MOST_TROUBLE = 5;

export function listenForNews(): News {
  const news: News = { isStale: false, drop: () => undefined };
  setHandler(planAnew, ({ drop } = {}) => {
    news.isStale = true;
    if (drop !== undefined) news.drop(drop);
  });
  return news;
}

interface Means {
  readonly gate: Gate;
  readonly lanes: number;
  readonly grain: number;
  readonly batch: { size: number };
  readonly forgetting: Forgetting | undefined;
  readonly news: News;
  readonly mustStop: () => boolean;
}

type Kind = 'own' | 'wanted';

/** Windows under way. */
interface Task {
  readonly kind: Kind;
  readonly windows: readonly IsoInterval[];
  readonly scope: CancellationScope;
}

interface Board {
  readonly stream: StreamId;
  readonly progress: Progress;
  readonly means: Means;
  own: IsoInterval[];
  wanted: IsoInterval[];
  readonly busy: Set<Task>;
  /** What was under way at any time since the plan that is being made was asked for: it may not know that it is done. */
  touched: IsoInterval[];
  plannedAt: number;
  /** The vendor's clock minus the workflow's, ms. */
  skew: number;
  isPlanning: boolean;
  isOver: boolean;
}

/**
 * Works off what the stream asks for by itself and what operators want side by side. Of several lanes the first one is kept for the stream's own windows,
 * so the newest never waits for a backfill; a single lane takes them between two windows of the backfill. It is planned anew, while lanes work, every
 * minute, when somebody asks, and when a window's deadline passed while it waited: the plan then cuts it at the exact minute and records the loss.
 */
export async function extractBoth(stream: StreamId, planned: Plan, progress: Progress, means: Means): Promise<void> {
  const { news } = means;
  const plannedAt = Date.now();
  const board: Board = {
    stream,
    progress,
    means,
    own: [...planned.windows],
    wanted: [...(planned.wanted ?? [])],
    busy: new Set(),
    touched: [],
    plannedAt,
    skew: Date.parse(planned.at) - plannedAt,
    isPlanning: false,
    isOver: false,
  };
  news.isStale = false;
  news.drop = (range) => drop(board, range);
  const work = Array.from({ length: means.lanes }, (_, lane) => workOn(board, lane));
  await Promise.all([...work, keepPlanned(board)]);
  news.drop = () => undefined;
}

function drop({ busy }: Board, range: IsoInterval): void {
  for (const { kind, windows, scope } of busy) {
    if (kind === 'wanted' && windows.some((one) => overlaps(one, range))) scope.cancel();
  }
}

const overlaps = (a: IsoInterval, b: IsoInterval): boolean => intersect([interval(a)], [interval(b)]).length > 0;

/** Plans anew while lanes work. */
async function keepPlanned(board: Board): Promise<void> {
  const { news } = board.means;
  while (!board.isOver) {
    await condition(() => board.isOver || news.isStale, PLAN_GOOD_FOR_MS);
    if (board.isOver) return;
    // What is no longer wanted must not be started meanwhile.
    if (news.isStale) board.wanted = [];
    news.isStale = false;
    board.isPlanning = true;
    board.touched = [...board.busy].flatMap(({ windows }) => windows);
    try {
      const { since } = board.progress;
      const planned = await plan({ ...board.stream, ...(since === undefined ? {} : { notFailedSince: since }) });
      const isFree = (one: IsoInterval): boolean => !board.touched.some((other) => overlaps(one, other));
      board.own = planned.windows.filter(isFree);
      board.wanted = news.isStale ? [] : (planned.wanted ?? []).filter(isFree);
      board.plannedAt = Date.now();
      board.skew = Date.parse(planned.at) - board.plannedAt;
      const lost = planned.lost.map(interval).reduce((sum, { from, until }) => sum + until - from, 0);
      board.progress.outcome = add(board.progress.outcome, { lostMinutes: Math.round(lost / 60_000) });
    } finally {
      board.isPlanning = false;
    }
  }
}

async function workOn(board: Board, lane: number): Promise<void> {
  const { gate } = board.means;
  while (!isOver(board)) {
    const kind = choose(board, lane);
    if (kind === undefined) {
      await condition(() => isOver(board) || choose(board, lane) !== undefined);
      continue;
    }
    const permit = await gate.claim(kind === 'wanted');
    try {
      const end = Date.now() + TURN_MS;
      while (Date.now() < end && !isOver(board) && choose(board, lane) === kind) await takeOne(board, kind);
    } finally {
      await gate.release(permit);
    }
  }
}

/** Over for all lanes once one of them found it so: they finish what they have under way. */
function isOver(board: Board): boolean {
  const { historyLength, continueAsNewSuggested } = workflowInfo();
  const isIdle = board.own.length + board.wanted.length + board.busy.size === 0 && !board.isPlanning;
  const isEnough = historyLength > HISTORY_LIMIT || continueAsNewSuggested;
  board.isOver ||= (isIdle && !board.means.news.isStale) || isEnough || board.means.mustStop();
  return board.isOver;
}

/** What a lane should do next: by deadline, but the first of several lanes takes nothing but the stream's own, and a single one takes that first. */
function choose({ own, wanted, means }: Board, lane: number): Kind | undefined {
  const isReserved = lane === 0 && means.lanes > 1;
  const [first, second] = own;
  const next = wanted[0];
  if (isReserved || next === undefined) return first === undefined ? undefined : 'own';
  if (first === undefined) return 'wanted';
  // The first of its own is the newest; behind it they are in order.
  return means.lanes === 1 || (second ?? first).from < next.from ? 'own' : 'wanted';
}

async function takeOne(board: Board, kind: Kind): Promise<void> {
  const { stream, progress, means } = board;
  const queue = board[kind];
  if (queue.slice(0, means.batch.size).some((one) => isForgotten(board, one))) {
    means.news.isStale = true;
    board.own = [];
    board.wanted = [];
    return;
  }
  const windows = queue.splice(0, means.batch.size);
  const task: Task = { kind, windows, scope: new CancellationScope() };
  board.busy.add(task);
  board.touched.push(...windows);
  try {
    const result = await task.scope.run(() => extractBatchOf(stream, windows, means.grain));
    const { outcome, failures, small, left } = result;
    // A plan that was made meanwhile has them already, or leaves them out.
    if (board[kind] === queue) queue.unshift(...left);
    means.batch.size = small ? Math.min(means.batch.size * 2, LARGEST_BATCH) : 1;
    progress.outcome = add(progress.outcome, outcome);
    progress.failures = [...progress.failures, ...failures].slice(-50);
    if (kind === 'own') progress.inARow = failures.length === 0 ? 0 : (progress.inARow ?? 0) + 1;
    else await countTrouble(board, windows, result);
  } catch (error) {
    const isDropped = isCancellation(error) && !CancellationScope.current().consideredCancelled;
    if (!isDropped) throw error;
  } finally {
    board.busy.delete(task);
  }
}

/** Whether a window's deadline passed, by the vendor's clock, while it waited. */
function isForgotten({ means: { forgetting }, skew }: Board, window: IsoInterval): boolean {
  return forgetting !== undefined && deadlineOf(forgetting, interval(window)) <= Date.now() + skew;
}

/** One bad window is left, and the next tried; what fails again and again under one name needs a person. */
async function countTrouble(
  board: Board,
  windows: readonly IsoInterval[],
  { failures, left }: BatchResult,
): Promise<void> {
  const { progress, stream, means } = board;
  const failure = failures.at(-1);
  if (failure === undefined) {
    delete progress.trouble;
    return;
  }
  if (failure.name === 'retention-passed') {
    // It waited too long: the next plan records the loss, and cuts what is left of it.
    means.news.isStale = true;
    return;
  }
  const times = progress.trouble?.name === failure.name ? progress.trouble.times + 1 : 1;
  progress.trouble = { name: failure.name, times };
  const window = windows[windows.length - left.length - 1];
  if (times < MOST_TROUBLE || window === undefined) return;
  delete progress.trouble;
  means.news.isStale = true;
  board.wanted = [];
  await pauseBackfills({ ...stream, window, failure: failure.name, message: failure.message, times });
}

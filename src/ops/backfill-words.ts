import { count, plural } from '../core/counts.ts';
import { formatDuration, SECOND, type IsoInterval } from '../core/time.ts';
import type { Estimate, PlannedWindows } from './backfill-plan.ts';

/**
 * What becomes of a range's windows, for a person: each number with its meaning; the first one is all of them.
 * @param interval writes an interval the way its surroundings do
 */
export function planRows(
  one: PlannedWindows,
  interval: (range: IsoInterval) => string,
): readonly (readonly [windows: number, meaning: string])[] {
  const others = one.joinedBackfills.length === 0 ? '' : ` (with ${one.joinedBackfills.join(', ')})`;
  return [
    [one.all, `windows of ${formatDuration(one.seconds * SECOND)}`],
    [one.toExtract, `to extract, the nearest deadline first${one.deadline === null ? '' : `: ${one.deadline}`}`],
    [one.held, 'held already, left out'],
    [one.joined, `due anyway, joined and never doubled${others}`],
    [one.lost, `lost: the vendor has forgotten them (${count(one.lostMinutes)} minutes in all)`],
    ...one.salvage.map((part) => [1, `in part: ${interval(part)}, as ${interval(part.lost)} is lost`] as const),
  ];
}

/** What it takes, for a person. @param planned of a window stream */
export function estimateText({ from, requests, seconds }: Estimate, planned: PlannedWindows | undefined): string {
  if (requests === null) return 'how much lies there only the vendor knows';
  if (seconds === null) return `at least ${plural(requests, 'request')}: no history yet, floor only`;
  const [usual, slow] = [seconds.usual, seconds.slow].map((one) => formatDuration(one * SECOND));
  const lanes = planned === undefined ? '' : `, ${planned.lanes} at a time beside the stream's own`;
  return `about ${plural(requests, 'request')}, ${usual} to ${slow}${lanes} (measured on what is held; ${from})`;
}

/** Why there is nothing for a backfill to do, for a person; `undefined` where there is something. */
export function nothingToDo(windows: PlannedWindows | undefined): string | undefined {
  if (windows === undefined || windows.toExtract > 0) return undefined;
  const { all, joined, lost } = windows;
  if (joined > 0) return 'Nothing is left for a backfill to do: what is missing is due anyway.';
  if (lost === all) return 'There is nothing to be had: the vendor has forgotten all of it.';
  return 'Nothing is left for a backfill to do: what the vendor still has of it is held.';
}

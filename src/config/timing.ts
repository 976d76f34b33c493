import type { VendorLimits } from '../core/contract.ts';
import { DAY, floorTo, MINUTE } from '../core/time.ts';
import { writeLength } from '../sources/fields.ts';
import type { WrittenCommon } from './common.ts';

/** What is wrong with settings that are each legal by themselves. */
export interface Conflict {
  /** Below the source. */
  readonly path: readonly string[];
  readonly message: string;
}

/** The times of one source, resolved; ms. */
export interface Timing {
  readonly schedule: { readonly every: number; readonly offset: number };
  readonly window: number;
  readonly limits: VendorLimits;
}

interface TypeTimes {
  readonly limits: VendorLimits;
  readonly defaults: { readonly offset: number };
}

/** Fills in what was left to the vendor and the source type. */
export function resolveTiming({ schedule, window, limits, reconcile }: WrittenCommon, type: TypeTimes): Timing {
  const vendor = type.limits;
  const tightened = {
    longest: limits.longest ?? vendor.longest,
    grain: limits.grain ?? vendor.grain,
    settling: limits.settling ?? vendor.settling,
    retention: limits.retention ?? vendor.retention,
    safety: limits.safety ?? vendor.safety,
    cursorValidity: limits.cursorValidity ?? vendor.cursorValidity,
    ...(reconcile && vendor.reconcile !== undefined && { reconcile: vendor.reconcile }),
    perSource: limits.perSource ?? vendor.perSource,
    perStream: limits.perStream ?? Math.min(vendor.perStream, limits.perSource ?? vendor.perSource),
  };
  const { every } = schedule;
  // The same phase of the clock, also where pulls are more frequent than the type's default offset is long.
  const offset = schedule.offset ?? (every > 0 ? type.defaults.offset % every : 0);
  return { schedule: { every, offset }, window, limits: tightened };
}

/** The rules between schedule, window and limits; empty when all are kept. */
export function timingConflicts({ schedule, window, limits }: Timing): readonly Conflict[] {
  const { every, offset } = schedule;
  const conflicts: Conflict[] = [];
  const add = (path: readonly string[], message: string): void => void conflicts.push({ path, message });
  if (every < MINUTE) add(['schedule', 'every'], `expected at least 1m, found ${writeLength(every)}`);
  else if (offset >= every) {
    add(['schedule', 'offset'], `must be shorter than \`every\` (${writeLength(every)}), found ${writeLength(offset)}`);
  }
  const windowMessage = windowComplaint(window, limits);
  if (windowMessage !== undefined) add(['window'], windowMessage);
  if (limits.perStream > limits.perSource) {
    add(
      ['limits', 'perStream'],
      `${limits.perStream} is more than \`perSource\`, ${limits.perSource}: a stream cannot have more connections than its source`,
    );
  }
  if (conflicts.length === 0) {
    const message = lossComplaint({ schedule, window, limits });
    if (message !== undefined) add(['schedule', 'every'], message);
  }
  return conflicts;
}

function windowComplaint(window: number, { grain, longest }: VendorLimits): string | undefined {
  const found = `found ${writeLength(window)}`;
  if (window <= 0 || window % grain !== 0)
    return `expected a multiple of ${writeLength(grain)}, which bounds fall on, ${found}`;
  if (window > longest) return `expected at most ${writeLength(longest)}, the longest window, ${found}`;
  if (DAY % window !== 0) return `expected a length that divides the day, such as ${dividing(window, grain)}, ${found}`;
  return undefined;
}

/** The nearest shorter length that divides the day; the grain itself does. */
function dividing(window: number, grain: number): string {
  for (let length = floorTo(window, grain); length > grain; length -= grain) {
    if (DAY % length === 0) return writeLength(length);
  }
  return writeLength(grain);
}

/**
 * What one pull leaves out has to be there still at the next: at its end the window that was not settled yet, and the margins.
 */
function lossComplaint({ schedule, window, limits }: Timing): string | undefined {
  const most = limits.retention - limits.settling - 2 * limits.safety - window;
  if (schedule.every <= most) return undefined;
  const keeps = `the vendor keeps ${writeLength(limits.retention)}`;
  if (most < MINUTE)
    return `${keeps}, too little for windows of ${writeLength(window)}: they would be forgotten before they are due`;
  const floor = writeLength(floorTo(most, MINUTE));
  return `${keeps}: with windows of ${writeLength(window)}, events would be forgotten between two pulls; expected at most ${floor}, found ${writeLength(schedule.every)}`;
}

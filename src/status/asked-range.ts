import { fromIso, type Interval } from '../core/time.ts';

/** A range as somebody typed it, or as an axis or a link has it. */
export interface AskedRange {
  /** Half-open; `undefined` where none was asked for, or what was asked for is none. */
  readonly picked: Interval | undefined;
  /** What was typed, where that is no range: to be mended, not to be typed again. */
  readonly typed?: TypedRange;
  /** What is wrong with it, for a person. */
  readonly wrong?: string;
}

export interface TypedRange {
  readonly from: string;
  readonly until: string;
}

export function readAskedRange(from: string | undefined, until: string | undefined): AskedRange {
  if (from === undefined && until === undefined) return { picked: undefined };
  const typed = { from: from ?? '', until: until ?? '' };
  const unreadable = (['from', 'until'] as const).filter((one) => fromIso(typed[one]) === undefined);
  if (unreadable.length > 0) {
    const which = unreadable.map((one) => `\`${one}\``).join(' and ');
    const verb = unreadable.length === 1 ? 'is no time' : 'are no times';
    return { picked: undefined, typed, wrong: `${which} ${verb} such as 2026-11-21T09:00Z.` };
  }
  const picked = { from: fromIso(typed.from) ?? 0, until: fromIso(typed.until) ?? 0 };
  if (picked.from < picked.until) return { picked };
  return { picked: undefined, typed, wrong: '`from` has to come before `until`.' };
}

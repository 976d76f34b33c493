import { formatDuration, SECOND, toIso } from '../core/time.ts';
import type { Globals } from './terminal.ts';

/** Writes an instant, ms since the epoch, for a person. */
export type WriteTime = (instant: number) => string;

/** `2026-11-21T09:00Z`, with seconds where there are some. */
export const minute = (instant: number): string => toIso(Math.floor(instant / SECOND) * SECOND).replace(/:00Z$/, 'Z');

/** As `--time-format` asks for: ISO 8601 in UTC, or `5 min ago`, `in 2 h`. */
export function timesOf({ timeFormat }: Pick<Globals, 'timeFormat'>, now: number): WriteTime {
  if (timeFormat === 'iso') return minute;
  return (instant) => {
    const away = Math.round((instant - now) / SECOND) * SECOND;
    if (away === 0) return 'now';
    return away > 0 ? `in ${formatDuration(away)}` : `${formatDuration(-away)} ago`;
  };
}

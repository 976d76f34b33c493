import { DAY, MINUTE } from '../../core/time.ts';

// Rows say `2020-10-26 07:00:12` (shadowserver.txt:166), without a zone: the vendor's own tools read it as UTC. `new Date` would read it in the
// worker's zone, so it is never given one.

const TIME = /^(\d{4})-(\d\d)-(\d\d)[ T](\d\d):(\d\d):(\d\d)(?:\.(\d{1,9}))?(?: ?(?:Z|UTC|([+-])(\d\d):?(\d\d)))?$/;
const DATE = /^(\d{4})-(\d\d)-(\d\d)$/;

/** Reads a row's time. @returns ms since the epoch; `undefined` for anything else */
export function readTime(text: string): number | undefined {
  const match = TIME.exec(text);
  if (match === null) return undefined;
  const day = readDay(text.slice(0, 10));
  const [hour = 0, minute = 0, second = 0] = match.slice(4, 7).map(Number);
  if (day === undefined || hour > 23 || minute > 59 || second > 59) return undefined;
  const fraction = Number((match[7] ?? '').padEnd(3, '0').slice(0, 3));
  const east = (Number(match[9] ?? 0) * 60 + Number(match[10] ?? 0)) * (match[8] === '-' ? -1 : 1);
  if (Math.abs(east) > 18 * 60) return undefined;
  return day + (hour * 60 + minute - east) * MINUTE + second * 1_000 + fraction;
}

/** Reads a day, `2020-10-26`, as its midnight in UTC. `Date.UTC` alone would take the 30th of February for the 2nd of March. */
export function readDay(text: string): number | undefined {
  const match = DATE.exec(text);
  if (match === null) return undefined;
  const [year = 0, month = 0, day = 0] = match.slice(1, 4).map(Number);
  const instant = Date.UTC(year, month - 1, day);
  return new Date(instant).toISOString().startsWith(text) && instant % DAY === 0 ? instant : undefined;
}

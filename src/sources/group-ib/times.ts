import { SEARCH_ONLY } from './collections.ts';

// No time is named for all collections: each has fields of its own, and the same field comes as `+00:00`, `+0000`, `Z`, a date alone or
// without a zone. `Date.parse` would read the last in the worker's own zone, so it is never given any of them.

const UPLOADED = ['uploadTime'];

/** Where a collection's items say when they happened, by which was first seen; the first that can be read counts. Lists stand for their elements. */
const PATHS: Readonly<Record<string, readonly string[]>> = {
  'apt/threat': ['createdAt', 'datePublished'],
  'apt/threat_actor': ['createdAt'],
  'attacks/ddos': ['dateReg', 'dateBegin'],
  'attacks/deface': ['date'],
  'attacks/phishing_group': ['date.detected', 'date.updated'],
  'attacks/phishing_kit': ['dateFirstSeen'],
  'compromised/account_group': ['dateFirstSeen', 'events.dateDetected'],
  'compromised/bank_card_group': ['dateFirstCompromised', 'dateFirstSeen'],
  'compromised/mule': ['dateAdd', 'dateIncident'],
  'drp/violation': ['violation.detected'],
  'hi/threat': ['createdAt', 'datePublished'],
  'hi/threat_actor': ['createdAt'],
  'malware/cnc': ['dateDetected', 'dateFirstSeen'],
  'malware/malware': ['updatedAt'],
  'osi/git_repository': ['dateDetected'],
  'osi/public_leak': ['created'],
  'osi/vulnerability': ['datePublished'],
};

/** For collections of which no example is public: the names that the others use. */
const USUAL =
  'dateFirstSeen dateFirstCompromised dateDetected dateAdd dateReg dateIncident datePublished createdAt created date updatedAt'.split(
    ' ',
  );

export function timePaths(collection: string): readonly string[] {
  return SEARCH_ONLY.includes(collection) ? UPLOADED : (PATHS[collection] ?? USUAL);
}

/** The first time that can be read at one of the paths, ms since the epoch. */
export function timeAt(item: unknown, paths: readonly string[]): number | undefined {
  return timeIn((name) => memberOf(item, name), paths);
}

/** The same, of an item's members as they are asked for. */
export function timeIn(member: (name: string) => unknown, paths: readonly string[]): number | undefined {
  for (const path of paths) {
    const names = namesIn(path);
    const time = firstTime(member(names[0] as string), names, 1);
    if (time !== undefined) return time;
  }
  return undefined;
}

/** The members of items that some paths begin with. */
export function firstNames(paths: readonly string[]): readonly string[] {
  return [...new Set(paths.map((path) => namesIn(path)[0] as string))];
}

/** Each path is taken apart once, not for each item. */
const taken = new Map<string, readonly string[]>();

function namesIn(path: string): readonly string[] {
  const known = taken.get(path) ?? path.split('.');
  taken.set(path, known);
  return known;
}

function firstTime(value: unknown, path: readonly string[], at: number): number | undefined {
  if (Array.isArray(value)) {
    for (const element of value as readonly unknown[]) {
      const time = firstTime(element, path, at);
      if (time !== undefined) return time;
    }
    return undefined;
  }
  const name = path[at];
  if (name === undefined) return typeof value === 'string' ? readTime(value) : undefined;
  return firstTime(memberOf(value, name), path, at + 1);
}

function memberOf(value: unknown, name: string): unknown {
  if (typeof value !== 'object' || value === null || !Object.hasOwn(value, name)) return undefined;
  return (value as Record<string, unknown>)[name];
}

const TIME =
  /^(\d{4})-(\d\d)-(\d\d)(?:[T ](\d\d):(\d\d)(?::(\d\d)(?:\.(\d{1,9}))?)?\s?(?:Z|UTC|([+-]\d\d):?(\d\d)?)?)?$/;

/**
 * A time of the vendor's; without a zone it is in UTC, a date alone is its midnight.
 * @returns ms since the epoch; `undefined` for anything else, the years 00xx that stand for "not known" among them
 */
export function readTime(text: string): number | undefined {
  return readUsual(text) ?? readAny(text);
}

/** `2026-11-21T09:00:00`, with `Z` or `+00:00` or nothing: what nearly all are, without the expression, which takes ten times as long. */
function readUsual(text: string): number | undefined {
  const zone = text.length - 19;
  if (zone !== 0 && !(zone === 6 && text.endsWith('+00:00')) && !(zone === 1 && text.endsWith('Z'))) return undefined;
  if (text[4] !== '-' || text[7] !== '-' || text[10] !== 'T' || text[13] !== ':' || text[16] !== ':') return undefined;
  const year = twoDigits(text, 0) * 100 + twoDigits(text, 2);
  const [month, day] = [twoDigits(text, 5), twoDigits(text, 8)];
  const [hour, minute, second] = [twoDigits(text, 11), twoDigits(text, 14), twoDigits(text, 17)];
  // Also false where one is NaN.
  if (!(year >= 100 && hour <= 23 && minute <= 59 && second <= 59) || !isDay(year, month, day)) return undefined;
  return Date.UTC(year, month - 1, day, hour, minute, second);
}

/** NaN where they are none. */
function twoDigits(text: string, at: number): number {
  const [tens, ones] = [text.charCodeAt(at) - 48, text.charCodeAt(at + 1) - 48];
  return tens >= 0 && tens <= 9 && ones >= 0 && ones <= 9 ? tens * 10 + ones : NaN;
}

function readAny(text: string): number | undefined {
  const match = TIME.exec(text.trim());
  if (match === null) return undefined;
  const at = (group: number): number => Number(match[group] ?? 0);
  const [year, month, day, hour, minute, second] = [at(1), at(2), at(3), at(4), at(5), at(6)];
  if (year < 100 || hour > 23 || minute > 59 || second > 59 || !isDay(year, month, day)) return undefined;
  const fraction = Number((match[7] ?? '').padEnd(3, '0').slice(0, 3));
  const offset = offsetOf(match[8], match[9]);
  return offset === undefined ? undefined : Date.UTC(year, month - 1, day, hour, minute - offset, second, fraction);
}

/** `Date.UTC` takes the 30th of February for the 2nd of March. */
function isDay(year: number, month: number, day: number): boolean {
  if (!(month >= 1 && month <= 12 && day >= 1)) return false;
  return day <= 28 || day <= new Date(Date.UTC(year, month, 0)).getUTCDate();
}

/** Minutes east of UTC, 0 where there is no offset; `undefined` where it is none of a zone. */
function offsetOf(hours = '+00', minutes = '00'): number | undefined {
  const size = Math.abs(Number(hours)) * 60 + Number(minutes);
  if (Number(minutes) > 59 || size > 18 * 60) return undefined;
  return hours.startsWith('-') ? -size : size;
}

import type { Identity, SourceRecord } from '../../core/contract.ts';
import { UnexpectedAnswer } from '../../core/failures.ts';
import { fromIso } from '../../core/time.ts';

/**
 * The identity of a request: `id`, and `timestamp` as the event time. The vendor's page sorts by `timestamp`
 * (signal-sciences.txt:40); it names no other time.
 *
 * @param whatOf names the record in the message, e.g. `record 3 of 1000`.
 * @param body what goes to quarantine when it does not fit: the whole page where it is at hand.
 * @throws UnexpectedAnswer when one of the two is missing or unreadable: such a record could be neither recognised as a repeat nor
 *   put in order, and is never dropped in silence.
 */
export function identifyRequest(
  record: SourceRecord,
  whatOf = (): string => 'a record',
  body = record.bytes,
): Identity {
  if (record.identity !== undefined) return record.identity;
  const read = memberOf(record, whatOf, body);
  const id = read('id');
  if (typeof id !== 'string' || id === '') throw new UnexpectedAnswer(`${whatOf()} has no id`, { body });
  const timestamp = read('timestamp');
  const time = typeof timestamp === 'string' ? timeOf(timestamp) : undefined;
  if (time === undefined) throw new UnexpectedAnswer(`${whatOf()} has no timestamp with a time zone`, { body });
  return { id, time };
}

function memberOf(record: SourceRecord, whatOf: () => string, body: Uint8Array): (key: string) => unknown {
  if (record.member !== undefined) return (key) => record.member?.(key);
  const value = record.value ?? parse(record, whatOf, body);
  if (!isObject(value)) throw new UnexpectedAnswer(`${whatOf()} is not an object`, { body });
  return (key) => value[key];
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function parse(record: SourceRecord, whatOf: () => string, body: Uint8Array): unknown {
  try {
    return JSON.parse(Buffer.from(record.bytes).toString('utf8')) as unknown;
  } catch (cause) {
    throw new UnexpectedAnswer(`${whatOf()} is not JSON`, { cause, body });
  }
}

/** Timestamps have whole seconds, so a window of an hour has at most 3,600 of them: each is read once. */
const times = new Map<string, number>();
const MOST_TIMES = 10_000;

function timeOf(timestamp: string): number | undefined {
  const known = times.get(timestamp);
  if (known !== undefined) return known;
  const time = rfc3339(timestamp);
  if (times.size >= MOST_TIMES) times.clear();
  if (time !== undefined) times.set(timestamp, time);
  return time;
}

const RFC3339 = /^(\d{4})-(\d\d)-(\d\d)T(\d\d):\d\d:\d\d(?:\.\d{1,9})?(?:Z|[+-]\d\d:\d\d)$/;

/** Stricter than {@link fromIso}: the time of day is there, and 30 February is not read as 2 March, as `Date.parse` would. */
function rfc3339(text: string): number | undefined {
  const parts = RFC3339.exec(text);
  if (parts === null) return undefined;
  const [year, month, day, hour] = parts.slice(1).map(Number);
  if (year === undefined || month === undefined || day === undefined || hour === 24) return undefined;
  if (new Date(Date.UTC(year, month - 1, day)).getUTCDate() !== day) return undefined;
  return fromIso(text);
}

import type { Identity, SourceRecord } from '../../core/contract.ts';
import { UnexpectedAnswer } from '../../core/failures.ts';
import { fromIso } from '../../core/time.ts';

/**
 * The identity of a request: `id`, and `timestamp` as the event time. The vendor's page sorts by `timestamp`
 * (signal-sciences.txt:40); it names no other time.
 *
 * @param what names the record in the message, e.g. `record 3 of 1000`.
 * @param body what goes to quarantine when it does not fit: the whole page where it is at hand.
 * @throws UnexpectedAnswer when one of the two is missing or unreadable: such a record could be neither recognised as a repeat nor
 *   put in order, and is never dropped in silence.
 */
export function identifyRequest(record: SourceRecord, what = 'a record', body = record.bytes): Identity {
  const value = record.value ?? parse(record, what, body);
  if (!isObject(value)) throw new UnexpectedAnswer(`${what} is not an object`, { body });
  const id = value['id'];
  if (typeof id !== 'string' || id === '') throw new UnexpectedAnswer(`${what} has no id`, { body });
  const timestamp = value['timestamp'];
  const time = typeof timestamp === 'string' ? rfc3339(timestamp) : undefined;
  if (time === undefined) throw new UnexpectedAnswer(`${what} has no timestamp with a time zone`, { body });
  return { id, time };
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function parse(record: SourceRecord, what: string, body: Uint8Array): unknown {
  try {
    return JSON.parse(Buffer.from(record.bytes).toString('utf8')) as unknown;
  } catch (cause) {
    throw new UnexpectedAnswer(`${what} is not JSON`, { cause, body });
  }
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

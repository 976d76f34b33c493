import { hash } from 'node:crypto';
import type { SourceRecord } from '../../core/contract.ts';
import { UnexpectedAnswer } from '../../core/failures.ts';
import { isoInterval, SECOND, toIso, type Interval } from '../../core/time.ts';
import { recordOf, sketchOf, type PageRecord } from '../../json/page.ts';
import type { Attacks } from './attacks.ts';
import { readTime } from './times.ts';

/** Raised when what is hashed below changes: then attacks that are held have other ids. */
const VERSION = 1;

/** An attack that lies in the window, before it is told from others. */
interface Candidate {
  readonly website: string;
  readonly record: PageRecord;
  readonly time: number;
  /** What the vendor's own fields say that it is, hashed; `undefined` when they do not. */
  readonly key: string | undefined;
}

/**
 * The attacks of an answer as records, each with its identity; those outside of `within` are left out.
 *
 * The vendor gives no id. `requestId` is that of the web request, and one request can set off several rules, so an attack is known by its website,
 * `requestId`, `ruleId`, `eventType` and `attackTime`. Where `requestId` says nothing it is known by its content, and equal ones are numbered.
 * Should one rule be set off twice by one request, the two differ in the rest of their fields and are numbered too, in the order of their content:
 * they do not push each other out.
 * @param asked the bounds of the request
 * @throws UnexpectedAnswer with the whole answer for an attack that is no object, has no time, or is of a time that was not asked for
 */
export function placeAttacks(
  answer: Attacks,
  within: Interval,
  asked: Interval,
  what: string,
): readonly SourceRecord[] {
  const candidates = answer.sites.flatMap(({ website, records }) =>
    records.flatMap((record, i) => {
      const where = (): string => `${what}: attack ${i + 1} of ${records.length}`;
      const time = timeOf(record, asked, where, answer.body);
      const inside = time >= within.from && time < within.until;
      return inside ? [{ website, record, time, key: keyOf(website, record) }] : [];
    }),
  );
  const contexts = new Map(answer.sites.map(({ website }) => [website, { website }]));
  return identified(candidates).map(({ website, record, time, id }) => ({
    bytes: record.bytes,
    identity: { id, time },
    context: contexts.get(website) ?? { website },
  }));
}

/** What an archived attack is known by, without the others of its answer: like ones are as many as there are of them. */
export function likenessOf({ bytes, context }: Pick<SourceRecord, 'bytes' | 'context'>): string {
  const website = String(context?.['website'] ?? '');
  const body = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const record = recordOf(body, { start: 0, end: body.length }, sketchOf(body, body), 0, body);
  return keyOf(website, record) ?? contentOf({ website, record });
}

function timeOf(record: PageRecord, asked: Interval, where: () => string, body: Buffer): number {
  const text = record.member('attackTime');
  const time = typeof text === 'string' ? readTime(text.trim()) : undefined;
  if (time === undefined) throw new UnexpectedAnswer(`${where()} has no time with a zone`, { body });
  // A vendor that compares whole seconds goes this far beyond the bounds. Further off it may have left out as much as it brings.
  if (time >= asked.from - SECOND && time <= asked.until + SECOND) return time;
  const { from, until } = isoInterval(asked);
  throw new UnexpectedAnswer(`${where()} is of ${toIso(time)}, and [${from}, ${until}] was asked for`, { body });
}

function keyOf(website: string, record: PageRecord): string | undefined {
  const request = textOf(record.member('requestId'));
  // "-" stands for what is empty, as in the vendor's headers (indusface.txt:114).
  if (request === '' || request === '-') return undefined;
  const rest = ['ruleId', 'eventType', 'attackTime'].map((name) => textOf(record.member(name)));
  return digest(['request', website, request, ...rest]);
}

/** `ruleId` is text in the document (indusface.txt:108), and may come as a number. */
function textOf(value: unknown): string {
  return typeof value === 'string' ? value.trim() : typeof value === 'number' ? String(value) : '';
}

function contentOf({ website, record }: Pick<Candidate, 'website' | 'record'>): string {
  return digest(['content', website, record.value]);
}

function digest(parts: readonly unknown[]): string {
  return hash('sha256', JSON.stringify([VERSION, ...parts]), 'base64url');
}

function identified(candidates: readonly Candidate[]): readonly (Candidate & { readonly id: string })[] {
  const alike = new Map<string, Candidate[]>();
  for (const one of candidates) {
    if (one.key === undefined) continue;
    const others = alike.get(one.key);
    if (others === undefined) alike.set(one.key, [one]);
    else others.push(one);
  }
  const seen = new Map<string, number>();
  return candidates.map((one) => {
    if (one.key !== undefined) return { ...one, id: keyed(one, one.key, alike.get(one.key) ?? []) };
    const content = contentOf(one);
    const ordinal = (seen.get(content) ?? 0) + 1;
    seen.set(content, ordinal);
    return { ...one, id: numbered(content, ordinal) };
  });
}

/** The same attack again has the same id. */
function keyed(one: Candidate, key: string, alike: readonly Candidate[]): string {
  if (alike.length < 2) return key;
  const contents = [...new Set(alike.map(contentOf))].toSorted();
  return numbered(key, contents.indexOf(contentOf(one)) + 1);
}

const numbered = (hashed: string, ordinal: number): string => (ordinal === 1 ? hashed : `${hashed}#${ordinal}`);

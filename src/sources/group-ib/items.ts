import { createHash } from 'node:crypto';
import type { Identity, SourceRecord } from '../../core/contract.ts';
import { UnexpectedAnswer } from '../../core/failures.ts';
import { memberBytes } from '../../json/member.ts';
import { isObject, PageRecord, sketchOf } from '../../json/page.ts';
import { DRP_VIOLATIONS } from './collections.ts';
import { readSequenceNumber } from './sequence-number.ts';
import { timeAt, timePaths } from './times.ts';

/** An item of a collection as the walk needs it. */
export interface Item {
  readonly record: SourceRecord & { readonly identity: Identity };
  /** Its place in the sequence, where it says so. */
  readonly seq: bigint | undefined;
  /** The digest of its identity, short enough for many of them to go into a cursor. */
  readonly key: string;
}

/** Where the items of a collection say what they are. */
export interface ItemShape {
  readonly times: readonly string[];
  /** Whether it is a violation, which carries its sequence number one level deeper, beside an id of its own. */
  readonly isViolation: boolean;
}

export function itemShape(collection: string): ItemShape {
  return { times: timePaths(collection), isViolation: collection === DRP_VIOLATIONS };
}

/** How an item is read, and what to say and to keep when that fails. */
export interface Reading {
  readonly shape: ItemShape;
  /**
   * The time of an item that says none, ms. Its sequence number is no time (see sequence-number.ts), so nothing better is known of it than
   * when it was fetched: the start of that day, in UTC.
   */
  readonly fallback: number;
  /** Names the item in messages. */
  readonly what: string;
  /** What goes to quarantine. */
  readonly body: Uint8Array;
}

/**
 * Items change: what is updated comes again with another sequence number. So a record is a *version*, `<id>@<seqUpdate>`, and without a number
 * `<id>@<sha256 of its bytes>`.
 * @param sketch its value as `sketchOf` parses it
 * @throws UnexpectedAnswer for an item without an id, or with a sequence number that is no number; nothing of the item is in the message
 */
export function readItem(bytes: Buffer, sketch: unknown, { shape, fallback, what, body }: Reading): Item {
  if (!isObject(sketch)) throw new UnexpectedAnswer(`${what} is not an object`, { body });
  const id = idOf(bytes, sketch, shape);
  if (id === undefined) throw new UnexpectedAnswer(`${what} has no id`, { body });
  const seq = seqOf(bytes, shape);
  if (seq === 'unreadable') throw new UnexpectedAnswer(`${what} has a seqUpdate that is no number`, { body });
  const version = seq ?? createHash('sha256').update(bytes).digest('hex');
  const identity = { id: `${id}@${version}`, time: timeAt(sketch, shape.times) ?? fallback };
  return new KeyedItem(Object.assign(new PageRecord(bytes, sketch), { identity }), seq);
}

/** An item's key is looked at only where it lies at the end of an answer. */
class KeyedItem implements Item {
  readonly record: Item['record'];
  readonly seq: bigint | undefined;

  constructor(record: Item['record'], seq: bigint | undefined) {
    this.record = record;
    this.seq = seq;
  }

  get key(): string {
    return createHash('sha256').update(this.record.identity.id).digest('base64url').slice(0, KEY_LENGTH);
  }
}

/** @param reading for a record that did not come from an answer just now, such as one out of the archive */
export function identify(record: SourceRecord, reading: Omit<Reading, 'body'>): Identity {
  if (record.identity !== undefined) return record.identity;
  const body = record.bytes;
  const bytes = Buffer.from(body.buffer, body.byteOffset, body.byteLength);
  return readItem(bytes, parsed(bytes, reading.what), { ...reading, body }).record.identity;
}

function parsed(bytes: Buffer, what: string): unknown {
  try {
    return sketchOf(bytes, bytes);
  } catch {
    throw new UnexpectedAnswer(`${what} is not JSON`, { body: bytes });
  }
}

/** 66 bits: that two of a few hundred are the same by chance does not happen. */
export const KEY_LENGTH = 11;

function seqOf(bytes: Buffer, { isViolation }: ItemShape): bigint | 'unreadable' | undefined {
  const nested = isViolation ? readSequenceNumber(bytes, ['violation', 'seqUpdate']) : undefined;
  return nested ?? readSequenceNumber(bytes, ['seqUpdate']);
}

// eslint-disable-next-line no-control-regex -- all of ASCII
const ASCII = /^[\u0000-\u007f]+$/;

function idOf(bytes: Buffer, { id }: Record<string, unknown>, { isViolation }: ItemShape): string | undefined {
  // The sketch is right wherever it is ASCII, and knows already what the bytes would have to be searched for.
  if (typeof id === 'string' && ASCII.test(id)) return id;
  const own = textAt(bytes, ['id']);
  return own ?? (isViolation ? textAt(bytes, ['violation', 'id']) : undefined);
}

/** A text, or a number as it is written. */
function textAt(bytes: Buffer, path: readonly string[]): string | undefined {
  const text = memberBytes(bytes, path)?.toString('utf8') ?? '';
  if (/^-?\d+$/.test(text)) return text;
  if (!text.startsWith('"') || text === '""') return undefined;
  return JSON.parse(text) as string;
}

import { createHash } from 'node:crypto';
import type { Identity, SourceRecord } from '../../core/contract.ts';
import { UnexpectedAnswer } from '../../core/failures.ts';
import { memberBytes } from '../../json/member.ts';
import { DEEPEST, PageRecord } from '../../json/page.ts';
import { scanRecord, type ScannedRecords } from '../../json/records.ts';
import { DRP_VIOLATIONS } from './collections.ts';
import { parseSequenceNumber } from './sequence-number.ts';
import { firstNames, timeIn, timePaths } from './times.ts';

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
  /** The members that an item is read from. */
  readonly members: readonly string[];
}

export function itemShape(collection: string): ItemShape {
  const times = timePaths(collection);
  const members = [...new Set(['id', 'seqUpdate', 'violation', ...firstNames(times)])];
  return { times, isViolation: collection === DRP_VIOLATIONS, members };
}

/** How an item is read, and what to say and to keep when that fails. */
export interface Reading {
  readonly shape: ItemShape;
  /**
   * The time of an item that says none, ms. Its sequence number is no time (see sequence-number.ts), so nothing better is known of it than
   * when it was fetched: the start of that day, in UTC.
   */
  readonly fallback: number;
  /** Names the `i`-th item in messages, from 0. */
  readonly what: (i: number) => string;
  /** What goes to quarantine. */
  readonly body: Uint8Array;
}

/**
 * The items of an answer, in its order.
 * @param json the text that holds them
 * @param records scanned for the shape's members
 * Errors: as for {@link readItem}, of the first that does not fit.
 */
export function readItems(
  json: Buffer,
  records: ScannedRecords,
  { what, ...reading }: Omit<Reading, 'what'> & { readonly what: string },
): readonly Item[] {
  const count = records.places.length / records.width;
  const named = { ...reading, what: (i: number) => `${what}: item ${i + 1} of ${count}` };
  return Array.from({ length: count }, (_, i) => readItem(json, records, i, named));
}

/**
 * Items change: what is updated comes again with another sequence number. So a record is a *version*, `<id>@<seqUpdate>`, and without a number
 * `<id>@<sha256 of its bytes>`.
 * @param json the text that holds it
 * @param records scanned for the shape's members
 * @param i which of them
 * @throws UnexpectedAnswer for an item without an id, or with a sequence number that is no number; nothing of the item is in the message
 */
function readItem(json: Buffer, { places, width }: ScannedRecords, i: number, reading: Reading): Item {
  const { shape, fallback, what, body } = reading;
  const row = i * width;
  const bytes = json.subarray(places[row], places[row + 1]);
  if (bytes[0] !== OPEN_OBJECT) throw new UnexpectedAnswer(`${what(i)} is not an object`, { body });
  const members = new Members(json, places, row, shape);
  const id = members.id();
  if (id === undefined) throw new UnexpectedAnswer(`${what(i)} has no id`, { body });
  const seq = members.seq();
  if (seq === 'unreadable') throw new UnexpectedAnswer(`${what(i)} has a seqUpdate that is no number`, { body });
  const version = seq ?? createHash('sha256').update(bytes).digest('hex');
  const time = timeIn((name) => members.value(name), shape.times) ?? fallback;
  return new KeyedItem(new IdentifiedRecord(bytes, { id: `${id}@${version}`, time }), seq);
}

const OPEN_OBJECT = 0x7b;

/** Members of an item that was scanned. Only what is asked for is parsed. */
class Members {
  private readonly json: Buffer;
  private readonly places: Int32Array;
  private readonly row: number;
  private readonly shape: ItemShape;

  constructor(json: Buffer, places: Int32Array, row: number, shape: ItemShape) {
    this.json = json;
    this.places = places;
    this.row = row;
    this.shape = shape;
  }

  id(): string | undefined {
    return idIn(this.text('id', 'utf8')) ?? idIn(this.inViolation('id')?.toString('utf8'));
  }

  seq(): bigint | 'unreadable' | undefined {
    const nested = parseSequenceNumber(this.inViolation('seqUpdate')?.toString('latin1'));
    return nested ?? parseSequenceNumber(this.text('seqUpdate', 'latin1'));
  }

  /** The value is right wherever it is ASCII. */
  value(name: string): unknown {
    const text = this.text(name, 'latin1');
    return text === undefined ? undefined : valueOf(text);
  }

  private inViolation(name: string): Buffer | undefined {
    if (!this.shape.isViolation) return undefined;
    const [start, end] = this.span('violation');
    return start < 0 ? undefined : memberBytes(this.json.subarray(start, end), [name]);
  }

  private text(name: string, encoding: 'utf8' | 'latin1'): string | undefined {
    const [start, end] = this.span(name);
    return start < 0 ? undefined : this.json.toString(encoding, start, end);
  }

  private span(name: string): readonly [start: number, end: number] {
    const place = this.row + 2 + this.shape.members.indexOf(name) * 2;
    return [this.places[place] ?? -1, this.places[place + 1] ?? -1];
  }
}

/** A text, or a number as it is written. */
function idIn(json: string | undefined): string | undefined {
  if (json === undefined || json === '""') return undefined;
  if (json.startsWith('"')) return valueOf(json) as string;
  return /^-?\d+$/.test(json) ? json : undefined;
}

/** As `JSON.parse`, of a text that was checked: most are strings without escapes. */
function valueOf(json: string): unknown {
  return json.startsWith('"') && !json.includes('\\') ? json.slice(1, -1) : (JSON.parse(json) as unknown);
}

class IdentifiedRecord extends PageRecord {
  readonly identity: Identity;

  constructor(bytes: Buffer, identity: Identity) {
    super(bytes);
    this.identity = identity;
  }
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
  return readItem(bytes, scanned(bytes, reading), 0, { ...reading, body }).record.identity;
}

function scanned(bytes: Buffer, { shape, what }: Pick<Reading, 'shape' | 'what'>): ScannedRecords {
  try {
    return scanRecord(bytes, shape.members, DEEPEST);
  } catch {
    throw new UnexpectedAnswer(`${what(0)} is not JSON`, { body: bytes });
  }
}

/** 66 bits: that two of a few hundred are the same by chance does not happen. */
export const KEY_LENGTH = 11;

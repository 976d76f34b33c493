import { UnexpectedAnswer } from '../../core/failures.ts';
import { isObject } from '../../json/page.ts';
import { readAnswer } from './answers.ts';
import { LARGEST_ROW, type Cut, type Cutter, type CutterOptions } from './cutter.ts';
import { hashOfObject } from './row-hash.ts';
import { readDay, readTime } from './times.ts';

const QUOTE = 0x22;
const BACKSLASH = 0x5c;
const COMMA = 0x2c;
const OPEN_ARRAY = 0x5b;
const CLOSE_ARRAY = 0x5d;
const OPEN_OBJECT = 0x7b;
const CLOSE_OBJECT = 0x7d;
const SPACES: ReadonlySet<number | undefined> = new Set([0x20, 0x09, 0x0a, 0x0d]);
/** Of an answer that is no array: an error, in words. */
const LARGEST_ERROR = 64 * 1024;

/** - `before`: nothing has come; `between`: outside of a record; `inside`: in the middle of one; `after`: the array has ended; `other`: no array */
type Where = 'before' | 'between' | 'inside' | 'after' | 'other';

/**
 * Cuts what `reports/download` answers, an array of objects (shadowserver.txt:153-197), while it comes. An object instead of an array is an
 * error of the vendor's, or `{}`: nothing.
 */
export function jsonCutter(options: CutterOptions): Cutter {
  const { what, start } = options;
  let where: Where = start === 0 ? 'before' : 'between';
  let scan = recordScanner();
  /** What has come and is not cut yet, and where it begins in the file. */
  let held: Buffer = Buffer.alloc(0);
  let base = start;
  let looked = 0;

  function outside(byte: number | undefined): Where {
    if (SPACES.has(byte)) return where;
    if (where === 'before') return byte === OPEN_ARRAY ? 'between' : 'other';
    if (where === 'between' && byte === COMMA) return 'between';
    if (where === 'between' && byte === CLOSE_ARRAY) return 'after';
    if (where === 'between' && byte === OPEN_OBJECT) return 'inside';
    throw new UnexpectedAnswer(`${what}: no array of objects, at byte ${base + looked}`, { body: held });
  }

  function cut(): readonly Cut[] {
    const cuts: Cut[] = [];
    let from = 0;
    for (; looked < held.length && where !== 'other'; looked += 1) {
      const byte = held[looked];
      if (where !== 'inside') {
        where = outside(byte);
        if (where !== 'inside') continue;
        from = looked;
        scan = recordScanner();
      } else if (scan(byte)) {
        cuts.push(cutOf(held.subarray(from, looked + 1), base + looked + 1, options));
        where = 'between';
      }
    }
    drop(where === 'inside' ? from : where === 'other' ? 0 : looked);
    return cuts;
  }

  function drop(bytes: number): void {
    held = held.subarray(bytes);
    base += bytes;
    looked -= bytes;
    const most = where === 'other' ? LARGEST_ERROR : LARGEST_ROW;
    if (held.length > most) throw new UnexpectedAnswer(`${what}: a record of more than ${most} bytes`);
  }

  return {
    async push(chunk) {
      held = held.length === 0 ? chunk : Buffer.concat([held, chunk]);
      return cut();
    },
    async end() {
      if (where === 'inside' || where === 'between') throw new UnexpectedAnswer(`${what}: the array does not end`);
      if (where === 'other' && !isEmptyObject(held, what)) {
        throw new UnexpectedAnswer(`${what}: no array of objects`, { body: held });
      }
      return [];
    },
    header: () => null,
  };
}

/** Told each byte of a record after its first; tells whether that byte was the last. */
function recordScanner(): (byte: number | undefined) => boolean {
  let depth = 1;
  let quoted = false;
  let escaped = false;
  return (byte) => {
    if (escaped) escaped = false;
    else if (quoted) {
      if (byte === BACKSLASH) escaped = true;
      else if (byte === QUOTE) quoted = false;
    } else if (byte === QUOTE) quoted = true;
    else if (byte === OPEN_OBJECT || byte === OPEN_ARRAY) depth += 1;
    else if (byte === CLOSE_OBJECT || byte === CLOSE_ARRAY) depth -= 1;
    return depth === 0;
  };
}

function isEmptyObject(body: Buffer, what: string): boolean {
  const { value } = readAnswer(body, { what });
  return isObject(value) && Object.keys(value).length === 0;
}

/** The vendor's own bytes; its id is the one that the row would have in the CSV. */
function cutOf(bytes: Buffer, end: number, { what, file, day }: CutterOptions): Cut {
  let value: unknown;
  try {
    value = JSON.parse(bytes.toString('utf8'));
  } catch {
    throw new UnexpectedAnswer(`${what}: a record that is not JSON, before byte ${end}`, { body: bytes });
  }
  const row = value as Record<string, unknown>;
  const { timestamp } = row;
  const time = (typeof timestamp === 'string' ? readTime(timestamp) : undefined) ?? readDay(day) ?? 0;
  const identity = { id: `${file}:${hashOfObject(row)}`, time };
  // A copy, so that a record does not keep the whole piece in memory.
  return { record: { bytes: Buffer.from(bytes), identity }, end, ragged: false };
}

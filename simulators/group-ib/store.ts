import { insertMember } from '../kit/json-bytes.ts';
import type { Collection } from './collections.ts';
import type { Faults } from './faults.ts';
import { SEQ } from './facts.ts';
import type { Filter } from './filter.ts';
import type { Log, Row } from './log.ts';
import { seqLiteral } from './sequence.ts';
import type { Kin } from './traits.ts';

/** A collection with what is in it. */
export interface Store {
  readonly collection: Collection;
  readonly kin: Kin;
  readonly log: Log;
  idOf(row: Row): string;
  /** The number by which the vendor sorts the row under the present faults. */
  seqOf(row: Row): bigint;
  /** The item's bytes as they are served under the present faults. */
  served(row: Row): Buffer;
  /** The newest version of an item. */
  find(id: string): Row | undefined;
  /** The newest versions that pass a filter, ascending. */
  matching(filter: Filter): readonly Row[];
}

const KEPT_VIEWS = 20;
const KEPT_BYTES = 256 * 1024 * 1024;
const HUGE = 10 * 1024 * 1024;
/** One item of so many has a member that parsing and writing again would change: `1.50`, integers of 20 digits, ways to write a character. */
const TRAPS = 8;
const TRAP = String.raw`,"options":{"weight":1.50,"scale":1E3,"serial":12345678901234567890,"note":"caf\u00e9 \/ \ud83d\ude00 \u003cb\u003e"}`;

export function createStore(collection: Collection, kin: Kin, log: Log, faults: Faults, canary: string): Store {
  const ids = new Map<string, Row>();
  let indexed = 0;
  const itemOf = createItems(write);
  const views = new Map<string, { readonly length: number; readonly rows: readonly Row[] }>();
  const store: Store = { collection, kin, log, idOf, seqOf, served, find, matching };
  return store;

  function idOf(row: Row): string {
    if (row.given !== null) return row.given.id;
    return collection.name === 'osi/vulnerability' ? `CVE-2026-${row.entity}` : kin.idOf(row.entity);
  }

  function seqOf(row: Row): bigint {
    return faults.ties ? (log.rows[row.tie] ?? row).seq : row.seq;
  }

  function served(row: Row): Buffer {
    const bytes = row.given?.bytes ?? itemOf(row, seqLiteral(seqOf(row), faults));
    const { itemTooLarge } = faults;
    if (itemTooLarge === false) return bytes;
    const { at = 5, bytes: size = HUGE } = itemTooLarge === true ? {} : itemTooLarge;
    if (row.position !== at || size <= bytes.length) return bytes;
    return insertMember(bytes, `"fill":"${'x'.repeat(size - bytes.length - 10)}"`);
  }

  function write(row: Row, seq: string): Buffer {
    const { first, time, entity } = row;
    const [traits, random] = [kin.traitsOf(entity), kin.randomOf(entity)];
    const item = collection.make({ id: idOf(row), first, time, traits, random, canary });
    const text = JSON.stringify(item).replace(`"${SEQ}"`, () => seq);
    return Buffer.from((traits.bits >>> 24) % TRAPS === 0 ? `${text.slice(0, -1)}${TRAP}}` : text);
  }

  function find(id: string): Row | undefined {
    for (; indexed < log.rows.length; indexed++) {
      const row = log.rows[indexed];
      if (row !== undefined) ids.set(idOf(row), row);
    }
    return ids.get(id);
  }

  /** Kept until the log grows: a walk asks for the same again and again. */
  function matching(filter: Filter): readonly Row[] {
    const kept = views.get(filter.key);
    if (kept?.length === log.rows.length) return kept.rows;
    const rows = log.rows.filter((row) => !row.replaced && filter.test(store, row));
    views.delete(filter.key);
    views.set(filter.key, { length: log.rows.length, rows });
    const [oldest] = views.keys();
    if (views.size > KEPT_VIEWS && oldest !== undefined) views.delete(oldest);
    return rows;
  }
}

/** How many rows at the front are not after the cursor: below it, and at it too unless `inclusive`. */
export function placeAfter(store: Store, rows: readonly Row[], cursor: bigint, inclusive: boolean): number {
  let [low, high] = [0, rows.length];
  while (low < high) {
    const middle = (low + high) >>> 1;
    const row = rows[middle];
    const seq = row === undefined ? 0n : store.seqOf(row);
    if (inclusive ? seq < cursor : seq <= cursor) low = middle + 1;
    else high = middle;
  }
  return low;
}

/** Items as they are written: a walk comes by more than once, and making an item up takes longer than sending it. */
function createItems(write: (row: Row, seq: string) => Buffer): (row: Row, seq: string) => Buffer {
  const items = new Map<Row, { readonly seq: string; readonly bytes: Buffer }>();
  let kept = 0;
  return (row, seq) => {
    const known = items.get(row);
    if (known?.seq === seq) return known.bytes;
    const bytes = write(row, seq);
    kept += bytes.length;
    if (kept > KEPT_BYTES) {
      items.clear();
      kept = bytes.length;
    }
    items.set(row, { seq, bytes });
    return bytes;
  };
}

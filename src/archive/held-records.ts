import { hash } from 'node:crypto';
import type { SourceRecord } from '../core/contract.ts';
import type { Receipt } from '../core/manifest.ts';
import type { Breathe } from './breath.ts';
import { HASH_BYTES, HashList } from './hashes.ts';
import { keyBeside } from './layout.ts';
import { readPart } from './part-reader.ts';
import type { Store } from './store.ts';
import { Tally } from './tally.ts';

/** What comparing needs to know of the records of a sealed slice. */
export interface HeldRecords {
  readonly count: number;
  /** SHA-256 of each line, 32 bytes a record. */
  readonly hashes: Buffer;
  /** How often each line is there, and each likeness. */
  readonly lines: Tally;
  readonly likenesses: Tally;
}

/** Reads a slice's parts again, and checks them meanwhile. Errors: `archive-damaged`. */
export async function readHeld(
  store: Store,
  { manifest, key }: Receipt,
  likeness: (record: Pick<SourceRecord, 'bytes' | 'context'>) => string,
  breathe: Breathe,
): Promise<HeldRecords> {
  const list = new HashList();
  const lines = new Tally();
  const likenesses = new Tally();
  for (const part of manifest.parts) {
    const { context } = part;
    for await (const bytes of readPart(store, keyBeside(key, part.file), part)) {
      list.add(bytes);
      lines.add(list.bytes, (list.count - 1) * HASH_BYTES);
      likenesses.add(hash('sha256', likeness({ bytes, ...(context && { context }) }), 'buffer'));
      if (list.count % 512 === 0) await breathe();
    }
  }
  return { count: list.count, hashes: list.bytes, lines, likenesses };
}

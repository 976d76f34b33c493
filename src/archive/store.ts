/**
 * Where the archive's objects lie: a directory or a bucket. Keys are `/`-separated names that `layout.ts` made; a vendor's string never
 * reaches a store unescaped. An object is there whole or not at all, and is never changed once it is there.
 *
 * Errors: `storage-full` when there is no room (nothing half-written stays), `unavailable` for other I/O trouble.
 */
export interface Store {
  /** A new object, written piece by piece; it gets its key, and becomes visible, at `finish`. */
  writer(): Promise<ObjectWriter>;
  /** Creates a small object unless the key exists. True when this call created it: of several writers exactly one wins. */
  putExclusive(key: string, bytes: Uint8Array): Promise<boolean>;
  /** The whole object; `undefined` when there is none. */
  read(key: string): Promise<Buffer | undefined>;
  /** Opens an object for reading pieces; `undefined` when there is none. */
  open(key: string): Promise<ObjectReader | undefined>;
  /** The keys that begin with a prefix (a folder's ends in `/`), in order. */
  list(prefix: string): AsyncIterable<string>;
  /** Removes an object; nothing happens when there is none. Only staged pages and leftovers are ever removed. */
  remove(key: string): Promise<void>;
}

export interface ObjectWriter {
  write(bytes: Uint8Array): Promise<void>;
  /** Makes what was written durable and visible under the key. An object that is there already stays: the content is then the same. */
  finish(key: string): Promise<void>;
  /** Throws away what was written. */
  abort(): Promise<void>;
}

export interface ObjectReader {
  readonly size: number;
  /** The bytes `[offset, offset + length)`, fewer at the end. */
  read(offset: number, length: number): Promise<Buffer>;
  close(): Promise<void>;
}

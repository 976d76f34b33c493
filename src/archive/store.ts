/**
 * Where the archive's objects lie: a directory or a bucket. Keys are `/`-separated names that `layout.ts` made; a vendor's string never
 * reaches a store unescaped. An object is there whole or not at all, and is never changed once it is there.
 *
 * Errors: `storage-full` when there is no room (nothing half-written stays), `unavailable` for other I/O trouble; a RangeError for text
 * that is not a key. Functions do not use `this`: a test may spread a store and replace one of them.
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
  /** The objects whose keys begin with a prefix (a folder's ends in `/`), in the order of their keys' bytes. */
  list(prefix: string): AsyncIterable<StoredObject>;
  /** Removes an object; nothing happens when there is none. Only staged pages and leftovers are ever removed. */
  remove(key: string): Promise<void>;
  /** Throws away what writers that died left behind, last touched before an instant (ms since the epoch); returns how many. */
  removeLeftovers(before: number): Promise<number>;
}

export interface StoredObject {
  readonly key: string;
  /** ms since the epoch, by the store's clock. */
  readonly modifiedAt: number;
}

export interface ObjectWriter {
  /** Adds bytes. They may be overwritten by the caller as soon as the promise resolves. */
  write(bytes: Uint8Array): Promise<void>;
  /** Makes what was written durable and visible under the key. An object that is there already stays: the content is then the same. */
  finish(key: string): Promise<void>;
  /** Throws away what was written. Never fails, and does nothing after `finish`: what cannot be removed now is a leftover. */
  abort(): Promise<void>;
}

export interface ObjectReader {
  readonly size: number;
  /** All of it, where it is in memory anyway: then nothing needs to be copied. */
  readonly memory?: Buffer;
  /** Fills `into` with the bytes from `offset` on; returns how many, fewer than `into` holds only at the object's end. */
  read(offset: number, into: Uint8Array): Promise<number>;
  close(): Promise<void>;
}

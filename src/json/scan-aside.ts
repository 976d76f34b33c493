import { Worker } from 'node:worker_threads';
import { scanPage, type ScannedPage } from './records.ts';

/** Which bytes to scan, and as what; see {@link scanPage}. */
export interface ScanOrder {
  /** The page, from the first byte on. */
  readonly shared: SharedArrayBuffer;
  readonly bytes: number;
  readonly key: string;
  readonly wanted: readonly string[];
  readonly deepest: number;
}

/** What {@link scanPage} returned or threw. An error's class does not survive the way between threads. */
export type Scanned =
  { readonly page: ScannedPage | undefined } | { readonly error: 'not JSON' | 'too deep'; readonly message: string };

/** Scans pages as {@link scanPage} does, and with the same errors. */
export type PageScanner = (
  json: Buffer,
  key: string,
  wanted: readonly string[],
  deepest: number,
) => Promise<ScannedPage | undefined>;

/** Smaller pages are scanned before a thread would have been told of them. */
const SMALL_BYTES = 64 * 1024;
/** A larger piece of memory is not kept for the next page. */
const KEPT_BYTES = 8 * 1024 * 1024;

/**
 * Scans large pages in a thread of its own, one after the other: that takes milliseconds, in which nothing else would happen in this process. It
 * is quicker there as well. Where a WebAssembly memory has grown, as the one of undici's HTTP parser does, V8 takes it from then on that any typed
 * array may lose its memory, and loops over bytes take up to 1.7 times as long (measured, V8 11.3); a thread has a V8 of its own.
 *
 * The thread begins with the first large page, keeps no process alive, and where it dies, pages are scanned here.
 * @param entry the thread's script
 */
export function openScanner(entry: URL): PageScanner {
  const thread = scanThread(entry);
  let memory = new SharedArrayBuffer(0);
  let turn: Promise<unknown> = Promise.resolve();

  async function scanThere(json: Buffer, order: Omit<ScanOrder, 'shared' | 'bytes'>): Promise<Scanned> {
    const shared = memory.byteLength < json.length ? new SharedArrayBuffer(json.length) : memory;
    if (shared.byteLength <= KEPT_BYTES) memory = shared;
    json.copy(Buffer.from(shared));
    return await thread.scan({ ...order, shared, bytes: json.length });
  }

  return async (json, key, wanted, deepest) => {
    if (json.length < SMALL_BYTES) return scanPage(json, key, wanted, deepest);
    const mine = turn.then(() => scanThere(json, { key, wanted, deepest }));
    turn = mine.catch(() => undefined);
    const scanned = await mine.catch(() => undefined);
    if (scanned === undefined) return scanPage(json, key, wanted, deepest);
    if ('page' in scanned) return scanned.page;
    throw scanned.error === 'not JSON' ? new SyntaxError(scanned.message) : new RangeError(scanned.message);
  };
}

/** The thread, for one order at a time. Rejects when it dies over one; the next order begins another. */
function scanThread(entry: URL): { scan(order: ScanOrder): Promise<Scanned> } {
  let worker: Worker | undefined;
  let settle: { resolve(scanned: Scanned): void; reject(error: Error): void } | undefined;

  function begin(): Worker {
    const begun = new Worker(entry);
    begun.on('message', (scanned: Scanned) => settle?.resolve(scanned));
    begun.on('error', (error: Error) => settle?.reject(error));
    begun.on('exit', () => {
      worker = undefined;
      settle?.reject(new Error('the thread has ended'));
    });
    return begun;
  }

  return {
    async scan(order) {
      worker ??= begin();
      const asked = worker;
      // Only while something is waited for it keeps the process alive.
      asked.ref();
      try {
        return await new Promise<Scanned>((resolve, reject) => {
          settle = { resolve, reject };
          // eslint-disable-next-line unicorn/require-post-message-target-origin -- a thread is no window
          asked.postMessage(order);
        });
      } finally {
        settle = undefined;
        asked.unref();
      }
    },
  };
}

/** For all of this process. Node runs threads only from the build: from the sources, as in tests, pages are scanned here. */
export const scanPageAside: PageScanner = import.meta.url.endsWith('.ts')
  ? async (...page) => scanPage(...page)
  : openScanner(new URL('scan-thread.js', import.meta.url));

import { parentPort } from 'node:worker_threads';
import { scanPage } from './records.ts';
import type { Scanned, ScanOrder } from './scan-aside.ts';

// The script of the thread in scan-aside.ts.

parentPort?.on('message', (order: ScanOrder) => {
  // eslint-disable-next-line unicorn/require-post-message-target-origin -- a thread is no window
  parentPort?.postMessage(scan(order));
});

function scan({ shared, bytes, key, wanted, deepest }: ScanOrder): Scanned {
  try {
    return { page: scanPage(Buffer.from(shared, 0, bytes), key, wanted, deepest) };
  } catch (error) {
    if (error instanceof SyntaxError) return { error: 'not JSON', message: error.message };
    if (error instanceof RangeError) return { error: 'too deep', message: error.message };
    throw error;
  }
}

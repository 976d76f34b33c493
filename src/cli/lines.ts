import { once } from 'node:events';

/** A line of data on stdout. Waits for a reader that is slower than the disk. */
export async function writeLine(line: Uint8Array): Promise<void> {
  process.stdout.write(line);
  if (!process.stdout.write('\n')) await once(process.stdout, 'drain');
}

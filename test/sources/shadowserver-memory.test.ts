import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { expect, it } from 'vitest';
import { ref, reportStream, start } from './shadowserver.scripted.ts';
import { live } from './window-source.contract.ts';

setFlagsFromString('--expose-gc');
const collect = runInNewContext('gc') as () => void;

const ROWS = 500_000;
/** What buffers on both ends of a connection and two pieces take; the file is much more. */
const MOST = 36 * 1024 * 1024;

function inUse(): number {
  collect();
  const { heapUsed, external } = process.memoryUsage();
  return heapUsed + external;
}

it('keeps of a file of 500,000 rows no more than some pieces in memory', async () => {
  const row = (i: number): string =>
    `2026-11-20 00:00:01,10.${i >> 16}.${(i >> 8) & 255}.${i & 255},tcp,443,US,"some, text",${'x'.repeat(60)}\n`;
  let sent = 0;
  const { source } = await start(undefined, {
    dl: (_, response) => {
      let next = 0;
      const write = (): void => {
        while (next < ROWS) {
          const some = Array.from({ length: 500 }, (_, i) => row(next + i)).join('');
          next += 500;
          sent += some.length;
          if (!response.write(some)) return void response.once('drain', write);
        }
        response.end();
      };
      response.write('timestamp,ip,protocol,port,geo,sector,text\n');
      write();
    },
  });
  const before = inUse();
  let [rows, pieces, most, ahead] = [0, 0, 0, 0];
  let bytes = 0;
  for await (const piece of reportStream(source).fetchReport(ref, null, live())) {
    rows += piece.records.length;
    bytes += piece.bytes.length;
    ahead = Math.max(ahead, sent - bytes);
    if (pieces % 10 === 0) most = Math.max(most, inUse() - before);
    pieces += 1;
  }
  expect(rows).toBe(ROWS);
  expect(bytes).toBeGreaterThan(54 * 1024 * 1024);
  expect(most).toBeLessThan(MOST);
  expect(ahead).toBeLessThan(MOST);
});

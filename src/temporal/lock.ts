import { readdirSync, rmSync } from 'node:fs';
import { mkdir, writeFile } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { birthOf } from './processes.ts';

const LOOK_AGAIN = 100;
let claims = 0;

/**
 * Runs `work` while no other process (nor another call in this one) runs under the same path. What a dead process left is passed over, so
 * a lock never has to be removed by hand. `onWait` hears once who is waited for.
 *
 * Each claimant lays down a file of its own, named by its process, and works only if it then sees no other: of two that see each other
 * both step back and try again after an uneven while. No file is ever taken over, so there is no moment in which two can believe
 * that they did.
 */
export async function withLock<T>(path: string, work: () => Promise<T>, onWait?: (pid: number) => void): Promise<T> {
  await mkdir(dirname(path), { recursive: true });
  claims += 1;
  const mine = `${basename(path)}.${process.pid}-${birthOf(process.pid) ?? ''}-${claims}`;
  const file = join(dirname(path), mine);
  for (let waited = false; ; waited = true) {
    await writeFile(file, '');
    try {
      const holder = otherHolder(path, mine);
      if (holder === undefined) return await work();
      if (!waited) onWait?.(holder);
    } finally {
      rmSync(file, { force: true });
    }
    await sleep(LOOK_AGAIN * (0.5 + Math.random()));
  }
}

function otherHolder(path: string, mine: string): number | undefined {
  for (const name of readdirSync(dirname(path))) {
    if (name === mine || !name.startsWith(`${basename(path)}.`)) continue;
    const [, pid, birth] = /\.(\d+)-(\w*)-\d+$/.exec(name) ?? [];
    if (pid === undefined) continue;
    if (birthOf(Number(pid)) === birth) return Number(pid);
    rmSync(join(dirname(path), name), { force: true });
  }
  return undefined;
}

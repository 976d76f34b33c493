import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmdirSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { onTestFinished } from 'vitest';

export interface SmallDisk {
  readonly folder: string;
  /** Makes room. */
  readonly grow: () => void;
}

/** A file system of so many KiB, which goes when the test ends; `undefined` where none may be mounted. */
export function smallDisk(kibibytes: number): SmallDisk | undefined {
  const folder = mkdtempSync(join(tmpdir(), 'sluice-disk-'));
  const run = (command: string, ...args: readonly string[]): void =>
    void execFileSync(command, [...args, folder], { stdio: 'ignore' });
  try {
    run('mount', '-t', 'tmpfs', '-o', `size=${kibibytes}k`, 'tmpfs');
  } catch {
    rmdirSync(folder);
    return undefined;
  }
  onTestFinished(() => {
    // Lazily: SQLite's file is closed only once its statements have been collected.
    run('umount', '-l');
    rmdirSync(folder);
  });
  return { folder, grow: () => run('mount', '-o', 'remount,size=16m', 'tmpfs') };
}

import { closeSync, fsyncSync, mkdirSync, openSync, statSync } from 'node:fs';
import { dirname, resolve } from 'node:path';
import Libsql from 'libsql';
import { damaged } from './errors.ts';
import type { Connected } from './sqlite-driver.ts';

/**
 * How long SQLite itself waits for a lock, ms. It blocks the whole process meanwhile, and with it whoever holds the lock when that is another connection of
 * the same process; so most of the waiting is done between attempts.
 */
const BLOCKING = 10;

/** `wal`, so that readers need not wait for writers; `delete` for a file that is about to be renamed, which then has no second file. */
export type Journal = 'wal' | 'delete';

/** Opens a file, and looks whether it is sound: some 40 ms for 100,000 slices. Only a new one may be missing or empty. */
export function connect(file: string, journal: Journal, isNew = false): Connected {
  const { size } = statSync(file, { throwIfNoEntry: false }) ?? {};
  if (!isNew && size === undefined) throw damaged(file, 'it is gone');
  if (!isNew && size === 0) throw damaged(file, 'it is empty');
  const { db, opened } = openFile(file);
  try {
    // By `exec`, which keeps no statement and with it no lock when it is refused.
    db.exec(`pragma journal_mode = ${journal}`);
    // A commit must survive a power cut.
    db.exec('pragma synchronous = full');
    const [{ quick_check: verdict = '' } = {}] = db.pragma('quick_check(1)') as { quick_check?: string }[];
    if (verdict !== 'ok') throw damaged(file, verdict);
  } catch (error) {
    db.close();
    throw error;
  }
  const moved = (): boolean => {
    const now = inode(file);
    if (now === undefined) throw damaged(file, 'it is gone');
    return now !== opened;
  };
  return { db, moved };
}

/** Opens the file, and says which one it was: it may be replaced at any instant. */
export function openFile(file: string): { readonly db: Libsql.Database; readonly opened: bigint } {
  if (statSync(file, { throwIfNoEntry: false })?.isDirectory() === true) throw damaged(file, 'it is a folder');
  for (;;) {
    const before = inode(file);
    const db = new Libsql(file, { timeout: BLOCKING });
    if (before !== undefined && before === inode(file)) return { db, opened: before };
    db.close();
  }
}

function inode(file: string): bigint | undefined {
  return statSync(file, { bigint: true, throwIfNoEntry: false })?.ino;
}

/** Makes the folder of a file so that it survives a power cut: a folder's name is in its parent, which is written by itself. */
export function makeFolderOf(file: string): void {
  const folder = dirname(resolve(file));
  const first = mkdirSync(folder, { recursive: true, mode: 0o750 });
  if (first === undefined) return;
  for (let made = folder; made.length >= first.length; made = dirname(made)) sync(dirname(made));
}

/** Makes a file's content, or a folder's names, survive a power cut. Not for a file that SQLite has open: closing it here would drop SQLite's locks. */
export function sync(path: string): void {
  const handle = openSync(path, 'r');
  try {
    fsyncSync(handle);
  } finally {
    closeSync(handle);
  }
}

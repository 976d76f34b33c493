import { resolve } from 'node:path';
import { LedgerDamaged, StorageFull, Unavailable } from '../core/failures.ts';

/** The file was written by a later version: its facts are fine, this program cannot read them. */
export class LedgerFromLaterVersion extends LedgerDamaged {}

/** Whether another connection holds the lock: nothing was done, and the same may be tried again. */
export function isBusy(error: unknown): boolean {
  return /^SQLITE_(BUSY|LOCKED)/.test(described(error).code);
}

/** Whether a file, or a table in it, cannot be read at all: it is damaged, or it is none of ours. */
export function isUnreadable(error: unknown): boolean {
  return error instanceof LedgerDamaged || /^SQLITE_(NOTADB|CORRUPT|ERROR|IOERR)/.test(described(error).code);
}

/** Turns SQLite's and the file system's errors into the ledger's failures; anything else passes as it is. */
export function ledgerFailure(error: unknown, file: string): unknown {
  const { code, message } = described(error);
  if (/^(SQLITE_FULL|ENOSPC|EDQUOT)/.test(code)) {
    return new StorageFull(`no room to write the ledger ${file}: make room on its disk, and it goes on by itself`, {
      cause: error,
    });
  }
  if (isDamage(code, message)) return damaged(file, message, error);
  if (isBusy(error)) {
    return new Unavailable(`the ledger ${file} is in use by another process for longer than expected`, {
      cause: error,
    });
  }
  // Where a file cannot be opened at all, libsql has no code for it.
  if (
    /^(SQLITE_(IOERR|CANTOPEN|READONLY|PERM|AUTH))/.test(code) ||
    isAbout(error, file) ||
    message.startsWith('ConnectionFailed') ||
    message.startsWith('Unable to open connection')
  ) {
    return new Unavailable(`the ledger ${file} cannot be opened or written: ${message}`, { cause: error });
  }
  return error;
}

export function damaged(file: string, reason: string, cause?: unknown): LedgerDamaged {
  return new LedgerDamaged(
    `${file} cannot be read as a ledger (${reason}). The archive is intact: \`sluice ledger rebuild\` makes the ledger again from it, and keeps this file aside as ${file}.replaced-<time>`,
    { cause },
  );
}

export function fromLaterVersion(file: string, migration: string): LedgerDamaged {
  return new LedgerFromLaterVersion(
    `${file} was written by a newer sluice (it has ${migration}, which this version does not know): use that version, or move the file away and let \`sluice ledger rebuild\` make a new one from the archive`,
  );
}

function isDamage(code: string, message: string): boolean {
  if (/^SQLITE_(NOTADB|CORRUPT|FORMAT)/.test(code)) return true;
  // For these SQLite has no code of their own.
  return code === 'SQLITE_ERROR' && /^(unsupported file format|no such table|no such column)/.test(message);
}

/** Whether the file system refused the file, or a folder that it lies in. */
function isAbout(error: unknown, file: string): boolean {
  const { path, syscall } = error as { path?: unknown; syscall?: unknown };
  return typeof syscall === 'string' && typeof path === 'string' && resolve(file).startsWith(resolve(path));
}

function described(error: unknown): { code: string; message: string } {
  const { code, message } = error as { code?: unknown; message?: unknown };
  return { code: typeof code === 'string' ? code : '', message: typeof message === 'string' ? message : '' };
}

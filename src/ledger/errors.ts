import { LedgerDamaged, StorageFull, Unavailable } from '../core/failures.ts';

/** Turns SQLite's errors into the ledger's failures; anything else passes as it is. */
export function ledgerFailure(error: unknown, file: string): unknown {
  const { code = '', message = '' } = error as { code?: string; message?: string };
  if (code.startsWith('SQLITE_FULL') || code === 'ENOSPC') {
    return new StorageFull(`no room to write the ledger ${file}: make room on its disk, and it goes on by itself`, {
      cause: error,
    });
  }
  if (/^SQLITE_(NOTADB|CORRUPT|CANTOPEN_ISDIR)/.test(code)) return damaged(file, message, error);
  if (/^SQLITE_(BUSY|LOCKED)/.test(code)) {
    return new Unavailable(`the ledger ${file} is in use by another process for longer than expected`, {
      cause: error,
    });
  }
  // Where a file cannot be opened at all, libsql has no code for it.
  if (/^SQLITE_(IOERR|CANTOPEN|READONLY|PERM|AUTH)/.test(code) || message.includes('ConnectionFailed')) {
    return new Unavailable(`the ledger ${file} cannot be opened or written: ${message}`, { cause: error });
  }
  return error;
}

export function damaged(file: string, reason: string, cause?: unknown): LedgerDamaged {
  return new LedgerDamaged(
    `${file} cannot be read as a ledger (${reason}). The archive is intact: \`sluice ledger rebuild\` makes the ledger again from it, and keeps this file aside`,
    { cause },
  );
}

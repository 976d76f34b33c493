import { mkdir, open } from 'node:fs/promises';
import { dirname } from 'node:path';
import { StorageFull, Unavailable } from '../core/failures.ts';

/** Events name people and addresses: the owner writes, the group reads, others see nothing. The umask may take more away. */
export const FILE_MODE = 0o640;
const FOLDER_MODE = 0o750;

const NO_ROOM: ReadonlySet<string> = new Set(['ENOSPC', 'EDQUOT', 'EFBIG']);
const NO_LINKS: ReadonlySet<string> = new Set(['EPERM', 'ENOTSUP', 'EOPNOTSUPP', 'ENOSYS', 'EMLINK']);

/** The `code` of an error of the operating system. */
export function codeOf(error: unknown): string | undefined {
  const code: unknown = error instanceof Error && 'code' in error ? error.code : undefined;
  return typeof code === 'string' ? code : undefined;
}

/** Actions on files of the archive in `root`, whose trouble becomes a failure with a name. */
export interface Guard {
  readonly guarded: <T>(path: string, action: () => Promise<T>) => Promise<T>;
  /** The same, for what need not be there. */
  readonly ifThere: <T>(path: string, action: () => Promise<T>) => Promise<T | undefined>;
}

export function guard(root: string): Guard {
  return {
    async guarded(path, action) {
      try {
        return await action();
      } catch (error) {
        throw storageFailure(error, path, root);
      }
    },
    async ifThere(path, action) {
      try {
        return await action();
      } catch (error) {
        if (codeOf(error) === 'ENOENT') return undefined;
        throw storageFailure(error, path, root);
      }
    },
  };
}

/** What trouble with a file means for the archive in `root`; errors that are not the operating system's stay as they are. */
function storageFailure(error: unknown, path: string, root: string): unknown {
  const code = codeOf(error);
  if (code === undefined) return error;
  if (NO_ROOM.has(code)) {
    return new StorageFull(`no room for the archive in ${root} (${code}): make room there, it goes on by itself`, {
      cause: error,
    });
  }
  const syscall = error instanceof Error && 'syscall' in error ? String(error.syscall) : 'access';
  const hint =
    syscall === 'link' && NO_LINKS.has(code) ? ': the archive needs a file system that can make hard links' : '';
  return new Unavailable(`cannot ${syscall} ${path} (${code})${hint}`, { cause: error });
}

/** Makes a folder and its parents; the entry of each new one is durable when this returns. */
export async function makeFolder(path: string): Promise<void> {
  const first = await mkdir(path, { recursive: true, mode: FOLDER_MODE });
  if (first === undefined) return;
  for (let folder = path; ; folder = dirname(folder)) {
    await syncFolder(dirname(folder));
    if (folder === first || folder === dirname(folder)) return;
  }
}

/**
 * Makes the entries of a folder, and of its parents up to `root`, durable: an entry is lost in a power cut until its folder was synced,
 * and a parent may have been made a moment ago by another process that did not get to sync it.
 */
export async function syncFolders(path: string, root: string): Promise<void> {
  for (let folder = path; ; folder = dirname(folder)) {
    await syncFolder(folder);
    if (folder === root || folder === dirname(folder)) return;
  }
}

async function syncFolder(path: string): Promise<void> {
  // Windows opens no folders, and its file systems write entries through.
  if (process.platform === 'win32') return;
  const handle = await open(path, 'r');
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
}

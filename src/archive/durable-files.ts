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

/** Makes a folder and its parents. */
export async function makeFolder(path: string): Promise<void> {
  await mkdir(path, { recursive: true, mode: FOLDER_MODE });
}

/** Makes entries of folders below a root durable, and remembers which are. */
export interface FolderSync {
  /** Makes a folder, and durable what was linked into it, together with the folder's own entry and those of its parents up to the root. */
  readonly publish: (folder: string, link: () => Promise<boolean>) => Promise<boolean>;
}

/** What is remembered is only worth some system calls: it may be forgotten at any time. */
const MOST_REMEMBERED = 10_000;

/**
 * An entry is lost in a power cut until its folder was synced, and a parent may have been made a moment ago by another process that did not
 * get to sync it: so each folder's entry is synced once by this process, whoever made it. A disk takes milliseconds for a sync, and a slice
 * lies five folders deep.
 */
export function folderSync(root: string): FolderSync {
  const durable = new Set<string>();
  return {
    async publish(folder, link) {
      const made = await mkdir(folder, { recursive: true, mode: FOLDER_MODE });
      const anew = made === undefined ? [] : upTo(folder, dirname(made));
      for (const entry of anew) durable.delete(entry);
      const created = await link();
      await syncFolder(folder);
      if (durable.size > MOST_REMEMBERED) durable.clear();
      // The root itself, and what is above it, only when it was made just now.
      const entries = [...new Set([...upTo(folder, root), ...anew])].filter((entry) => !durable.has(entry));
      for (const entry of entries) await syncFolder(dirname(entry));
      for (const entry of entries) durable.add(entry);
      return created;
    },
  };
}

/** A folder and its parents below `end`, from the inside out. */
function upTo(folder: string, end: string): readonly string[] {
  const found: string[] = [];
  for (let one = folder; one !== end && one !== dirname(one); one = dirname(one)) found.push(one);
  return found;
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

import { randomUUID } from 'node:crypto';
import { link, open, readdir, stat, unlink, type FileHandle } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { codeOf, FILE_MODE, makeFolder, type FolderSync, type Guard } from './durable-files.ts';

/** A file without a name yet. */
export interface TemporaryFile {
  readonly write: (bytes: Uint8Array) => Promise<void>;
  /** Gives it a path for good. True when this file got it, false when another one has it; durable in either case. */
  readonly finish: (path: string) => Promise<boolean>;
  /** Removes it; does nothing once it is finished, and never fails. */
  readonly abort: () => Promise<void>;
}

/** Makes a file in `folder`, on the same file system as the path that it will get. */
export async function temporaryFile(folder: string, folders: FolderSync, { guarded }: Guard): Promise<TemporaryFile> {
  const path = join(folder, randomUUID());
  const handle = await guarded(path, async () => {
    await makeFolder(folder);
    return await open(path, 'wx', FILE_MODE);
  });
  let over = false;
  async function abort(): Promise<void> {
    if (over) return;
    over = true;
    await handle.close().catch(() => undefined);
    await unlink(path).catch(() => undefined);
  }
  return {
    write: (bytes) => guarded(path, () => writeAll(handle, bytes)),
    async finish(to) {
      try {
        return await guarded(to, async () => {
          await handle.sync();
          await handle.close();
          // `link` never replaces a file, as `rename` would.
          return await folders.publish(dirname(to), () => linked(path, to));
        });
      } finally {
        await abort();
      }
    },
    abort,
  };
}

/** Removes temporary files last touched before an instant (ms); returns how many. */
export async function removeOldFiles(folder: string, before: number, { ifThere }: Guard): Promise<number> {
  let removed = 0;
  for (const name of (await ifThere(folder, () => readdir(folder))) ?? []) {
    const path = join(folder, name);
    const stats = await ifThere(path, () => stat(path));
    if (stats === undefined || stats.mtimeMs >= before) continue;
    await ifThere(path, () => unlink(path));
    removed += 1;
  }
  return removed;
}

async function writeAll(handle: FileHandle, bytes: Uint8Array): Promise<void> {
  for (let written = 0; written < bytes.length;) {
    written += (await handle.write(bytes, written, bytes.length - written)).bytesWritten;
  }
}

async function linked(from: string, to: string): Promise<boolean> {
  try {
    await link(from, to);
    return true;
  } catch (error) {
    if (codeOf(error) === 'EEXIST') return false;
    throw error;
  }
}

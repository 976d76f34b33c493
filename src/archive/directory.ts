import type { Stats } from 'node:fs';
import { open, readdir, readFile, stat, unlink, type FileHandle } from 'node:fs/promises';
import { join, resolve, sep } from 'node:path';
import { folderSync, guard, type Guard } from './durable-files.ts';
import type { ObjectReader, ObjectWriter, Store, StoredObject } from './store.ts';
import { removeOldFiles, temporaryFile } from './temporary-files.ts';

/** Objects on their way; no key leads here. */
const TEMPORARY = '.tmp';

/**
 * A store in a folder, which is made at the first write. Files get mode 0640 and folders 0750, less the umask.
 *
 * An object is written to `.tmp`, synced, and then linked to its name: of several writers one wins, and a name shows only whole content.
 */
export function directoryStore(folder: string): Store {
  const root = resolve(folder);
  const temporary = join(root, TEMPORARY);
  const pathOf = (key: string): string => pathIn(root, key);
  const files = guard(root);
  const folders = folderSync(root);
  const { guarded, ifThere } = files;

  return {
    async writer(): Promise<ObjectWriter> {
      const file = await temporaryFile(temporary, folders, files);
      return {
        write: file.write,
        async finish(key) {
          await file.finish(pathOf(key));
        },
        abort: file.abort,
      };
    },
    async putExclusive(key, bytes) {
      const path = pathOf(key);
      const file = await temporaryFile(temporary, folders, files);
      try {
        await file.write(bytes);
        return await file.finish(path);
      } finally {
        await file.abort();
      }
    },
    async read(key) {
      const path = pathOf(key);
      return await ifThere(path, () => readFile(path));
    },
    async open(key) {
      const path = pathOf(key);
      const handle = await ifThere(path, () => open(path, 'r'));
      if (handle === undefined) return undefined;
      return await guarded(path, async () => objectReader(handle, (await handle.stat()).size, path, files));
    },
    async *list(prefix) {
      const slash = prefix.lastIndexOf('/') + 1;
      if (slash > 0) pathOf(prefix.slice(0, slash - 1));
      yield* walk(root, prefix.slice(0, slash), prefix.slice(slash), files);
    },
    async remove(key) {
      const path = pathOf(key);
      await ifThere(path, () => unlink(path));
    },
    removeLeftovers: (before) => removeOldFiles(temporary, before, files),
  };
}

function objectReader(handle: FileHandle, size: number, path: string, { guarded }: Guard): ObjectReader {
  return {
    size,
    async read(offset, into) {
      return await guarded(path, async () => {
        let filled = 0;
        while (filled < into.length) {
          const { bytesRead } = await handle.read(into, filled, into.length - filled, offset + filled);
          if (bytesRead === 0) break;
          filled += bytesRead;
        }
        return filled;
      });
    },
    async close() {
      await guarded(path, () => handle.close());
    },
  };
}

/**
 * Yields the files below a folder whose names begin with `start`.
 * @param folder a key with a `/` at its end, or nothing for the root
 */
async function* walk(root: string, folder: string, start: string, files: Guard): AsyncGenerator<StoredObject> {
  const path = join(root, folder);
  const entries = (await files.ifThere(path, () => readdir(path, { withFileTypes: true }))) ?? [];
  const names = entries
    .filter((entry) => entry.name.startsWith(start) && !(folder === '' && entry.name === TEMPORARY))
    // In the order of whole keys a folder stands where its `/` puts it: `a-b` comes before `a/b`.
    .map((entry) => (entry.isDirectory() ? `${entry.name}/` : entry.name))
    .sort((a, b) => Buffer.compare(Buffer.from(a), Buffer.from(b)));
  for (const name of names) {
    const key = folder + name;
    if (name.endsWith('/')) {
      yield* walk(root, key, '', files);
      continue;
    }
    const stats: Stats | undefined = await files.ifThere(key, () => stat(join(root, key)));
    if (stats?.isFile() === true) yield { key, modifiedAt: stats.mtimeMs };
  }
}

/** Keys come from `layout.ts`, and in the end from histories and manifests: none may lead out of the root, whatever it says. */
function pathIn(root: string, key: string): string {
  const names = key.split('/');
  const wrong = names.some((name) => name === '' || name === '.' || name === '..' || /[\0\\]/.test(name));
  const path = resolve(root, ...names);
  if (wrong || names[0] === TEMPORARY || !path.startsWith(root.endsWith(sep) ? root : root + sep)) {
    throw new RangeError(`not the key of an object: ${JSON.stringify(key)}`);
  }
  return path;
}

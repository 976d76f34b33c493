import type { Archive } from './archive.ts';
import { createArchive } from './create.ts';
import { directoryStore } from './directory.ts';

/** Opens the archive in a folder; it is made when it does not exist. */
export function openArchive(root: string): Archive {
  return createArchive(directoryStore(root));
}

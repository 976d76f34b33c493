import { readFileSync } from 'node:fs';

/** The package's version; its file lies above both src/ and dist/src/. */
export function readVersion(): string {
  for (const path of ['../../package.json', '../../../package.json']) {
    try {
      const { name, version } = JSON.parse(readFileSync(new URL(path, import.meta.url), 'utf8')) as Record<
        string,
        string
      >;
      if (name === 'sluice' && version !== undefined) return version;
    } catch {
      // built or unbuilt: it is at the other place
    }
  }
  return 'unknown';
}

import type { LineCounter } from 'yaml';

/** Where a value is in the configuration: keys of maps and indices of lists. */
export type Path = readonly PropertyKey[];

/** A stretch of the file's text, offsets in UTF-16 units, half-open. */
export interface Stretch {
  readonly start: number;
  readonly end: number;
}

export interface Place {
  /** The key, for an entry of a map. */
  readonly key?: Stretch | undefined;
  readonly value: Stretch;
  /** A plain scalar as it was written: `0123`. */
  readonly written?: string | undefined;
}

export interface Positions {
  set(path: Path, place: Place): void;
  get(path: Path): Place | undefined;
  /** Where to point for a path: its key or its value; for what is not in the file, the key of the nearest map around it. */
  stretch(path: Path, on: 'key' | 'value'): Stretch;
  /** Line and column, from 1, of an offset. */
  at(offset: number): { readonly line: number; readonly column: number };
}

export function createPositions(lineCounter: LineCounter): Positions {
  const places = new Map<string, Place>();
  const get = (path: Path): Place | undefined => places.get(keyOf(path));
  return {
    set: (path, place) => void places.set(keyOf(path), place),
    get,
    stretch(path, on) {
      const place = get(path);
      if (place !== undefined) return on === 'value' ? place.value : (place.key ?? place.value);
      for (let length = path.length - 1; length >= 0; length -= 1) {
        const around = get(path.slice(0, length));
        if (around !== undefined) return around.key ?? { start: around.value.start, end: around.value.start };
      }
      return { start: 0, end: 0 };
    },
    at(offset) {
      // A file of one line has no line starts when it is empty.
      const { line, col } = lineCounter.linePos(offset);
      return { line: Math.max(1, line), column: Math.max(1, col) };
    },
  };
}

function keyOf(path: Path): string {
  return JSON.stringify(path.map(String));
}

/** `sources.acme-waf.sites[0]`, as people write it. */
export function formatPath(path: Path): string {
  return path
    .map((step, i) => (typeof step === 'number' ? `[${step}]` : `${i > 0 ? '.' : ''}${String(step)}`))
    .join('');
}

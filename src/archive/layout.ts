import { createHash } from 'node:crypto';
import type { SliceHeader } from '../core/manifest.ts';
import { dayOf, fromIso, interval, toIso } from '../core/time.ts';
import { encodeText } from './text.ts';

/**
 * The keys of the archive's objects (DESIGN §5). `source=`, `stream=` and `dt=` are what DuckDB, Spark and Athena read as columns;
 * folders with a dot are not seen by their globs.
 */
interface StreamName {
  readonly source: string;
  readonly stream: string;
}

const STAGING = '.staging/';
const QUARANTINE = '.quarantine/';
const LONGEST_NAME = 120;

/** Where all staged segments lie. */
export const stagingFolder = STAGING;
/** The beginning of the keys of everything that is kept for good. */
export const slicesPrefix = 'source=';

/** The folder of a slice's manifests and parts, with a `/` at its end. Throws a RangeError when its times are not ISO 8601. */
export function sliceFolder(slice: SliceHeader): string {
  if (slice.kind === 'portion') return `${streamFolder(slice)}after=${escapeName(slice.after)}/`;
  if (slice.kind === 'report') return `${streamFolder(slice)}dt=${escapeName(slice.day)}/${escapeName(slice.file)}/`;
  if (slice.kind === 'file') return `${streamFolder(slice)}item=${escapeName(slice.item)}/${escapeName(slice.file)}/`;
  if (slice.kind === 'search') {
    const at = escapeName(compact(fromIso(slice.at) ?? NaN));
    return `${streamFolder(slice)}search=${escapeName(slice.query)}/${at}/`;
  }
  const { from, until } = interval(slice);
  const times = `${compact(from)}-${compact(until)}`;
  return `${streamFolder(slice)}dt=${escapeName(dayOf(from))}/${escapeName(times)}/`;
}

/** `manifest.json` for the first revision, then `manifest-r2.json` and so on. */
export function manifestKey(slice: SliceHeader): string {
  return `${sliceFolder(slice)}manifest${slice.revision === 1 ? '' : `-r${slice.revision}`}.json`;
}

export function isManifestKey(key: string): boolean {
  return /\/manifest(-r[1-9]\d*)?\.json$/.test(key);
}

/** The key of a file beside a manifest. */
export function keyBeside(manifest: string, file: string): string {
  return manifest.slice(0, manifest.lastIndexOf('/') + 1) + file;
}

/** @param hash the file's SHA-256, hex */
export function partName(number: number, hash: string): string {
  return `part-${String(number).padStart(5, '0')}-${hash.slice(0, 32)}.ndjson.gz`;
}

export function segmentKey(stream: StreamName, id: string): string {
  return `${STAGING}${streamFolder(stream)}${escapeName(id)}.segment`;
}

export function pieceKey(stream: StreamName, id: string): string {
  return `${STAGING}${streamFolder(stream)}${escapeName(id)}.piece`;
}

/** @param extension of the vendor's file: `csv`; @param hash SHA-256 of the compressed file, hex */
export function verbatimName(extension: string, hash: string): string {
  return `verbatim-${hash.slice(0, 32)}.${escapeName(extension)}.gz`;
}

/** @param hash SHA-256 of the bytes, hex */
export function quarantineKey(stream: StreamName, time: number, hash: string): string {
  return `${QUARANTINE}${streamFolder(stream)}${compact(time)}-${hash.slice(0, 16)}`;
}

function streamFolder({ source, stream }: StreamName): string {
  return `source=${escapeName(source)}/stream=${escapeName(stream)}/`;
}

/** `20261121T090000Z`; a fraction is kept where there is one, so that different instants have different names. */
function compact(instant: number): string {
  return toIso(instant).replace(/[-:]/g, '');
}

/**
 * A name from a closed alphabet, different for different texts: `A-Za-z0-9._-` stay, except for a dot at the beginning, all other bytes
 * become %XX. What would be longer than 120 characters is cut and gets its SHA-256; being longer than that, it is like no other name.
 */
export function escapeName(text: string): string {
  let name = '';
  for (const byte of encodeText(text)) {
    const character = String.fromCharCode(byte);
    const plain = /[A-Za-z0-9_-]/.test(character) || (character === '.' && name !== '');
    name += plain ? character : `%${byte.toString(16).toUpperCase().padStart(2, '0')}`;
  }
  if (name.length <= LONGEST_NAME) return name;
  const hash = createHash('sha256').update(encodeText(text)).digest('hex');
  return `${name.slice(0, LONGEST_NAME / 2).replace(/%.?$/, '')}-${hash}`;
}

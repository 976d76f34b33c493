import { z } from 'zod';
import type { Manifest, Part, Receipt, SliceContent, SliceHeader } from '../core/manifest.ts';
import { ArchiveDamaged } from '../core/failures.ts';
import { redactionPolicies } from '../core/redaction.ts';
import { fromIso } from '../core/time.ts';
import { manifestKey } from './layout.ts';
import type { Store } from './store.ts';

const VERSION = 1;

const time = z.string().refine((text) => fromIso(text) !== undefined, 'not an ISO 8601 time');
const count = z.int().nonnegative();
const sha256 = z.string().regex(/^[0-9a-f]{64}$/, 'not a SHA-256 in lower-case hex');

// It is joined to the manifest's folder: whoever wrote the manifest must not lead us anywhere else.
const fileName = z.string().regex(/^[A-Za-z0-9_-][A-Za-z0-9._-]*$/, 'not the name of a file');

// Keys that a later program adds are let through: an older one can still read what it knows.
const partSchema = z.looseObject({
  file: fileName,
  records: count,
  bytes: count,
  rawBytes: count,
  sha256,
  firstTime: time,
  lastTime: time,
  context: z.record(z.string(), z.union([z.string(), z.array(z.string())])).optional(),
});

const verbatimSchema = z.looseObject({ file: fileName, bytes: count, sha256, rawBytes: count, rawSha256: sha256 });

const whose = {
  version: z.literal(VERSION, `not version ${VERSION}, the one that this program reads`),
  source: z.string(),
  type: z.string(),
  stream: z.string(),
};

const content = {
  revision: z.int().positive(),
  records: count,
  repeats: count,
  conflicts: count,
  pages: count,
  parts: z.array(partSchema),
  digest: sha256,
  verbatim: verbatimSchema.optional(),
  reportId: z.string().optional(),
  reported: count.nullable(),
  redaction: z.enum(redactionPolicies).optional(),
  late: z
    .looseObject({
      records: count,
      found: count,
      changed: count,
      missedAt: time,
      lookedAt: time,
      classes: z.array(count),
      most: count,
    })
    .optional(),
  sealedAt: time,
  run: z.looseObject({ workflowId: z.string(), runId: z.string() }),
};

// Keys in the order in which manifests are written: what is read is equal to what was written, as text too.
const manifestSchema = z
  .discriminatedUnion('kind', [
    z.looseObject({ ...whose, kind: z.literal('window'), from: time, until: time, ...content }),
    z.looseObject({ ...whose, kind: z.literal('portion'), after: z.string(), upto: z.string(), ...content }),
    z.looseObject({ ...whose, kind: z.literal('report'), day: z.iso.date(), file: z.string(), ...content }),
    z.looseObject({ ...whose, kind: z.literal('search'), query: z.string(), at: time, ...content }),
    z.looseObject({ ...whose, kind: z.literal('file'), item: z.string(), file: z.string(), ...content }),
  ])
  .refine(({ records, parts }) => records === parts.reduce((sum, part) => sum + part.records, 0), {
    path: ['records'],
    message: 'not the sum of the parts',
  });

export interface ManifestContent extends Omit<SliceContent, 'version'> {
  readonly slice: SliceHeader;
}

/** A manifest and its text: JSON with two spaces, always the same order of keys, a line break at the end. */
export function encodeManifest({ slice, ...content }: ManifestContent): { manifest: Manifest; bytes: Buffer } {
  const { records, repeats, conflicts, pages, parts, digest, verbatim, reportId, reported, redaction } = content;
  const { late, sealedAt } = content;
  const run = { workflowId: content.run.workflowId, runId: content.run.runId };
  const manifest: Manifest = {
    version: VERSION,
    ...headerOf(slice),
    records,
    repeats,
    conflicts,
    pages,
    parts: [...parts],
    digest,
    ...(verbatim && { verbatim }),
    ...(reportId !== undefined && { reportId }),
    reported,
    ...(redaction !== undefined && { redaction }),
    ...(late && { late }),
    sealedAt,
    run,
  };
  return { manifest, bytes: Buffer.from(`${JSON.stringify(manifest, null, 2)}\n`) };
}

/** The header's own keys, in their order, whatever else the object carries. */
function headerOf(slice: SliceHeader): SliceHeader {
  const { source, type, stream, revision } = slice;
  const whose = { source, type, stream };
  switch (slice.kind) {
    case 'window':
      return { ...whose, kind: slice.kind, from: slice.from, until: slice.until, revision };
    case 'portion':
      return { ...whose, kind: slice.kind, after: slice.after, upto: slice.upto, revision };
    case 'report':
      return { ...whose, kind: slice.kind, day: slice.day, file: slice.file, revision };
    case 'search':
      return { ...whose, kind: slice.kind, query: slice.query, at: slice.at, revision };
    case 'file':
      return { ...whose, kind: slice.kind, item: slice.item, file: slice.file, revision };
  }
}

/**
 * Reads a manifest that lies under a key.
 * @throws ArchiveDamaged, with a sentence that names the key, when it is no manifest, or that of another slice: on a file system that does
 *   not tell `a` from `A`, two streams could meet in one folder, and one would pass for the other.
 */
export function decodeManifest(bytes: Uint8Array, key: string): Manifest {
  const checked = manifestSchema.safeParse(parse(bytes, key));
  if (!checked.success) {
    const problems = checked.error.issues.map(({ path, message }) => `${path.join('.') || 'the whole'}: ${message}`);
    throw new ArchiveDamaged(`${key} is not a manifest: ${problems.slice(0, 3).join('; ')}`);
  }
  const manifest: Manifest = checked.data;
  const own = manifestKey(manifest);
  if (own !== key) throw new ArchiveDamaged(`${key} holds the manifest of another slice, ${own}`);
  return manifest;
}

function parse(bytes: Uint8Array, key: string): unknown {
  try {
    return JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(bytes)) as unknown;
  } catch (cause) {
    throw new ArchiveDamaged(`${key} is not a manifest: it is not JSON`, { cause });
  }
}

/** The receipt of a slice that is sealed. Errors: `archive-damaged`. */
export async function findReceipt(store: Store, slice: SliceHeader): Promise<Receipt | undefined> {
  const key = manifestKey(slice);
  const bytes = await store.read(key);
  return bytes === undefined ? undefined : { manifest: decodeManifest(bytes, key), key };
}

/** What two parts have in common when they are the same. */
export function samePart(a: Part, b: Part): boolean {
  return a.file === b.file && a.sha256 === b.sha256 && a.bytes === b.bytes && a.records === b.records;
}

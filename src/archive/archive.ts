import type { Lateness } from '../core/lateness.ts';
import type { Receipt, SliceHeader, WindowSlice } from '../core/manifest.ts';
import type { RedactionPolicy } from '../core/redaction.ts';
import type { Identity, RecordContext, SourceRecord } from '../core/contract.ts';

/**
 * The archive: staged pages on their way, parts and manifests for good (DESIGN §5). One implementation over any {@link Store}.
 */
export interface Archive {
  /** Begins a segment: the pages that one activity stages. Segments of attempts that are given up are swept later. */
  stage(stream: { readonly source: string; readonly stream: string }): SegmentWriter;
  /** Begins a piece of a vendor's own file, to be kept as it is beside the records that were read out of it. */
  stagePiece(stream: { readonly source: string; readonly stream: string }): PieceWriter;
  /** SHA-256, hex, of what staged pieces hold, as the vendor sent it. Errors: `staging-lost`. */
  rawSha256(pieces: readonly string[]): Promise<string>;
  /**
   * Seals a slice from the segments of one complete chain of pages: drops repeats by id (the last one that came is kept), orders by event time, writes
   * parts, then the manifest, exclusively. The first writer wins; a later one gets the winner's receipt. May be repeated.
   * Errors: `staging-lost` when a segment is missing or torn, `storage-full`.
   */
  seal(order: SealOrder, signal?: AbortSignal): Promise<Receipt>;
  /**
   * Compares another chain of pages with a sealed window, and seals what it does not hold as its next revision: new parts beside the ones that are
   * there, and a manifest that names both. Nothing is sealed when there is nothing new. May be repeated; should another one have sealed that
   * revision meanwhile, the comparison is made again, with it.
   * Errors: `staging-lost`, `storage-full`, `archive-damaged` when the window cannot be read again.
   */
  sealLate(order: LateOrder, signal?: AbortSignal): Promise<Looked>;
  /** The receipt of a slice that is sealed already. `archive-damaged` when its manifest cannot be read. */
  find(slice: SliceHeader): Promise<Receipt | undefined>;
  /** The receipt by its manifest's key. `archive-damaged` when it cannot be read. */
  receipt(key: string): Promise<Receipt | undefined>;
  /** Every manifest; damaged ones are yielded as such and do not stop the walk. */
  manifests(): AsyncIterable<Receipt | DamagedManifest>;
  /** Reads every part of a receipt again and compares sizes, counts and hashes; the findings, none when all is well. */
  verify(receipt: Receipt): Promise<readonly string[]>;
  /** The records of a sealed slice in the order of its parts: by context, and in it by event time. */
  records(receipt: Receipt): AsyncIterable<ArchivedRecord>;
  /** Keeps an answer that did not fit its schema, for a person to look at; returns its key. */
  quarantine(stream: { readonly source: string; readonly stream: string }, body: Uint8Array): Promise<string>;
  /** Removes staged segments and temporary files last touched before an instant (ms); returns how many. */
  sweep(before: number): Promise<number>;
}

export interface ArchivedRecord {
  /** The line, without its break. */
  readonly bytes: Buffer;
  readonly context: RecordContext | undefined;
}

export interface SegmentWriter {
  /**
   * Adds a page's records, all or none; one page at a time. Their bytes must not change until `finish`: they are kept until there are
   * enough of them for a write. So trouble with the disk may show only at a later page, or at `finish`; there is no segment then.
   * Errors: `unexpected-answer` for a record whose time is none, `storage-full`, and what `identify` throws.
   */
  page(records: readonly SourceRecord[], identify: (record: SourceRecord) => Identity): Promise<void>;
  /**
   * The segment as it is in memory, for sealing at once, when there is so little that nothing has been written yet; undefined otherwise.
   * No page may follow, but `finish` may: when sealing did not work.
   */
  hold(): Promise<HeldSegment | undefined>;
  /** Makes the segment durable; its key is what a workflow carries. */
  finish(): Promise<Segment>;
  /** Throws the segment away. Never fails, and does nothing after `finish`. */
  abort(): Promise<void>;
}

export interface PieceWriter {
  /** Adds bytes, which may change afterwards. Errors: `storage-full`. */
  write(bytes: Uint8Array): Promise<void>;
  /** Makes the piece durable. */
  finish(): Promise<{ readonly key: string; readonly rawBytes: number }>;
  /** Throws the piece away. Never fails, and does nothing after `finish`. */
  abort(): Promise<void>;
}

/** The pieces of one file, in order. */
export interface StagedPiece {
  /** Of the vendor's file: `csv`. */
  readonly extension: string;
  readonly pieces: readonly string[];
}

/** A finished segment, small enough for a history. */
export interface Segment {
  readonly key: string;
  readonly pages: number;
  readonly records: number;
}

/** A segment that is nowhere but in memory. */
export interface HeldSegment {
  readonly bytes: Buffer;
  /** Gives the memory away for other segments: this one is not needed any more, not even for another attempt to seal it. May be left out. */
  release(): void;
}

export interface SealOrder {
  readonly slice: SliceHeader;
  /** The segments, or their keys, in the order in which they came. */
  readonly segments: readonly (string | HeldSegment)[];
  /** The vendor's own file. */
  readonly verbatim?: StagedPiece;
  readonly reportId?: string;
  /** Records that are equal, or have the same id, are not repeats but so many records: a file holds what it holds. */
  readonly keepRepeats?: boolean;
  readonly reported: number | null;
  /** What holds for secrets inside the records. */
  readonly redaction?: RedactionPolicy | undefined;
  readonly run: { readonly workflowId: string; readonly runId: string };
  /** ISO 8601 UTC. */
  readonly sealedAt: string;
}

export interface LateOrder extends Pick<SealOrder, 'segments' | 'reported' | 'run' | 'sealedAt'> {
  /** The window in any of its revisions; the latest that the archive has is what counts. */
  readonly slice: WindowSlice;
  /** What a record is known by, in the archive as in the pages: as many as there are with one likeness, so many records are the same. */
  readonly likeness: (record: Pick<SourceRecord, 'bytes' | 'context'>) => string;
  /** When the window was last seen, and when these pages were fetched, by the vendor's clock; ms. */
  readonly missedAt: number;
  readonly lookedAt: number;
}

export interface Looked {
  /** The latest revision of the window now. */
  readonly receipt: Receipt;
  readonly found: number;
  /** Records that were held before. */
  readonly held: number;
  /** Records that are new: the receipt is that of their revision when there are any. */
  readonly late: number;
  /** Records that are held in another form; the first one is kept. */
  readonly changed: number;
  readonly lateness: Lateness;
}

export interface DamagedManifest {
  readonly key: string;
  readonly damage: string;
}

import type { RecordContext } from './contract.ts';
import type { Lateness } from './lateness.ts';
import type { RedactionPolicy } from './redaction.ts';

/**
 * What a sealed slice holds. The manifest is the commit (DESIGN §4): it is written once, exclusively, after the parts; the ledger's
 * row is made from it, and can be made again. Documented for people who read the archive without sluice: see ARCHITECTURE.md.
 */
export type Manifest = SliceHeader & SliceContent;

/** What a slice holds, whatever its kind. */
export interface SliceContent {
  readonly version: 1;
  /** Records in the parts: each id once. */
  readonly records: number;
  /** Records that came more than once and were dropped. */
  readonly repeats: number;
  /** Of the repeats, those whose bytes differed: the last one that came was kept. */
  readonly conflicts: number;
  readonly pages: number;
  readonly parts: readonly Part[];
  /** Lower-case hex: SHA-256 over the records' SHA-256 hashes, sorted ascending; says whether two slices hold the same records. */
  readonly digest: string;
  /** The vendor's own file, for records that were read out of one. */
  readonly verbatim?: VerbatimFile | undefined;
  /** The vendor's id of that file when it was fetched. */
  readonly reportId?: string | undefined;
  /** How many records the vendor said there were; null where it says nothing. */
  readonly reported: number | null;
  /** The policy for secrets inside the records at that time: they never leave the archive under a more open one. The parts hold them. */
  readonly redaction?: RedactionPolicy | undefined;
  /** What a later look added to the revision before; absent in a first revision, and in reports. */
  readonly late?: LateContent | undefined;
  /** ISO 8601 UTC. */
  readonly sealedAt: string;
  /** The workflow that extracted it. */
  readonly run: { readonly workflowId: string; readonly runId: string };
}

/** Records that the vendor had not handed out before. */
export interface LateContent extends Lateness {
  readonly records: number;
  /** How many records the look found, repeats dropped. */
  readonly found: number;
  /** Those of them that are held in another form: the first one is kept. */
  readonly changed: number;
  /** When they were not there yet, and when they were, by the vendor's clock; ISO 8601 UTC. */
  readonly missedAt: string;
  readonly lookedAt: string;
}

/** Which slice it is. */
export type SliceHeader = WindowSlice | PortionSlice | ReportSlice | SearchSlice | FileSlice;

interface SliceBase {
  /** The source's name in the config. */
  readonly source: string;
  /** The source type. */
  readonly type: string;
  readonly stream: string;
  /** 1 for the first manifest of the slice; later ones add late events. */
  readonly revision: number;
}

/** A stretch of time. ISO 8601 UTC, half-open. */
export interface WindowSlice extends SliceBase {
  readonly kind: 'window';
  readonly from: string;
  readonly until: string;
}

/** A piece of a sequence: what comes after one cursor, up to and with another. */
export interface PortionSlice extends SliceBase {
  readonly kind: 'portion';
  /** Names the slice by itself: of two portions after one cursor, the one that was sealed first counts. */
  readonly after: string;
  readonly upto: string;
}

/** A file that the vendor published. Issued again with another content, it is a later revision, whole by itself. */
export interface ReportSlice extends SliceBase {
  readonly kind: 'report';
  /** The UTC day that it is for: `2026-11-21`. */
  readonly day: string;
  /** The vendor's name of the file. */
  readonly file: string;
}

/** What the vendor's own search found in one of its collections. It is no coverage: nobody is owed it. */
export interface SearchSlice extends SliceBase {
  readonly kind: 'search';
  /** `domain:example.com` */
  readonly query: string;
  /** When it was searched, ISO 8601 UTC. */
  readonly at: string;
}

/** A file that hangs on one of the vendor's items, such as the document of a threat report: kept as it is, without records. */
export interface FileSlice extends SliceBase {
  readonly kind: 'file';
  readonly item: string;
  /** The vendor's id of it. */
  readonly file: string;
}

/** The vendor's file as it was published, compressed. */
export interface VerbatimFile {
  /** The file's name beside the manifest. */
  readonly file: string;
  /** Size of the compressed file, bytes. */
  readonly bytes: number;
  /** SHA-256 of the compressed file, lower-case hex. */
  readonly sha256: string;
  /** Size and SHA-256 of the file that the vendor published. */
  readonly rawBytes: number;
  readonly rawSha256: string;
}

/** An immutable file of records of one context: gzip, a record a line, ordered by event time. */
export interface Part {
  /** The file's name beside the manifest. */
  readonly file: string;
  readonly records: number;
  /** Size of the file, bytes. */
  readonly bytes: number;
  /** Size of its lines before compression, bytes. */
  readonly rawBytes: number;
  /** SHA-256 of the file, lower-case hex. */
  readonly sha256: string;
  /** Event times of the first and last record, ISO 8601 UTC. */
  readonly firstTime: string;
  readonly lastTime: string;
  /** What the vendor's answers said once for all of these records; absent where they said nothing. */
  readonly context?: RecordContext | undefined;
}

/** A manifest and where it lies. */
export interface Receipt {
  readonly manifest: Manifest;
  /** Its key in the archive, with `/` between folders. */
  readonly key: string;
}

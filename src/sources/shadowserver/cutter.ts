import type { SourceRecord } from '../../core/contract.ts';

/** A record cut out of a file. */
export interface Cut {
  readonly record: SourceRecord;
  /** Where it ends in the file, bytes from its beginning. */
  readonly end: number;
  /** Whether it has another number of fields than the header. */
  readonly ragged: boolean;
}

/** Cuts a file into records, whatever pieces it comes in. */
export interface Cutter {
  /** The records that end in what has come so far and have not been told yet. Errors: `unexpected-answer`. */
  push(chunk: Buffer): Promise<readonly Cut[]>;
  /** The last of them, once the file has ended. Errors: `unexpected-answer` where it ends in the middle of one. */
  end(): Promise<readonly Cut[]>;
  /** The header, where the file has one and it has been read. */
  header(): readonly string[] | null;
}

/** What a cutter needs to know of its file. */
export interface CutterOptions {
  /** For messages. */
  readonly what: string;
  /** The report's file and day. */
  readonly file: string;
  readonly day: string;
  /** Where in the file the first byte lies that will be pushed: 0, or after a record. */
  readonly start: number;
  /** The header, where it has been read before. */
  readonly header: readonly string[] | null;
}

/** A record beyond this is none: a quote that nobody closed. Certificates in one field have 100 kB and more. */
export const LARGEST_ROW = 8 * 1024 * 1024;

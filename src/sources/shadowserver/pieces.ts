import { isUtf8 } from 'node:buffer';
import type { ReportPiece, ReportRef } from '../../core/contract.ts';
import { UnexpectedAnswer } from '../../core/failures.ts';
import { excerpt } from '../../http/redaction.ts';
import { csvCutter } from './csv.ts';
import type { Cut, Cutter } from './cutter.ts';
import { openDownload, type Download, type Downloads } from './downloads.ts';
import { jsonCutter } from './json-rows.ts';
import { readPlace, tallyFrom, writePlace, type Place } from './place.ts';
import { etagOf, resume, sizeOf, type Reading } from './resume.ts';

/** A piece has about so many bytes, and ends where a row does. */
const PIECE = 512 * 1024;

/** A report's file, piece by piece. See `ReportStream.fetchReport`. */
export async function* fetchPieces(
  downloads: Downloads,
  ref: ReportRef,
  text: string | null,
  what: string,
  signal: AbortSignal,
): AsyncGenerator<ReportPiece, void, undefined> {
  const place = text === null ? null : readPlace(text, what);
  if (place?.done === true) return;
  const download = await openDownload(downloads, ref, place, what, signal);
  try {
    const reading = place === null ? beginning(download, what) : await resume(download.answer, place, what);
    yield* cutPieces(ref, download, reading, place, what);
  } finally {
    download.answer.close();
  }
}

function beginning({ way, answer }: Download, what: string): Reading {
  return {
    rest: way === 'csv' ? looksLikeCsv(answer.body, answer.contentType, what) : answer.body,
    tally: tallyFrom(null),
  };
}

async function* cutPieces(
  ref: ReportRef,
  { way, answer, note }: Download,
  { rest, tally }: Reading,
  place: Place | null,
  what: string,
): AsyncGenerator<ReportPiece, void, undefined> {
  const make = way === 'csv' ? csvCutter : jsonCutter;
  const { file, day } = ref;
  const cutter = make({ what, file, day, start: tally.offset(), header: place?.header ?? null });
  const known = { way, size: place?.size ?? sizeOf(answer), etag: place?.etag ?? etagOf(answer) };
  let records = place?.records ?? 0;
  let spare = note;
  let cuts: Cut[] = [];
  let held: Buffer[] = [];

  /** Hands out the first so many of the bytes that are held, and the records that end in them. */
  const piece = (length: number, done: boolean): ReportPiece => {
    const all = Buffer.concat(held);
    const bytes = all.subarray(0, length);
    tally.add(bytes);
    held = length === all.length ? [] : [all.subarray(length)];
    records += cuts.length;
    const said = [spare, notesOf(cuts, bytes)].filter((one) => one !== undefined && one !== '').join('; ');
    const next = writePlace({ ...known, ...tally.sums(), records, header: cutter.header(), done });
    const handed = cuts.map(({ record }) => record);
    [cuts, spare] = [[], undefined];
    return { bytes, records: handed, place: next, ...(said !== '' && { note: said }) };
  };

  for await (const chunk of rest) {
    held.push(chunk);
    cuts.push(...(await cutter.push(chunk)));
    const ready = (cuts.at(-1)?.end ?? 0) - tally.offset();
    if (ready >= PIECE) yield piece(ready, false);
  }
  cuts.push(...(await cutter.end()));
  const length = held.reduce((sum, { length }) => sum + length, 0);
  if (length > 0 && (cuts.length > 0 || isReady(ref, way, cutter, records))) yield piece(length, true);
}

/** A file that is not ready yet is empty. An answer in JSON without records may be one, or a day on which there was nothing. */
function isReady({ reported }: ReportRef, way: Way, cutter: Cutter, records: number): boolean {
  return records > 0 || (way === 'csv' ? cutter.header() !== null : reported === 0);
}

type Way = Download['way'];

/** The same words for every piece of a file. */
function notesOf(cuts: readonly Cut[], bytes: Buffer): string {
  const notes: string[] = [];
  if (cuts.some(({ ragged }) => ragged)) notes.push('rows with other fields than the header has are kept as they are');
  if (!isUtf8(bytes)) notes.push('bytes that are not UTF-8 are kept in the file, and replaced in the records');
  return notes.join('; ');
}

const OPENERS: ReadonlySet<string> = new Set(['<', '{']);

/** An apology in HTML, or an error in JSON, comes with status 200 as well. */
async function* looksLikeCsv(
  body: AsyncIterable<Buffer>,
  contentType: string,
  what: string,
): AsyncGenerator<Buffer, void, undefined> {
  let first = true;
  for await (const chunk of body) {
    const opener = first
      ? chunk
          .toString('utf8', 0, 100)
          .replace(/^\ufeff/, '')
          .trimStart()
          .slice(0, 1)
      : '';
    if (OPENERS.has(opener)) {
      const kind = excerpt(Buffer.from(contentType || 'no type'), 60);
      throw new UnexpectedAnswer(`${what}, download: no CSV but ${kind}: ${excerpt(chunk, 100)}`, { body: chunk });
    }
    first = false;
    yield chunk;
  }
}

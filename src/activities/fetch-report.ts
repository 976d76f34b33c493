import { activityInfo, cancellationSignal, heartbeat } from '@temporalio/activity';
import type { PieceWriter, SegmentWriter } from '../archive/archive.ts';
import { redactionOf } from '../core/redaction.ts';
import { SECOND, toIso } from '../core/time.ts';
import type { Activities, DueReport, FetchedReport, FetchReportOrder, ReportProgress } from './contract.ts';
import { findReportStream, type Dependencies } from './dependencies.ts';
import { quarantine } from './quarantine.ts';

const BEAT_EVERY = 3 * SECOND;
/** So much of a file is staged before it counts: what a death costs at most. */
const STAGE_BYTES = 32 * 1024 * 1024;
const CHUNK_RECORDS = 2_000;

/**
 * Downloads a report and stages it, some 32 MiB at a time. What is staged goes into the heartbeat, so that another attempt, on another worker, goes on
 * from there; a worker that shuts down hands it over in its result.
 */
export function fetchReportActivity(deps: Dependencies): Activities['fetchReport'] {
  return async (order) => {
    const known = activityInfo().heartbeatDetails as ReportProgress | undefined;
    const progress = known !== undefined && isReportProgress(known) ? known : order.progress;
    const beat = setInterval(() => heartbeat(download.staged()), BEAT_EVERY);
    const download = startDownload(deps, order, progress);
    try {
      return await download.run();
    } catch (error) {
      await download.abort();
      await quarantine(deps, order, error);
      throw error;
    } finally {
      clearInterval(beat);
    }
  };
}

function isReportProgress(value: unknown): value is ReportProgress {
  return typeof value === 'object' && value !== null && 'segments' in value && 'place' in value;
}

function startDownload(deps: Dependencies, order: FetchReportOrder, from: ReportProgress | null) {
  const { stream } = findReportStream(deps, order);
  let staged: ReportProgress = from ?? { segments: [], pieces: [], place: null, records: 0, bytes: 0 };
  let segment: SegmentWriter = deps.archive.stage(order);
  let piece: PieceWriter = deps.archive.stagePiece(order);
  let since = { records: 0, bytes: 0, place: staged.place };

  /** Makes what came since durable. */
  async function stage(): Promise<void> {
    if (since.bytes === 0) return;
    const { key } = await segment.finish();
    const { key: pieceKey } = await piece.finish();
    staged = {
      segments: [...staged.segments, key],
      pieces: [...staged.pieces, pieceKey],
      place: since.place,
      records: staged.records + since.records,
      bytes: staged.bytes + since.bytes,
    };
    since = { records: 0, bytes: 0, place: staged.place };
    segment = deps.archive.stage(order);
    piece = deps.archive.stagePiece(order);
    heartbeat(staged);
  }

  async function run(): Promise<FetchedReport> {
    const notes = new Set<string>();
    for await (const part of stream.fetchReport(order.report, staged.place, cancellationSignal())) {
      await piece.write(part.bytes);
      for (let i = 0; i < part.records.length; i += CHUNK_RECORDS) {
        await segment.page(part.records.slice(i, i + CHUNK_RECORDS), (record) => stream.identify(record));
      }
      since = {
        records: since.records + part.records.length,
        bytes: since.bytes + part.bytes.length,
        place: part.place,
      };
      if (part.note !== undefined && notes.size < 3) notes.add(part.note);
      if (since.bytes >= STAGE_BYTES) await stage();
      if (deps.stopping.aborted) {
        await stage();
        return { ...staged, done: false, ...(notes.size === 0 ? {} : { notes: [...notes] }) };
      }
    }
    await stage();
    return { ...staged, done: true, ...(notes.size === 0 ? {} : { notes: [...notes] }) };
  }

  return {
    run,
    staged: () => staged,
    abort: async () => {
      await segment.abort();
      await piece.abort();
    },
  };
}

/** Seals a report that was staged whole; one that turns out to be what is held already is only remembered as such. */
export function sealReportActivity(deps: Dependencies): Activities['sealReport'] {
  return async ({ report, segments, pieces, records: staged, ...id }) => {
    const { source, stream, settings } = findReportStream(deps, id);
    const redaction = redactionOf(stream, settings.redaction)?.policy;
    const beat = setInterval(() => heartbeat(), BEAT_EVERY);
    try {
      const { day, file, revision } = report;
      if (report.unless !== undefined && (await deps.archive.rawSha256(pieces)) === report.unless) {
        const reported = report.reported ?? null;
        await deps.ledger.same(id, { day, file, revision: revision - 1, reportId: report.id, reported });
        return { same: true, records: 0, bytes: 0, manifest: '' };
      }
      const receipt = await deps.archive.seal(
        { ...orderOf({ ...id, type: source.type }, report, segments, pieces), redaction },
        cancellationSignal(),
      );
      await deps.ledger.commit(receipt);
      const { records, verbatim } = receipt.manifest;
      if (records !== staged) throw new Error(`${staged} records were staged and ${records} sealed`);
      return { same: false, records, bytes: verbatim?.rawBytes ?? 0, manifest: receipt.key };
    } finally {
      clearInterval(beat);
    }
  };
}

function orderOf(
  id: { readonly source: string; readonly stream: string; readonly type: string },
  { day, file, revision, reported, id: reportId }: DueReport,
  segments: readonly string[],
  pieces: readonly string[],
) {
  const { workflowId = '', runId = '' } = activityInfo().workflowExecution ?? {};
  return {
    slice: { source: id.source, type: id.type, stream: id.stream, kind: 'report', day, file, revision },
    segments,
    verbatim: { extension: 'csv', pieces },
    reportId,
    keepRepeats: true,
    reported: reported ?? null,
    run: { workflowId, runId },
    sealedAt: toIso(Date.now()),
  } as const;
}

import type { ReportStream, SequenceStream, Source, SourceRecord, Stream, WindowStream } from '../core/contract.ts';
import type { Config, ConfiguredSource } from '../config/load.ts';
import { reachable, windowLength } from '../core/due.ts';
import { Failure } from '../core/failures.ts';
import { ceilTo, DAY, dayOf, floorTo, isoInterval, MINUTE } from '../core/time.ts';
import { watchAnswers } from '../http/answers-seen.ts';
import { printable, redact } from '../http/redaction.ts';
import { toLine } from '../json/ndjson.ts';
import { findConfigured } from './discover.ts';
import { redaction } from './redaction.ts';
import type { RunFailure } from './run-failure.ts';
import { knownStreams } from './streams.ts';

/** What a try of a source showed; nothing was written or delivered. */
export interface Trial {
  readonly source: string;
  readonly type: string;
  /** What the source type's own check says, a line each. */
  readonly lines: readonly string[];
  /** The vendor's clock minus ours, ms. */
  readonly skew: number;
  /** Headers of the vendor's answers that speak of limits, with what they said last. */
  readonly rateHeaders: Readonly<Record<string, string>>;
  /** At most three records of the first stream that had any. */
  readonly sample?: Sample;
  /** Streams that were asked for a record and refused. */
  readonly refusals: readonly (RunFailure & { readonly stream: string })[];
}

interface Sample {
  readonly stream: string;
  /** What was asked for: a window, a day, a place in a sequence. */
  readonly asked: string;
  readonly records: readonly string[];
}

const FEW = 3;
/** Enough to meet one that has records; a hundred sites are not all asked. */
const MOST_STREAMS = 5;

/**
 * Logs in, makes the smallest legal request of each kind, and shows a few records. Delivers and writes nothing.
 * Errors: those of the vendor while the source is checked, and `UsageError` for an unknown source.
 */
export async function trySource(config: Config, name: string, signal: AbortSignal): Promise<Trial> {
  const { id, type, settings } = findConfigured(config, name);
  const rateHeaders: Record<string, string> = {};
  const stopWatching = watchAnswers(({ headers }) => Object.assign(rateHeaders, aboutRates(headers)));
  const source = type.open({ id, settings, clock: Date.now });
  try {
    const lines = await source.check(signal);
    const { skew } = await source.authenticate(signal);
    const known = knownStreams(config).filter((stream) => stream.source === id);
    const hides = (stream: string): Hide => {
      const one = known.find((candidate) => candidate.stream === stream);
      return redaction(settings.redaction?.key, one?.redaction)(undefined);
    };
    const found = await sampleOf(source, { type, settings, hides }, signal);
    return { source: id, type: type.name, lines, skew, rateHeaders, ...found };
  } finally {
    stopWatching();
    await source.close();
  }
}

/** `RateLimit-Remaining`, `X-RateLimit-Reset`, `Retry-After` and their like. */
function aboutRates(headers: Readonly<Record<string, string>>): Record<string, string> {
  const entries = Object.entries(headers).filter(([name]) => /rate-?limit|retry-after|quota/.test(name));
  return Object.fromEntries(entries.map(([name, value]) => [name, printable(redact(value))]));
}

type Tried = Pick<Trial, 'refusals'> & { readonly sample?: Sample };

type Hide = (record: Buffer) => Buffer;

interface Means extends Pick<ConfiguredSource, 'type' | 'settings'> {
  /** What hides the secrets in a stream's records. */
  readonly hides: (stream: string) => Hide;
}

async function sampleOf(source: Source, { type, settings, hides }: Means, signal: AbortSignal): Promise<Tried> {
  const refusals: (RunFailure & { readonly stream: string })[] = [];
  let empty: Sample | undefined;
  for (const stream of source.streams.slice(0, MOST_STREAMS)) {
    try {
      const { asked, records } = await fewOf(stream, source, settings, signal);
      const lines = records.map((record) => lineOf(record, type.present, hides(stream.name)));
      const sample = { stream: stream.name, asked, records: lines };
      if (lines.length > 0) return { sample, refusals };
      empty ??= sample;
    } catch (error) {
      if (!(error instanceof Failure)) throw error;
      refusals.push({ stream: stream.name, name: error.name, message: error.message });
    }
  }
  return { ...(empty === undefined ? {} : { sample: empty }), refusals };
}

interface Few {
  readonly asked: string;
  readonly records: readonly SourceRecord[];
}

async function fewOf(
  stream: Stream,
  source: Source,
  settings: ConfiguredSource['settings'],
  signal: AbortSignal,
): Promise<Few> {
  switch (stream.shape) {
    case 'window':
      return await fewOfWindow(stream, source, settings, signal);
    case 'sequence':
      return await fewOfSequence(stream, source, signal);
    case 'report':
      return await fewOfReports(stream, source, signal);
  }
}

/** The newest settled minute, and when there is nothing in it, the newest window: one page of it. */
async function fewOfWindow(
  stream: WindowStream,
  source: Source,
  settings: ConfiguredSource['settings'],
  signal: AbortSignal,
): Promise<Few> {
  const { limits } = stream;
  const whole = windowLength(stream, settings);
  const shortest = stream.window ?? Math.min(whole, ceilTo(MINUTE, limits.grain));
  let asked = '';
  for (const length of new Set([shortest, whole])) {
    const until = floorTo(reachable(limits, source.now()).until, length);
    const window = { from: until - length, until };
    const { from, until: end } = isoInterval(window);
    asked = `[${from}, ${end})`;
    const { records } = await stream.fetchPage(window, null, signal);
    if (records.length > 0) return { asked, records: records.slice(0, FEW) };
  }
  return { asked, records: [] };
}

async function fewOfSequence(stream: SequenceStream, source: Source, signal: AbortSignal): Promise<Few> {
  const day = dayOf(source.now() - DAY);
  const { records } = await stream.fetchPortion(await stream.start(day, signal), FEW, signal);
  return { asked: `from ${day} on`, records: records.slice(0, FEW) };
}

/** The first piece of the newest report that there is. */
async function fewOfReports(stream: ReportStream, source: Source, signal: AbortSignal): Promise<Few> {
  for (let back = 0; back <= stream.lookBack; back += 1) {
    const day = dayOf(source.now() - back * DAY);
    const [report] = await stream.list(day, signal);
    if (report === undefined) continue;
    const records: SourceRecord[] = [];
    // Leaving the loop ends the download.
    for await (const piece of stream.fetchReport(report, null, signal)) {
      records.push(...piece.records);
      if (records.length >= FEW) break;
    }
    return { asked: `${report.day} ${report.file}`, records: records.slice(0, FEW) };
  }
  return { asked: `the last ${stream.lookBack} days`, records: [] };
}

/** On one line, as `sluice records` has it, under the stream's redaction; our own credentials are masked wherever a vendor repeats them. */
function lineOf({ bytes, context }: SourceRecord, present: ConfiguredSource['type']['present'], hide: Hide): string {
  const text = present === undefined ? Buffer.from(bytes) : Buffer.from(present({ bytes, context }));
  return redact(hide(Buffer.from(toLine(text))).toString());
}

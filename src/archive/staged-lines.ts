import { StagingLost } from '../core/failures.ts';
import type { RecordContext } from '../core/contract.ts';
import { contextOf } from './context.ts';
import { crcOf } from './crc.ts';
import type { StagedRecords, StagedRun } from './segment-index.ts';
import { at } from './typed.ts';

const CHUNK = 1024 * 1024;

export interface StagedLine {
  readonly record: number;
  /** Without its line break; good until the next one is asked for. */
  readonly bytes: Buffer;
  readonly context: RecordContext | undefined;
}

/** All staged records in the order of their numbers, repeats included. Errors: `staging-lost` when a run is torn or has changed. */
export async function* stagedLines({ runs, lengths }: StagedRecords): AsyncGenerator<StagedLine> {
  for (const run of runs) yield* linesOf(run, lengths);
}

async function* linesOf(run: StagedRun, lengths: Uint32Array): AsyncGenerator<StagedLine> {
  const context = contextOf(run.context);
  let buffer: Buffer = Buffer.alloc(0);
  let read = 0;
  let crc = 0;
  for (let record = run.first; record < run.first + run.records; record += 1) {
    const length = at(lengths, record);
    if (buffer.length < length) {
      const more = Buffer.allocUnsafe(Math.min(run.bytes - read, Math.max(CHUNK, length - buffer.length)));
      const got = await run.segment.reader.read(run.offset + read, more);
      if (got !== more.length || buffer.length + got < length) {
        throw new StagingLost(`the staged pages ${run.segment.key} end early`);
      }
      crc = crcOf(more, crc);
      read += got;
      buffer = Buffer.concat([buffer, more]);
    }
    yield { record, bytes: buffer.subarray(0, length - 1), context };
    buffer = buffer.subarray(length);
  }
  if (crc !== run.crc || read !== run.bytes) throw new StagingLost(`a run of ${run.segment.key} has changed`);
}

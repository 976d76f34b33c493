import { activityInfo, cancellationSignal, heartbeat } from '@temporalio/activity';
import type { HeldSegment } from '../archive/archive.ts';
import type { Portion, SequenceStream, Source } from '../core/contract.ts';
import { CursorStuck } from '../core/failures.ts';
import type { StreamId } from '../core/ids.ts';
import type { Manifest } from '../core/manifest.ts';
import type { RedactionPolicy } from '../core/redaction.ts';
import { fromIso, SECOND, toIso } from '../core/time.ts';
import type { Dependencies } from './dependencies.ts';

/** A walk along a sequence, as far as it is sealed. */
export interface SealedWalk {
  readonly id: StreamId;
  readonly source: Source;
  readonly stream: SequenceStream;
  readonly startedAt: number;
  readonly redaction: RedactionPolicy | undefined;
  cursor: string;
  portions: number;
  records: number;
  repeats: number;
  remaining: number | null;
}

/** Seals what is fetched, beside the fetching. */
export interface PortionSealing {
  /** Resolves when there is room for the next one. Throws what sealing threw. */
  add(portion: Portion): Promise<void>;
  /** Resolves once all is sealed. Throws what sealing threw. */
  end(): Promise<void>;
  /** Whether another attempt had sealed what comes after one of the cursors, as far as elsewhere: what was fetched since does not count. */
  isDiverted(): boolean;
}

/** What waits for being sealed: enough for the disk to be asked seldom, and little enough to be kept in memory. */
const MOST_BYTES = 12 * 1024 * 1024;

/** A portion that is staged: what is left of its records is bytes and numbers, and no objects, of which there may be very many. */
interface StagedPortion extends Pick<Portion, 'cursor' | 'remaining'> {
  readonly segment: string | HeldSegment;
  readonly records: number;
}

/**
 * While one portion is being sealed, those that come meanwhile are staged and wait, and are then sealed as one: a quick vendor does not wait for
 * the disk at each answer, and of a slow one each answer is safe at once.
 */
export function sealPortions(deps: Dependencies, walk: SealedWalk): PortionSealing {
  let waiting: StagedPortion[] = [];
  let bytes = 0;
  let isDiverted = false;
  let running: Promise<void> | undefined;
  let present: Promise<boolean> | undefined;

  async function run(): Promise<void> {
    while (waiting.length > 0 && !isDiverted) {
      const some = waiting;
      [waiting, bytes] = [[], 0];
      present = sealAsOne(deps, walk, some);
      isDiverted = !(await present);
      for (const { segment } of some) if (typeof segment !== 'string') segment.release();
      heartbeat({ portions: walk.portions, records: walk.records, cursor: walk.cursor });
    }
    running = undefined;
  }

  return {
    async add(portion) {
      waiting.push(await stage(deps, walk, portion));
      bytes += portion.records.reduce((sum, record) => sum + record.bytes.length, 0);
      running ??= run();
      // Met by whoever waits for it: below, or at the end.
      running.catch(() => undefined);
      if (bytes >= MOST_BYTES) await present;
    },
    end: async () => running,
    isDiverted: () => isDiverted,
  };
}

async function stage({ archive }: Dependencies, { id, stream }: SealedWalk, portion: Portion): Promise<StagedPortion> {
  const { records, cursor, remaining } = portion;
  const staging = archive.stage(id);
  await staging.page(records, (record) => stream.identify(record));
  const segment = (await staging.hold()) ?? (await staging.finish()).key;
  return { segment, records: records.length, cursor, ...(remaining !== undefined && { remaining }) };
}

/** @returns whether the ledger stands where these portions end */
async function sealAsOne(deps: Dependencies, walk: SealedWalk, portions: readonly StagedPortion[]): Promise<boolean> {
  const { id, source, cursor } = walk;
  const [first, last] = [portions[0], portions.at(-1)];
  if (first === undefined || last === undefined) return true;
  const { workflowId = '', runId = '' } = activityInfo().workflowExecution ?? {};
  const whose = { ...id, type: source.type };
  const receipt = await deps.archive.seal(
    {
      slice: { ...whose, kind: 'portion', after: cursor, upto: last.cursor, revision: 1 },
      segments: portions.map(({ segment }) => segment),
      // What the vendor said before the first of them.
      reported: first.remaining === undefined ? null : first.remaining + first.records,
      redaction: walk.redaction,
      run: { workflowId, runId },
      sealedAt: toIso(Date.now()),
    },
    cancellationSignal(),
  );
  const committed = await deps.ledger.commit(receipt);
  const { manifest } = receipt;
  if (committed === 'present' && isOlder(manifest, walk)) {
    throw new CursorStuck(`${id.stream}: the vendor leads back to ${cursor}, which was passed at ${manifest.sealedAt}`);
  }
  walk.portions += 1;
  walk.records += manifest.records;
  walk.repeats += manifest.repeats;
  walk.remaining = last.remaining ?? null;
  walk.cursor = manifest.kind === 'portion' ? manifest.upto : last.cursor;
  return walk.cursor === last.cursor;
}

/** Not of an attempt that runs, or ran, beside this one. */
function isOlder({ sealedAt }: Manifest, { startedAt }: SealedWalk): boolean {
  return (fromIso(sealedAt) ?? 0) < startedAt - 60 * SECOND;
}

import type { Config } from '../config/load.ts';
import { plan, reachable, startOf, windowLength } from '../core/due.ts';
import { formatStreamId, isPull, WATCHDOG_ID } from '../core/ids.ts';
import { clip, lengthOf, subtract, union } from '../core/intervals.ts';
import { formatDuration, fromIso, toIso } from '../core/time.ts';
import type { PlannedSchedule } from '../temporal/schedules.ts';
import type { LedgerReader } from './ledger.ts';
import { isWindowStream, knownStreams, type KnownStream, type KnownWindowStream } from './streams.ts';

interface Known {
  readonly config: Config;
  readonly ledger: LedgerReader;
  /** Names of what the configuration no longer has. */
  readonly orphans: readonly string[];
  readonly now: number;
}

/** What a planned change means for what is pulled, held and lost, a sentence each. From the ledger as it is now. */
export async function consequencesOf(schedule: PlannedSchedule, known: Known): Promise<readonly string[]> {
  const { id, action, about, orphaned } = schedule;
  if (!isPull(id)) return ofOther(id, action);
  if (orphaned) return ofOrphan(action, about);
  const stream = knownStreams(known.config).find((one) => formatStreamId(one) === about);
  const here = action === 'create' ? renamed(about, known) : [];
  if (stream === undefined) return here;
  if (action === 'create') return [...here, ...(await ofNew(stream, known))];
  if (action === 'resume') return ['pulled again: what the vendor still has of the time between is caught up'];
  if (action !== 'update') return [];
  return await ofChanges(schedule, stream, known);
}

/** What runs by the clock beside pulls touches nothing that is held. */
function ofOther(id: string, action: PlannedSchedule['action']): readonly string[] {
  const what =
    id === WATCHDOG_ID
      ? 'what should be held is compared with the ledger'
      : 'sealed windows are looked at again for events that came late';
  if (action === 'create' || action === 'resume') return [what];
  return action === 'pause' || action === 'delete' ? [`no longer: ${what}`] : [];
}

function ofOrphan(action: PlannedSchedule['action'], about: string): readonly string[] {
  const stays = `its records and its coverage stay under ${about}`;
  if (action === 'delete') return [`only the schedule goes: ${stays}`];
  return [`not in the configuration any more, so not pulled: ${stays}`];
}

/** A stream whose other half is the same is probably the old name of this one. */
function renamed(about: string, { orphans }: Known): readonly string[] {
  const [source, stream] = halves(about);
  return orphans
    .filter((orphan) => halves(orphan)[0] === source || halves(orphan)[1] === stream)
    .map((orphan) => `a new name is a new stream: what ${orphan} holds stays under that name, and is not carried over`);
}

function halves(name: string): readonly [string, string] {
  const slash = name.indexOf('/');
  return [name.slice(0, slash), name.slice(slash + 1)];
}

async function ofNew(stream: KnownStream, { ledger, now }: Known): Promise<readonly string[]> {
  const applied = (await ledger.streams()).find((one) => formatStreamId(one) === formatStreamId(stream));
  if (!isWindowStream(stream)) {
    return [applied === undefined ? beginning(stream, now) : 'the ledger knows this stream: it goes on where it was'];
  }
  const { limits } = stream.window;
  const start = startOf(stream.settings.start, applied?.appliedAt ?? now, limits);
  const coverage = await ledger.coverage(stream, { from: 0, until: now });
  const window = windowLength(stream.window, stream.settings);
  const due = plan({ now, limits, window, start, ...coverage });
  const begins = applied === undefined ? 'coverage begins' : 'the ledger knows this stream: its coverage began';
  const lost = lengthOf(due.lost);
  return [
    `${begins} ${toIso(start)}; ${due.windows.length} ${due.windows.length === 1 ? 'window is' : 'windows are'} due at once`,
    ...(lost === 0 ? [] : [`${formatDuration(lost)} of that the vendor no longer has: recorded as lost`]),
  ];
}

function beginning({ shape, settings: { start } }: KnownStream, now: number): string {
  const from = start === 'all' ? 'as far back as the vendor has it' : toIso(start ?? now).slice(0, 10);
  if (start !== undefined) return `begins with ${from}`;
  return shape === 'report' ? 'begins with the days that the vendor may still change' : 'begins 24 hours back';
}

async function ofChanges(
  { changes, wanted }: PlannedSchedule,
  stream: KnownStream,
  known: Known,
): Promise<readonly string[]> {
  const words: string[] = [];
  for (const { what, from, to } of changes) {
    if (what === 'when' && wanted !== undefined) {
      words.push(
        'a pull that runs is not disturbed; the ledger decides what is due, so no window is left out or doubled',
      );
    }
    if (what === 'window' && isWindowStream(stream)) {
      words.push(`windows of ${to} from the next pull on; what is sealed in windows of ${from} stays as it is`);
    }
    if (what === 'start' && isWindowStream(stream)) words.push(...(await ofStart(stream, from, known)));
  }
  return words;
}

/** A start that moved wants more, or gives up what it no longer asks for. */
async function ofStart(stream: KnownWindowStream, before: string, { ledger, now }: Known): Promise<readonly string[]> {
  const { limits } = stream.window;
  const coverage = await ledger.coverage(stream, { from: 0, until: now });
  const appliedAt =
    (await ledger.streams()).find((one) => formatStreamId(one) === formatStreamId(stream))?.appliedAt ?? now;
  const old = startOf(before === 'all' ? before : fromIso(before), appliedAt, limits);
  const start = startOf(stream.settings.start, appliedAt, limits);
  if (start === old) return [];
  const stretch = { from: Math.min(old, start), until: Math.max(old, start) };
  const named = `[${toIso(stretch.from)}, ${toIso(stretch.until)})`;
  if (start > old) {
    const held = lengthOf(clip(coverage.held, stretch));
    return [`no longer asks for ${named}: the ${formatDuration(held)} held of it stay, its gaps count no more`];
  }
  const missing = subtract([stretch], union(coverage.held, coverage.lost));
  const lost = lengthOf(clip(missing, { from: -Infinity, until: reachable(limits, now).from }));
  return [
    `asks for ${named} as well: ${formatDuration(lengthOf(missing) - lost)} to extract`,
    ...(lost > 0 ? [`${formatDuration(lost)} of it the vendor no longer has: recorded as lost`] : []),
  ];
}

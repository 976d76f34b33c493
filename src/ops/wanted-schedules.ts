import type { Config } from '../config/load.ts';
import { windowLength } from '../core/due.ts';
import { formatStreamId, reconcileId, scheduleId, WATCHDOG_ID } from '../core/ids.ts';
import { HOUR, MINUTE, toIso } from '../core/time.ts';
import { writeLength } from '../sources/fields.ts';
import type { WantedSchedule } from '../temporal/schedules.ts';
import type { pull } from '../workflows/pull.ts';
import type { reconcile } from '../workflows/reconcile.ts';
import type { watchdog } from '../workflows/watchdog.ts';
import { kindKey, sourceKey, streamKey } from '../workflows/search-attributes.ts';
import { knownStreams, type KnownStream } from './streams.ts';

/** Every schedule that a configuration wants, in the order of the file. Whatever else runs by the clock adds its own to this list. */
export function wantedSchedules(config: Config): readonly WantedSchedule[] {
  const streams = knownStreams(config);
  const lookedAtAgain = streams.filter(({ window }) => window?.limits.reconcile !== undefined);
  return [...streams.map(pullSchedule), ...lookedAtAgain.map(reconcileSchedule), watchdogSchedule];
}

/** The schedule that pulls one stream. */
function pullSchedule(stream: KnownStream): WantedSchedule {
  const id = { source: stream.source, stream: stream.stream };
  return {
    id: scheduleId(id),
    about: formatStreamId(id),
    workflow: 'pull' satisfies (typeof pull)['name'],
    args: [id],
    summary: `pull ${formatStreamId(id)}`,
    searchAttributes: [
      { key: sourceKey, value: id.source },
      { key: streamKey, value: id.stream },
      { key: kindKey, value: 'pull' },
    ],
    ...stream.settings.schedule,
    settings: settingsOf(stream),
  };
}

/** What the ledger's gaps depend on: a plan says what a change of it asks for, or gives up. */
function settingsOf({ settings, window }: KnownStream): Readonly<Record<string, string>> {
  const { start } = settings;
  return {
    ...(start === undefined ? {} : { start: typeof start === 'number' ? toIso(start) : start }),
    ...(window === undefined ? {} : { window: writeLength(windowLength(window, settings)) }),
  };
}

/** Moments of looks are hours apart. Half an hour after most pulls: the two need the same connections. */
const RECONCILE = { every: HOUR, offset: 37 * MINUTE };

/** The schedule that looks at a stream's sealed windows again, for events that came late. */
function reconcileSchedule({ source, stream }: KnownStream): WantedSchedule {
  const id = { source, stream };
  return {
    id: reconcileId(id),
    about: formatStreamId(id),
    workflow: 'reconcile' satisfies (typeof reconcile)['name'],
    args: [id],
    summary: `reconcile ${formatStreamId(id)}`,
    searchAttributes: [
      { key: sourceKey, value: source },
      { key: streamKey, value: stream },
      { key: kindKey, value: 'reconcile' },
    ],
    ...RECONCILE,
  };
}

/** Five minutes are the shortest schedule that a vendor's window makes sense of: what did not start is found within one. */
const watchdogSchedule: WantedSchedule = {
  id: WATCHDOG_ID,
  about: WATCHDOG_ID,
  workflow: 'watchdog' satisfies (typeof watchdog)['name'],
  args: [],
  summary: 'compares all streams with what they should hold',
  searchAttributes: [{ key: kindKey, value: 'watchdog' }],
  every: 5 * MINUTE,
  offset: 2 * MINUTE,
};

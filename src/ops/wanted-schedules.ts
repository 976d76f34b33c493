import type { Config } from '../config/load.ts';
import { windowLength } from '../core/due.ts';
import { formatStreamId, scheduleId } from '../core/ids.ts';
import { toIso } from '../core/time.ts';
import { writeLength } from '../sources/fields.ts';
import type { WantedSchedule } from '../temporal/schedules.ts';
import type { pull } from '../workflows/pull.ts';
import { kindKey, sourceKey, streamKey } from '../workflows/search-attributes.ts';
import { knownStreams, type KnownStream } from './streams.ts';

/** Every schedule that a configuration wants, in the order of the file. Whatever else runs by the clock adds its own to this list. */
export function wantedSchedules(config: Config): readonly WantedSchedule[] {
  return knownStreams(config).map(pullSchedule);
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

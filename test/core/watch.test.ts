import { describe, expect, it } from 'vitest';
import { alarmOfFailure, waitsForPerson } from '../../src/core/alarms.ts';
import { DAY, HOUR, MINUTE, toIso } from '../../src/core/time.ts';
import {
  countAlarms,
  gapAlarms,
  missingTick,
  positionAlarms,
  reportAlarms,
  scheduleAlarms,
  workerAlarms,
  type ScheduledStream,
} from '../../src/core/watch.ts';

const ID = { source: 'acme', stream: 'www.example.com' };
const NOW = Date.parse('2026-11-21T10:20:00Z');
const TICK = Date.parse('2026-11-21T10:06:00Z');
const schedule = { every: HOUR, offset: 6 * MINUTE };
const scheduled = (changes: Partial<ScheduledStream> = {}): ScheduledStream => ({
  ...ID,
  schedule,
  facts: { paused: false, since: NOW - DAY, lastTickAt: TICK, missed: 0 },
  extractor: { running: false, outcome: 'sealed' },
  missedBefore: 0,
  ...changes,
});
const facts = (changes: object) => ({
  facts: { paused: false, since: NOW - DAY, lastTickAt: TICK, missed: 0, ...changes },
});
const kinds = (alarms: readonly { kind: string }[]): readonly string[] => alarms.map(({ kind }) => kind);

describe('a tick that did not start its pull', () => {
  it.each<[string, number | undefined, Partial<ScheduledStream>]>([
    ['is none when it did', undefined, {}],
    ['is the latest that should have', TICK, facts({ lastTickAt: TICK - HOUR })],
    ['is found where the schedule never fired', TICK, { facts: { paused: false, since: 0, missed: 0 } }],
    ['is not one of before the schedule was made', undefined, facts({ since: TICK + 1, lastTickAt: undefined })],
    ['is left alone where a person paused it', undefined, facts({ paused: true, lastTickAt: TICK - DAY })],
    [
      'does not matter while the extractor is at work',
      undefined,
      { ...facts({ lastTickAt: 0 }), extractor: { running: true } },
    ],
  ])('%s', (_name, expected, changes) => {
    expect(missingTick(scheduled(changes), NOW)).toBe(expected);
  });

  it('gets some minutes, and is found where there is no schedule at all', () => {
    expect(missingTick(scheduled(facts({ lastTickAt: TICK - HOUR })), TICK + 2 * MINUTE)).toBeUndefined();
    const { facts: _none, ...rest } = scheduled();
    expect(missingTick(rest, NOW)).toBe(TICK);
  });
});

describe('what the watchdog raises', () => {
  it('is nothing when all is well', () => {
    expect(scheduleAlarms(scheduled(), NOW)).toEqual([]);
    expect(gapAlarms(ID, { gaps: [] }, { lostLately: [], now: NOW })).toEqual([]);
    expect(workerAlarms({ tasks: 3, age: 10_000 })).toEqual([]);
    expect(
      countAlarms(ID, [
        { records: 3, reported: 3 },
        { records: 1, reported: null },
      ]),
    ).toEqual([]);
  });

  it('names what keeps pulls from starting', () => {
    expect(scheduleAlarms(scheduled(facts({ lastTickAt: 0 })), NOW)).toMatchObject([
      { kind: 'tick-missed', message: expect.stringContaining(toIso(TICK)) as string },
    ]);
    const { facts: _none, ...missing } = scheduled();
    expect(kinds(scheduleAlarms(missing, NOW))).toEqual(['schedule-missing']);
    expect(scheduleAlarms(scheduled(facts({ paused: true, note: 'maintenance' })), NOW)).toMatchObject([
      { kind: 'schedule-paused', message: expect.stringContaining('(maintenance)') as string },
    ]);
    expect(scheduleAlarms(scheduled(facts({ paused: true })), NOW)[0]?.message).not.toContain('(');
    expect(scheduleAlarms(scheduled(facts({ missed: 1 })), NOW)[0]?.message).toContain('one pull was');
    expect(scheduleAlarms(scheduled(facts({ missed: 3 })), NOW)[0]?.message).toContain('3 pulls were');
    const { missedBefore: _first, ...newcomer } = scheduled(facts({ missed: 3 }));
    expect(scheduleAlarms(newcomer, NOW)).toEqual([]);
  });

  it('names a run that ended with what no further try heals, until the next one runs', () => {
    const extractor = { running: false, outcome: 'credentials-rejected' };
    expect(kinds(scheduleAlarms(scheduled({ extractor }), NOW))).toEqual(['credentials-rejected']);
    expect(scheduleAlarms(scheduled({ extractor: { ...extractor, running: true } }), NOW)).toEqual([]);
    expect(scheduleAlarms(scheduled({ extractor: { running: false, outcome: 'unavailable' } }), NOW)).toEqual([]);
    expect(scheduleAlarms(scheduled({ extractor: { running: false } }), NOW)).toEqual([]);
  });

  it('says how long there is to save what is at risk, and what was lost', () => {
    const gap = { from: NOW - 20 * HOUR, until: NOW - 18 * HOUR, state: 'at-risk' as const };
    const lostLately = [{ from: NOW - DAY, until: NOW - 23 * HOUR }];
    const [atRisk, lost] = gapAlarms(ID, { gaps: [{ ...gap, deadline: NOW + HOUR }] }, { lostLately, now: NOW });
    expect(atRisk).toMatchObject({ kind: 'at-risk', message: expect.stringMatching(/^2 h .* in 1 h:/) as string });
    expect(lost).toMatchObject({ kind: 'lost', message: expect.stringMatching(/^1 h were lost/) as string });
    expect(gapAlarms(ID, { gaps: [gap] }, { lostLately: [], now: NOW })[0]?.message).toContain('in ?');
  });

  it('compares the vendor’s counts with what is held', () => {
    const slices = [
      { records: 10, reported: 12 },
      { records: 5, reported: 5 },
    ];
    expect(countAlarms(ID, slices)).toMatchObject([
      { kind: 'counts-differ', message: expect.stringMatching(/counts 12 .* in 1 slice .* and 10 are held/) as string },
    ]);
  });

  it('finds workers that have no time', () => {
    expect(workerAlarms({ tasks: 40, age: 2 * MINUTE })).toMatchObject([{ kind: 'worker-behind', source: '' }]);
  });
});

describe('a sequence', () => {
  const position = { movedAt: NOW - 4 * HOUR, endedAt: null, remaining: 1_200 };

  it('that stands still though records are ahead is told', () => {
    const [alarm] = positionAlarms(ID, position, HOUR, NOW);
    expect(alarm).toMatchObject({
      kind: 'no-progress',
      message: expect.stringContaining('1,200 records ahead') as string,
    });
    expect(positionAlarms(ID, { ...position, remaining: null }, HOUR, NOW)[0]?.message).not.toContain('ahead');
    expect(positionAlarms(ID, { ...position, movedAt: NOW - HOUR }, HOUR, NOW)).toEqual([]);
    expect(positionAlarms(ID, { ...position, endedAt: NOW - HOUR }, HOUR, NOW)).toEqual([]);
    expect(positionAlarms(ID, undefined, HOUR, NOW)).toEqual([]);
  });

  it('that a person must help is told at once, what may pass is not', () => {
    const failed = (name: string) =>
      kinds(positionAlarms(ID, { ...position, movedAt: NOW, failure: { name } }, HOUR, NOW));
    expect(failed('credentials-rejected')).toEqual(['credentials-rejected']);
    expect(failed('unavailable')).toEqual([]);
  });
});

describe('reports', () => {
  const look = { began: '2026-11-01', lookBack: 7 };
  const held = (...days: readonly number[]): ReadonlySet<string> => new Set(days.map((day) => `2026-11-${day}`));
  const expected = [14, 15, 16, 17, 18, 19];

  it('of days that are complete by now are expected, today’s and yesterday’s are not', () => {
    expect(reportAlarms(ID, { ...look, held: held(...expected) }, NOW)).toEqual([]);
    expect(reportAlarms(ID, { ...look, held: held(...expected.filter((day) => day !== 16)) }, NOW)).toMatchObject([
      { kind: 'day-missing', message: 'nothing was published for 2026-11-16' },
    ]);
  });

  it('none at all looks like a subscription that has ended', () => {
    expect(kinds(reportAlarms(ID, { ...look, held: held() }, NOW))).toEqual(['nothing-published']);
    expect(kinds(reportAlarms(ID, { ...look, began: '2026-11-19', held: held() }, NOW))).toEqual(['day-missing']);
  });

  it('are not expected of before the stream began', () => {
    expect(reportAlarms(ID, { ...look, began: '2026-11-20', held: held() }, NOW)).toEqual([]);
    expect(reportAlarms(ID, { ...look, began: 'no day', held: held() }, NOW)).toEqual([]);
  });
});

describe('an alarm', () => {
  it('waits for a person, or is only told', () => {
    expect(waitsForPerson({ kind: 'credentials-rejected' })).toBe(true);
    expect(waitsForPerson({ kind: 'schedule-paused' })).toBe(false);
    expect(alarmOfFailure('credentials-rejected')).toBe('credentials-rejected');
    expect(alarmOfFailure('at-risk')).toBeUndefined();
    expect(alarmOfFailure('sealed')).toBeUndefined();
  });
});

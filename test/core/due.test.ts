import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { WindowLimits } from '../../src/core/contract.ts';
import {
  cut,
  deadlineOf,
  divide,
  halve,
  plan,
  reachable,
  startOf,
  windowLength,
  type Standing,
} from '../../src/core/due.ts';
import { clip, lengthOf, subtract, union } from '../../src/core/intervals.ts';
import { DAY, HOUR, isoInterval, MINUTE, SECOND } from '../../src/core/time.ts';

const limits: WindowLimits = {
  longest: DAY,
  grain: MINUTE,
  settling: 5 * MINUTE,
  retention: 24 * HOUR + 5 * MINUTE,
  safety: MINUTE,
  cursorValidity: MINUTE,
};
const at = (text: string): number => Date.parse(text);
const standing = (over: Partial<Standing>): Standing => ({
  now: at('2026-11-21T10:06:00Z'),
  limits,
  window: HOUR,
  start: at('2026-11-21T07:00:00Z'),
  wanted: [],
  held: [],
  lost: [],
  ...over,
});
const hours = (from: string, until: string): { from: number; until: number } => ({ from: at(from), until: at(until) });

describe('what is due', () => {
  it('is the newest settled window first, then the others by deadline', () => {
    const due = plan(standing({}));
    expect(due.windows.map(isoInterval)).toEqual([
      { from: '2026-11-21T09:00:00Z', until: '2026-11-21T10:00:00Z' },
      { from: '2026-11-21T07:00:00Z', until: '2026-11-21T08:00:00Z' },
      { from: '2026-11-21T08:00:00Z', until: '2026-11-21T09:00:00Z' },
    ]);
    expect(due.lost).toEqual([]);
  });

  it('leaves an hour alone until the whole of it has settled, with a margin for the clock', () => {
    const now = at('2026-11-21T10:05:59Z');
    expect(plan(standing({ now })).windows[0]).toEqual(hours('2026-11-21T08:00Z', '2026-11-21T09:00Z'));
  });

  it('is nothing once everything is held', () => {
    expect(plan(standing({ held: [hours('2026-11-21T07:00Z', '2026-11-21T10:00Z')] })).windows).toEqual([]);
  });

  it('is only the missing part of a window that was cut in two', () => {
    const held = [hours('2026-11-21T07:00Z', '2026-11-21T09:30Z')];
    expect(plan(standing({ held })).windows).toEqual([hours('2026-11-21T09:30Z', '2026-11-21T10:00Z')]);
  });

  it('includes what an operator wants, though the start does not ask for it', () => {
    const wanted = [hours('2026-11-21T02:10Z', '2026-11-21T02:50Z')];
    expect(plan(standing({ wanted, held: [hours('2026-11-21T07:00Z', '2026-11-21T10:00Z')] })).windows).toEqual(wanted);
  });

  it('heals an outage of 23 hours without a loss', () => {
    const now = at('2026-11-22T09:06:00Z');
    const due = plan(standing({ now, held: [hours('2026-11-21T07:00Z', '2026-11-21T10:00Z')] }));
    expect(due.lost).toEqual([]);
    expect(lengthOf(due.windows)).toBe(23 * HOUR);
  });

  it('records exactly the minutes that an outage of 25 hours lost, and salvages the rest of that hour', () => {
    const now = at('2026-11-22T11:06:00Z');
    const due = plan(standing({ now, held: [hours('2026-11-21T07:00Z', '2026-11-21T10:00Z')] }));
    expect(due.lost).toEqual([hours('2026-11-21T10:00Z', '2026-11-21T11:02Z')]);
    expect(due.windows[0]).toEqual(hours('2026-11-22T10:00Z', '2026-11-22T11:00Z'));
    expect(due.windows[1]).toEqual(hours('2026-11-21T11:02Z', '2026-11-21T12:00Z'));
    expect(lengthOf(due.windows)).toBe(24 * HOUR - 2 * MINUTE);
  });

  it('never loses what is recorded as lost a second time', () => {
    const now = at('2026-11-22T11:06:00Z');
    const first = plan(standing({ now }));
    expect(plan(standing({ now, lost: first.lost })).lost).toEqual([]);
  });

  it('accounts for every minute of the asked range: held, due, lost or not settled yet, and no minute twice', () => {
    const span = fc.tuple(fc.nat(60 * 40), fc.nat(300)).map(([from, length]) => ({
      from: at('2026-11-20T00:00Z') + from * MINUTE,
      until: at('2026-11-20T00:00Z') + (from + length) * MINUTE,
    }));
    fc.assert(
      fc.property(
        fc.array(span),
        fc.array(span),
        fc.nat(60 * 40),
        fc.constantFrom(5, 15, 60),
        (held, wanted, late, size) => {
          const start = at('2026-11-20T00:00Z');
          const now = start + late * MINUTE + 30 * SECOND;
          const due = plan(standing({ now, start, held: union(held), wanted: union(wanted), window: size * MINUTE }));
          const settled = {
            from: start,
            until: Math.floor(reachable(limits, now).until / (size * MINUTE)) * size * MINUTE,
          };
          const asked = subtract(clip([settled], { from: start, until: Math.max(start, settled.until) }), union(held));
          expect(subtract(asked, union(due.windows, due.lost))).toEqual([]);
          expect(lengthOf(union(due.windows))).toBe(lengthOf(due.windows));
          expect(clip(union(due.windows), { from: 0, until: reachable(limits, now).from })).toEqual([]);
          for (const one of due.windows) expect(one.until - one.from).toBeLessThanOrEqual(size * MINUTE);
        },
      ),
    );
  });
});

describe('windows', () => {
  it('are cut along the grid of the day, with the rest at the ends', () => {
    expect(cut(hours('2026-11-21T09:30Z', '2026-11-21T11:10Z'), HOUR)).toEqual([
      hours('2026-11-21T09:30Z', '2026-11-21T10:00Z'),
      hours('2026-11-21T10:00Z', '2026-11-21T11:00Z'),
      hours('2026-11-21T11:00Z', '2026-11-21T11:10Z'),
    ]);
  });

  it.each([
    ['09:00', '10:00', '09:30'],
    ['09:00', '09:03', '09:01'],
    ['09:00', '09:02', '09:01'],
  ])('[%s, %s) is halved at %s, on whole minutes', (from, until, middle) => {
    const day = (time: string): string => `2026-11-21T${time}Z`;
    expect(halve(hours(day(from), day(until)), MINUTE)).toEqual([
      hours(day(from), day(middle)),
      hours(day(middle), day(until)),
    ]);
  });

  it('cannot be halved below one grain', () => {
    expect(halve(hours('2026-11-21T09:00Z', '2026-11-21T09:01Z'), MINUTE)).toBeUndefined();
  });

  it('are forgotten from their first minute on', () => {
    expect(deadlineOf(limits, hours('2026-11-21T09:00Z', '2026-11-21T10:00Z'))).toBe(at('2026-11-22T09:04:00Z'));
  });
});

describe('a stream begins', () => {
  const appliedAt = at('2026-11-21T10:06:30Z');

  it('24 hours before it was first applied', () => {
    expect(startOf(undefined, appliedAt, limits)).toBe(at('2026-11-20T10:06:00Z'));
  });

  it('as far back as the vendor keeps, where that is less or all is asked for', () => {
    expect(startOf(undefined, appliedAt, { ...limits, retention: 12 * HOUR })).toBe(at('2026-11-20T22:08:00Z'));
    expect(startOf('all', appliedAt, limits)).toBe(at('2026-11-20T10:03:00Z'));
  });

  it('where the operator says, on a whole grain', () => {
    expect(startOf(at('2026-11-01T00:00:30Z'), appliedAt, limits)).toBe(at('2026-11-01T00:01:00Z'));
  });
});

describe('a vendor that forgets a whole day at midnight', () => {
  const daily: WindowLimits = { ...limits, retention: 3 * DAY, retentionStep: DAY };

  it('still serves the first hour of the oldest day a minute before midnight, and nothing of that day after it', () => {
    expect(reachable(daily, at('2026-11-21T23:58:59Z')).from).toBe(at('2026-11-18T00:00:00Z'));
    expect(reachable(daily, at('2026-11-21T23:59:00Z')).from).toBe(at('2026-11-19T00:00:00Z'));
  });

  it('has one deadline for every hour of a day, a minute before the midnight that takes it', () => {
    const deadline = at('2026-11-21T23:59:00Z');
    expect(deadlineOf(daily, hours('2026-11-18T00:00Z', '2026-11-18T01:00Z'))).toBe(deadline);
    expect(deadlineOf(daily, hours('2026-11-18T23:00Z', '2026-11-19T00:00Z'))).toBe(deadline);
  });

  it('takes a window for lost exactly from its deadline on', () => {
    const window = hours('2026-11-18T00:00Z', '2026-11-18T01:00Z');
    const lostAt = (now: number): readonly unknown[] =>
      plan(standing({ limits: daily, start: window.from, held: [{ from: window.until, until: now }], now })).lost;
    const deadline = deadlineOf(daily, window);
    expect(lostAt(deadline - 1)).toEqual([]);
    expect(lostAt(deadline)).toEqual([window]);
  });
});

describe('the length of a window', () => {
  it("is the stream's own where it has one, else its source's", () => {
    expect(windowLength({}, { window: HOUR })).toBe(HOUR);
    expect(windowLength({ window: DAY }, { window: HOUR })).toBe(DAY);
  });
});

describe('who asks for what is due', () => {
  const wanted = [
    hours('2026-11-21T02:00:00Z', '2026-11-21T05:00:00Z'),
    hours('2026-11-21T06:30:00Z', '2026-11-21T07:00:00Z'),
  ];
  const found = standing({ wanted });
  const { own, wanted: only } = divide(plan(found).windows, found);

  it('is the stream itself from its start on, the newest window first', () => {
    expect(own.map(({ from }) => new Date(from).getUTCHours())).toEqual([9, 7, 8]);
  });

  it('and before it operators alone, by deadline', () => {
    expect(only.map(isoInterval).map(({ from }) => from)).toEqual([
      '2026-11-21T02:00:00Z',
      '2026-11-21T03:00:00Z',
      '2026-11-21T04:00:00Z',
      '2026-11-21T06:30:00Z',
    ]);
  });

  it('and nothing of it gets lost in between, and nothing is there twice', () => {
    const range = fc.tuple(fc.nat(20), fc.nat(8)).map(([from, length]) => ({
      from: at('2026-11-20T12:00:00Z') + from * HOUR,
      until: at('2026-11-20T12:00:00Z') + (from + length) * HOUR,
    }));
    fc.assert(
      fc.property(fc.array(range), fc.array(range), (some, held) => {
        const one = standing({ wanted: union(some), held: union(held) });
        const { windows } = plan(one);
        const divided = divide(windows, one);
        const inOrder = (list: readonly { from: number }[]): readonly number[] =>
          list.map(({ from }) => from).toSorted((a, b) => a - b);
        expect(inOrder([...divided.own, ...divided.wanted])).toEqual(inOrder(windows));
      }),
    );
  });
});

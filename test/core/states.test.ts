import { describe, expect, it } from 'vitest';
import type { WindowLimits } from '../../src/core/contract.ts';
import { lengthOf } from '../../src/core/intervals.ts';
import { deriveState, type Observed } from '../../src/core/states.ts';
import { DAY, HOUR, MINUTE } from '../../src/core/time.ts';

const limits: WindowLimits = {
  longest: DAY,
  grain: MINUTE,
  settling: 5 * MINUTE,
  retention: 24 * HOUR + 5 * MINUTE,
  safety: MINUTE,
  cursorValidity: MINUTE,
};
const at = (text: string): number => Date.parse(text);
const hours = (from: string, until: string): { from: number; until: number } => ({ from: at(from), until: at(until) });
const observed = (over: Partial<Observed>): Observed => ({
  now: at('2026-11-21T10:06:00Z'),
  limits,
  window: HOUR,
  every: HOUR,
  start: at('2026-11-21T05:00Z'),
  wanted: [],
  held: [],
  lost: [],
  failed: [],
  ...over,
});

describe('the state of a stream', () => {
  it('is current when everything settled is held', () => {
    const state = deriveState(observed({ held: [hours('2026-11-21T05:00Z', '2026-11-21T10:00Z')] }));
    expect(state).toEqual({ state: 'current', watermark: at('2026-11-21T10:00Z'), lag: 6 * MINUTE, gaps: [], lost: 0 });
  });

  it('is settling while nothing was due yet', () => {
    expect(deriveState(observed({ start: at('2026-11-21T10:00Z') })).state).toBe('settling');
  });

  it('is due in the tick’s own time, and late after it', () => {
    const held = [hours('2026-11-21T05:00Z', '2026-11-21T09:00Z')];
    expect(deriveState(observed({ held })).state).toBe('due');
    const late = deriveState(observed({ held, now: at('2026-11-21T11:30Z') }));
    expect(late.state).toBe('late');
    expect(late.gaps.map(({ state }) => state)).toEqual(['late', 'due']);
  });

  it('is no worse for what a running backfill wants from before its start, however near its deadline; a wish without one is late', () => {
    const range = hours('2026-11-21T01:00Z', '2026-11-21T03:00Z');
    const held = [hours('2026-11-21T05:00Z', '2026-11-21T10:00Z')];
    const now = at('2026-11-21T10:06:00Z');
    const backfilled = deriveState(observed({ held, now, wanted: [range], backfilling: [range] }));
    expect(backfilled.state).toBe('due');
    expect(backfilled.gaps).toEqual([{ ...range, state: 'due', deadline: at('2026-11-22T01:04Z') }]);
    const soon = { ...range, from: range.from - 5 * HOUR, until: range.until - 5 * HOUR };
    const atRisk = { held, now: at('2026-11-21T18:00Z'), wanted: [soon], start: at('2026-11-21T09:00Z') };
    expect(deriveState(observed({ ...atRisk, backfilling: [soon] })).gaps[0]?.state).toBe('due');
    expect(deriveState(observed(atRisk)).gaps[0]?.state).toBe('at-risk');
    expect(deriveState(observed({ held, now, wanted: [range] })).state).toBe('late');
    // What failed is told, whoever wants it.
    expect(deriveState(observed({ held, now, wanted: [range], backfilling: [range], failed: [range] })).state).toBe(
      'failed',
    );
  });

  it('joins neighbours of one state to one gap, with the deadline of its first instant', () => {
    const held = [hours('2026-11-21T05:00Z', '2026-11-21T07:00Z')];
    const { gaps } = deriveState(observed({ held, now: at('2026-11-21T10:30Z') }));
    expect(gaps).toEqual([
      { ...hours('2026-11-21T07:00Z', '2026-11-21T09:00Z'), state: 'late', deadline: at('2026-11-22T07:04Z') },
      { ...hours('2026-11-21T09:00Z', '2026-11-21T10:00Z'), state: 'due', deadline: at('2026-11-22T09:04Z') },
    ]);
  });

  it('names a failed gap, its deadline, and where coverage reaches without a hole', () => {
    const failed = [hours('2026-11-21T07:00Z', '2026-11-21T08:00Z')];
    const held = [hours('2026-11-21T05:00Z', '2026-11-21T07:00Z'), hours('2026-11-21T08:00Z', '2026-11-21T10:00Z')];
    const state = deriveState(observed({ held, failed }));
    expect(state).toMatchObject({
      state: 'failed',
      watermark: at('2026-11-21T07:00Z'),
      deadline: at('2026-11-22T07:04Z'),
      gaps: [{ ...failed[0], state: 'failed' }],
    });
  });

  it('is at risk when less than a quarter of the retention is left', () => {
    const state = deriveState(
      observed({ now: at('2026-11-22T02:06Z'), held: [hours('2026-11-21T06:00Z', '2026-11-22T02:00Z')] }),
    );
    expect(state).toMatchObject({ state: 'at-risk', gaps: [{ state: 'at-risk' }] });
  });

  it('counts what is lost, recorded or not, and joins neighbours', () => {
    const now = at('2026-11-22T10:06Z');
    const lost = [hours('2026-11-21T05:00Z', '2026-11-21T06:00Z')];
    const state = deriveState(observed({ now, lost, held: [hours('2026-11-21T10:03Z', '2026-11-22T10:00Z')] }));
    expect(state.lost).toBe(5 * HOUR + 2 * MINUTE);
    expect(state.gaps.map((gap) => gap.state)).toEqual(['lost', 'at-risk']);
    expect(state.watermark).toBe(at('2026-11-21T10:02Z'));
  });

  it('leaves out what somebody has acknowledged: neither late nor lost nor in the way of the watermark', () => {
    const now = at('2026-11-22T10:06:00Z');
    const held = [hours('2026-11-21T10:03Z', '2026-11-21T20:00Z'), hours('2026-11-21T22:00Z', '2026-11-22T10:00Z')];
    const lost = [hours('2026-11-21T05:00Z', '2026-11-21T10:03Z')];
    const gap = hours('2026-11-21T20:00Z', '2026-11-21T22:00Z');
    const without = deriveState(observed({ now, held, lost }));
    expect(without).toMatchObject({ state: 'late', watermark: at('2026-11-21T20:00Z'), lost: lengthOf(lost) });
    const acknowledged = [...lost, hours('2026-11-21T20:30Z', '2026-11-21T22:00Z')];
    const partly = deriveState(observed({ now, held, lost, acknowledged }));
    expect(partly).toMatchObject({ state: 'late', lost: 0, watermark: at('2026-11-21T20:00Z') });
    expect(partly.gaps).toMatchObject([
      { ...lost[0], state: 'acknowledged' },
      { from: gap.from, until: at('2026-11-21T20:30Z'), state: 'late' },
      { until: gap.until, state: 'acknowledged' },
    ]);
    const wholly = deriveState(observed({ now, held, lost, acknowledged: [...lost, gap] }));
    expect(wholly).toMatchObject({ state: 'current', lost: 0, watermark: at('2026-11-22T10:00Z') });
    expect(wholly.deadline).toBeUndefined();
  });

  it('is extracting while an extractor is at work, unless the deadline is near', () => {
    const held = [hours('2026-11-21T05:00Z', '2026-11-21T09:00Z')];
    expect(deriveState(observed({ held, extracting: true }))).toMatchObject({ state: 'extracting' });
    const late = observed({ held: [], extracting: true, now: at('2026-11-22T02:06Z') });
    expect(deriveState(late).state).toBe('at-risk');
  });

  it('is acknowledged and nothing else where all of it is: nobody waits for it to settle', () => {
    const acknowledged = [hours('2026-11-21T05:00Z', '2026-11-21T10:00Z')];
    expect(deriveState(observed({ acknowledged })).state).toBe('current');
  });
});

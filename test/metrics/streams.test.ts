import { describe, expect, it } from 'vitest';
import type { Config } from '../../src/config/load.ts';
import { HOUR, MINUTE, SECOND } from '../../src/core/time.ts';
import { createStreamMetrics } from '../../src/metrics/streams.ts';
import { GIB, hour, NOW, place, seal, valuesOf, WAF } from './kit.ts';

async function told(config: Config, clock = () => NOW): Promise<string> {
  const { registry, collect } = createStreamMetrics(config, clock);
  await collect();
  return await registry.metrics();
}

const START = '    start: 2026-11-21T06:00:00Z';
const waf = (text: string, name: string): string | undefined => valuesOf(text, name)['acme-waf www.example.com'];
const wafBy = (text: string, name: string, state: string): string | undefined =>
  valuesOf(text, name)[`acme-waf www.example.com ${state}`];

describe('a stream of windows', () => {
  it('that holds everything is expected to move on one tick after its next window has settled, and has no deadline', async () => {
    const { config, ledger } = await place(START);
    await ledger.apply(WAF, NOW);
    for (const before of [3, 2, 1]) await seal(ledger, hour(before), { records: before === 2 ? 0 : 3 });
    const text = await told(config);
    expect(waf(text, 'sluice_stream_watermark_timestamp_seconds')).toBe(`${hour(1).until / SECOND}`);
    expect(waf(text, 'sluice_stream_last_success_timestamp_seconds')).toBe(`${(hour(1).until + 6 * MINUTE) / SECOND}`);
    // Settled five minutes after its end, a minute kept against clock skew; pulled hourly.
    const expectedBy = hour(1).until + HOUR + 6 * MINUTE + HOUR;
    expect(waf(text, 'sluice_stream_expected_by_timestamp_seconds')).toBe(`${expectedBy / SECOND}`);
    expect(waf(text, 'sluice_stream_retention_deadline_timestamp_seconds')).toBe('+Inf');
    expect(waf(text, 'sluice_stream_retention_seconds')).toBe('86700');
    expect(wafBy(text, 'sluice_windows', 'sealed')).toBe('2');
    expect(wafBy(text, 'sluice_windows', 'empty')).toBe('1');
    expect(wafBy(text, 'sluice_windows', 'settling')).toBe('1');
    for (const state of ['due', 'late', 'failed', 'at-risk', 'lost']) {
      expect([state, wafBy(text, 'sluice_windows', state)]).toEqual([state, '0']);
    }
    expect(waf(text, 'sluice_lost_seconds_total')).toBe('0');
  });

  it('with a gap says until when it can be had, and is expected to have moved on', async () => {
    const { config, ledger } = await place(START);
    await ledger.apply(WAF, NOW);
    for (const before of [3, 1]) await seal(ledger, hour(before));
    await ledger.fail(WAF, hour(2), { name: 'unavailable', message: 'no answer' }, NOW);
    const text = await told(config);
    expect(waf(text, 'sluice_stream_watermark_timestamp_seconds')).toBe(`${hour(2).from / SECOND}`);
    const deadline = hour(2).from + 86_700 * SECOND - MINUTE;
    expect(waf(text, 'sluice_stream_retention_deadline_timestamp_seconds')).toBe(`${deadline / SECOND}`);
    expect(Number(waf(text, 'sluice_stream_expected_by_timestamp_seconds'))).toBeLessThan(NOW / SECOND);
    expect(wafBy(text, 'sluice_windows', 'failed')).toBe('1');
  });

  it('tells what is lost, and takes it off when it can be had after all', async () => {
    const { config, ledger } = await place('    start: 2026-11-20T06:00:00Z');
    await ledger.apply(WAF, NOW);
    await ledger.lose(WAF, [hour(27)], 'forgotten', NOW);
    const before = await told(config);
    // Recorded or not: what lies before the vendor's retention is lost.
    expect(waf(before, 'sluice_lost_seconds_total')).toBe(`${(3 * HOUR + 26 * MINUTE) / SECOND}`);
    expect(waf(before, 'sluice_windows_lost_total')).toBe('4');
    await seal(ledger, hour(27));
    expect(waf(await told(config), 'sluice_windows_lost_total')).toBe('3');
  });

  it('tells what operators asked for and is not held yet', async () => {
    const { config, ledger } = await place(START);
    await ledger.apply(WAF, NOW);
    for (const before of [3, 2, 1]) await seal(ledger, hour(before));
    expect(valuesOf(await told(config), 'sluice_backfill_windows')).toEqual({});
    await ledger.want(WAF, { from: hour(8).from, until: hour(6).until }, NOW);
    const text = await told(config);
    expect(wafBy(text, 'sluice_backfill_windows', 'late')).toBe('3');
    await seal(ledger, hour(7));
    expect(wafBy(await told(config), 'sluice_backfill_windows', 'late')).toBe('2');
  });

  it('that was never applied, in a ledger that does not exist, is told all the same', async () => {
    const { config } = await place();
    const text = await told({ ...config, data: `${config.data}/nowhere` });
    expect(waf(text, 'sluice_stream_expected_by_timestamp_seconds')).toBeDefined();
    expect(waf(text, 'sluice_stream_last_success_timestamp_seconds')).toBeUndefined();
  });
});

describe('a sequence', () => {
  const gib = (text: string, name: string): string | undefined => valuesOf(text, name)['acme-gib apt/threat'];

  it('that has not begun is expected to, and tells no watermark', async () => {
    const { config, ledger } = await place();
    await ledger.apply(GIB, NOW - HOUR);
    const text = await told(config);
    expect(gib(text, 'sluice_stream_watermark_timestamp_seconds')).toBeUndefined();
    expect(gib(text, 'sluice_stream_expected_by_timestamp_seconds')).toBeDefined();
    expect(gib(text, 'sluice_cursor_items_behind')).toBeUndefined();
  });

  it('holds everything up to when the vendor last had nothing more, and has no windows', async () => {
    const { config, ledger } = await place();
    await ledger.begin(GIB, '100', NOW - 2 * HOUR);
    await ledger.reachEnd(GIB, '100', NOW - HOUR);
    const text = await told(config);
    expect(gib(text, 'sluice_stream_watermark_timestamp_seconds')).toBe(`${(NOW - HOUR) / SECOND}`);
    expect(gib(text, 'sluice_stream_last_success_timestamp_seconds')).toBe(`${(NOW - HOUR) / SECOND}`);
    expect(gib(text, 'sluice_stream_retention_deadline_timestamp_seconds')).toBe('+Inf');
    expect(gib(text, 'sluice_cursor_items_behind')).toBe('0');
    expect(valuesOf(text, 'sluice_windows')).not.toHaveProperty('acme-gib apt/threat sealed');
  });
});

describe('what is told of several streams', () => {
  it('forgets none and keeps none that the configuration no longer has', async () => {
    const { config, ledger } = await place();
    await ledger.apply({ source: 'acme-waf', stream: 'removed.example.com' }, NOW);
    const streams = Object.keys(valuesOf(await told(config), 'sluice_stream_retention_seconds'));
    expect(streams).toEqual(['acme-waf www.example.com', 'acme-gib apt/threat']);
  });

  it('is written anew at each look', async () => {
    const { config, ledger } = await place(START);
    await ledger.apply(WAF, NOW);
    const { registry, collect } = createStreamMetrics(config, () => NOW);
    await collect();
    expect(waf(await registry.metrics(), 'sluice_stream_watermark_timestamp_seconds')).toBe(`${hour(3).from / SECOND}`);
    await seal(ledger, hour(3));
    await collect();
    await collect();
    expect(waf(await registry.metrics(), 'sluice_stream_watermark_timestamp_seconds')).toBe(`${hour(2).from / SECOND}`);
  });
});

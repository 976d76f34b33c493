import { describe, expect, it } from 'vitest';
import { loadConfig } from '../../src/config/load.ts';
import { toIso } from '../../src/core/time.ts';
import { readRange, readSince } from '../../src/ops/range.ts';
import { findStream } from '../../src/ops/streams.ts';
import { deployment, NAME } from '../cli/kit.ts';

const NOW = Date.parse('2026-11-22T10:30:20Z');
const iso = (range: { from: number; until: number } | undefined): string | undefined =>
  range && `${toIso(range.from)}/${toIso(range.until)}`;

async function read(from: string | undefined, until: string | undefined) {
  const { folder } = await deployment();
  const config = loadConfig(`${folder}/sluice.yaml`, { env: { SIGSCI_PASSWORD: 'secret-word' } });
  const found = readRange(findStream(config, NAME), { from, until }, NOW);
  return found && { range: iso(found.range), lost: iso(found.lost) };
}

// The vendor keeps 24 h 5 min, settles 5 min, and a minute is kept from both ends: [21st 10:27, 22nd 10:24).
describe('a range to pull', () => {
  it.each([
    ['2026-11-22T08:00Z', '2026-11-22T09:00Z', '2026-11-22T08:00:00Z/2026-11-22T09:00:00Z', undefined],
    ['2026-11-22T10:00+02:00', '2026-11-22T09:00Z', '2026-11-22T08:00:00Z/2026-11-22T09:00:00Z', undefined],
    ['2026-11-22T08:00:59Z', '2026-11-22T08:59:01Z', '2026-11-22T08:00:00Z/2026-11-22T09:00:00Z', undefined],
    ['2026-11-22', undefined, '2026-11-22T00:00:00Z/2026-11-22T10:24:00Z', undefined],
    [
      '2026-11-20',
      '2026-11-22',
      '2026-11-21T10:27:00Z/2026-11-22T00:00:00Z',
      '2026-11-20T00:00:00Z/2026-11-21T10:27:00Z',
    ],
  ])('%s to %s', async (from, until, range, lost) => {
    expect(await read(from, until)).toEqual({ range, lost });
  });

  it('is nothing when neither end is given', async () => {
    expect(await read(undefined, undefined)).toBeUndefined();
  });

  it.each([
    [undefined, '2026-11-22T09:00Z', '--from is missing'],
    ['2026-11-22T09:00', '2026-11-22T10:00Z', 'no date or time with a zone'],
    ['9 o’clock', undefined, 'no date or time with a zone'],
    ['2026-11-22T09:00Z', '2026-11-22T08:00Z', 'is not before'],
    ['2026-11-22T09:00Z', '2026-11-22T09:00Z', 'is not before'],
    ['2026-11-22T09:00Z', '2026-11-22T10:25Z', 'complete up to 2026-11-22T10:24:00Z'],
    ['2026-11-23', undefined, 'has not settled yet'],
    ['2026-11-20', '2026-11-21', 'nothing of [2026-11-20T00:00:00Z, 2026-11-21T00:00:00Z) can be had'],
  ])('%s to %s is refused', async (from, until, words) => {
    await expect(read(from, until)).rejects.toThrow(words);
    await expect(read(from, until)).rejects.toHaveProperty('name', 'UsageError');
  });
});

it('reads --since as a length of time back, or an instant', () => {
  expect(toIso(readSince('90m', NOW))).toBe('2026-11-22T09:00:20Z');
  expect(toIso(readSince('1d', NOW))).toBe('2026-11-21T10:30:20Z');
  expect(toIso(readSince('30min', NOW))).toBe('2026-11-22T10:00:20Z');
  expect(toIso(readSince('2026-11-22T09:00Z', NOW))).toBe('2026-11-22T09:00:00Z');
});

import { describe, expect, it } from 'vitest';
import { nearest } from '../../src/core/nearest.ts';

describe('the word that was probably meant', () => {
  it.each([
    ['exampel', 'example'],
    ['Event-Type', 'event_type'],
    ['rule_idd', 'rule_id'],
    ['domian', 'domain'],
  ])('%s: %s', (written, meant) => {
    expect(nearest(written, ['example', 'event_type', 'rule_id', 'domain'])).toBe(meant);
  });

  it('is none when no word is close', () => {
    expect(nearest('zebra', ['example', 'domain'])).toBeUndefined();
    expect(nearest('x', [])).toBeUndefined();
  });
});

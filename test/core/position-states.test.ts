import { describe, expect, it } from 'vitest';
import { derivePositionState } from '../../src/core/position-states.ts';
import { HOUR } from '../../src/core/time.ts';

const position = { movedAt: 100 * HOUR, endedAt: 100 * HOUR };

describe('where a sequence or a row of reports stands', () => {
  it.each([
    ['due', undefined, 100],
    ['current', position, 102],
    ['late', position, 102.1],
    ['due', { ...position, endedAt: null }, 101],
    ['late', { ...position, endedAt: null }, 103],
    ['failed', { ...position, failure: { name: 'unavailable' } }, 100],
  ] as const)('is %s', (state, known, hour) => {
    expect(derivePositionState(known, HOUR, hour * HOUR)).toBe(state);
  });
});

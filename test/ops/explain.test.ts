import { expect, it } from 'vitest';
import { failureNames } from '../../src/core/failures.ts';
import { explanations, findExplanation } from '../../src/ops/explain.ts';

it.each(failureNames)(
  '%s is explained: what happened, what it costs, who does what, how to see that it is over',
  (name) => {
    const { failure, ...parts } = findExplanation(name);
    expect(failure).toBe(name);
    expect(Object.keys(parts)).toEqual(['happened', 'costs', 'sluiceDoes', 'youDo', 'verify']);
    for (const words of Object.values(parts)) expect(words).toMatch(/^[`A-Z].*[.?]$/s);
  },
);

it.each(['config-invalid', 'temporal-unreachable', 'temporal-unavailable', 'port-in-use'])(
  '%s, which is met before anything runs, is explained as well',
  (name) => {
    expect(Object.keys(explanations)).toContain(name);
  },
);

it('finds the name that was meant', () => {
  expect(() => findExplanation('storage-ful')).toThrow('Did you mean storage-full?');
  expect(() => findExplanation('credential')).toThrow('Did you mean credentials-rejected?');
  expect(() => findExplanation('toString')).toThrow('`sluice explain` lists them');
});

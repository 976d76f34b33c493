import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  backfillId,
  backfillOf,
  connectionsId,
  extractId,
  formatStreamId,
  parseStreamId,
  pullId,
  reconcileId,
  scheduleId,
} from '../../src/core/ids.ts';

describe('ids are addresses', () => {
  const waf = { source: 'acme-waf', stream: 'www.example.com' };

  it('say what they are', () => {
    expect(pullId(waf)).toBe('pull:acme-waf:www.example.com');
    expect(scheduleId(waf)).toBe(pullId(waf));
    expect(extractId(waf)).toBe('extract:acme-waf:www.example.com');
    expect(reconcileId(waf)).toBe('reconcile:acme-waf:www.example.com');
    expect(connectionsId('acme-waf')).toBe('connections:acme-waf');
    expect(backfillId('bf-20261121-a3f9c1')).toBe('backfill:bf-20261121-a3f9c1');
    expect(backfillOf('backfill:bf-20261121-a3f9c1')).toBe('bf-20261121-a3f9c1');
    // One that was started from the Temporal UI, where nobody thinks of names.
    expect(backfillOf('3f1c')).toBe('3f1c');
  });

  it('never break a link of the Temporal UI, and never meet, whatever a stream is called', () => {
    const names = fc.string({ minLength: 1 });
    fc.assert(
      fc.property(names, names, names, names, (a, b, c, d) => {
        const [one, other] = [extractId({ source: a, stream: b }), extractId({ source: c, stream: d })];
        expect(one).not.toMatch(/[/?#\s]/);
        expect(one === other).toBe(a === c && b === d);
      }),
    );
  });

  it('come back from what a person types', () => {
    expect(parseStreamId(formatStreamId(waf))).toEqual(waf);
    expect(parseStreamId('acme-gib/apt/threat')).toEqual({ source: 'acme-gib', stream: 'apt/threat' });
    for (const wrong of ['acme-waf', '/x', 'x/', '']) expect(parseStreamId(wrong)).toBeUndefined();
  });
});

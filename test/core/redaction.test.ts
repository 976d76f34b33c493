import { describe, expect, it } from 'vitest';
import { parseFieldPath, redactionOf, stricter } from '../../src/core/redaction.ts';

describe('the policy for secrets inside the data', () => {
  it('is to mask them where nothing is said', () => {
    expect(redactionOf({ name: 's', secrets: ['password'] })).toEqual({ policy: 'mask', fields: ['password'] });
  });

  it('of a stream by itself comes before that of its source', () => {
    const setting = { policy: 'hash', streams: { s: 'keep' }, fields: ['login'] } as const;
    expect(redactionOf({ name: 's', secrets: ['password'] }, setting)).toEqual({
      policy: 'keep',
      fields: ['password', 'login'],
    });
    expect(redactionOf({ name: 'toString' }, setting)).toEqual({ policy: 'hash', fields: ['login'] });
  });

  it('is none where there are no secrets', () => {
    expect(redactionOf({ name: 's' })).toBeUndefined();
  });

  it('never becomes more open for what was sealed under a stricter one', () => {
    expect([stricter('mask', 'keep'), stricter('keep', 'hash'), stricter('hash', 'mask')]).toEqual([
      'mask',
      'hash',
      'mask',
    ]);
  });

  it('takes names with dots between them, and any depth at the beginning', () => {
    expect(parseFieldPath('cardInfo.number')).toEqual(['cardInfo', 'number']);
    expect(parseFieldPath('**.password')).toEqual(['**', 'password']);
    expect(['', 'a..b', '**', 'a.**.b'].map(parseFieldPath)).toEqual([undefined, undefined, undefined, undefined]);
  });
});

import { describe, expect, it } from 'vitest';
import * as failures from '../../src/core/failures.ts';

describe('failures carry one stable name each', () => {
  it.each([
    [new failures.Unavailable('x', { retryAfterMs: 5 }), 'unavailable'],
    [new failures.Unavailable('x'), 'unavailable'],
    [new failures.RateLimited('x', { retryAfterMs: 5 }), 'rate-limited'],
    [new failures.RateLimited('x'), 'rate-limited'],
    [new failures.CredentialsRejected('x', '${env:X}'), 'credentials-rejected'],
    [new failures.UnexpectedAnswer('x', { body: new Uint8Array(1) }), 'unexpected-answer'],
    [new failures.UnexpectedAnswer('x'), 'unexpected-answer'],
    [new failures.CursorExpired('x'), 'cursor-expired'],
    [new failures.WindowTooLarge('x'), 'window-too-large'],
    [new failures.CursorStuck('x'), 'cursor-stuck'],
    [new failures.RetentionPassed('x'), 'retention-passed'],
    [new failures.RefusedTarget('x'), 'refused-target'],
    [new failures.StagingLost('x'), 'staging-lost'],
    [new failures.StorageFull('x'), 'storage-full'],
    [new failures.ArchiveDamaged('x'), 'archive-damaged'],
    [new failures.LedgerDamaged('x'), 'ledger-damaged'],
    [new failures.UnknownStream('x'), 'unknown-stream'],
  ])('%s is %s', (failure, name) => {
    expect(failure.name).toBe(name);
    expect(failures.failureNames).toContain(name);
    expect(failure).toBeInstanceOf(Error);
  });

  it('names the place of a refused secret', () => {
    expect(new failures.CredentialsRejected('the vendor refused the login', '${env:X}').message).toContain('${env:X}');
  });
});

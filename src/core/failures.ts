/**
 * The failures of an extraction, one meaning each (DESIGN §7). The name is the `ApplicationFailure.type`, the log field, the
 * metric label and the key of `sluice explain <name>`. A source throws these and nothing else; a message names what happened
 * and where, never a secret.
 */
export const failureNames = [
  'unavailable',
  'rate-limited',
  'credentials-rejected',
  'unexpected-answer',
  'cursor-expired',
  'window-too-large',
  'cursor-stuck',
  'retention-passed',
  'refused-target',
  'staging-lost',
  'storage-full',
  'archive-damaged',
  'ledger-damaged',
  'unknown-stream',
  'range-refused',
  'cancelled',
  'internal-error',
] as const;

export type FailureName = (typeof failureNames)[number];

export class Failure extends Error {
  override readonly name: FailureName;

  constructor(name: FailureName, message: string, options?: ErrorOptions) {
    super(message, options);
    this.name = name;
  }
}

/** Network, timeout, 5xx, truncated body: may pass by itself. `retryAfterMs` when the vendor said how long. */
export class Unavailable extends Failure {
  readonly retryAfterMs: number | undefined;

  constructor(message: string, options?: ErrorOptions & { retryAfterMs?: number | undefined }) {
    super('unavailable', message, options);
    this.retryAfterMs = options?.retryAfterMs;
  }
}

/** 429, a 400 that says so, or the vendor's connection limit. `retryAfterMs` when the vendor said how long. */
export class RateLimited extends Failure {
  readonly retryAfterMs: number | undefined;

  constructor(message: string, options?: ErrorOptions & { retryAfterMs?: number | undefined }) {
    super('rate-limited', message, options);
    this.retryAfterMs = options?.retryAfterMs;
  }
}

/** Refused after one fresh login. `place` says where the secret comes from (`${env:X}`), never its value. */
export class CredentialsRejected extends Failure {
  readonly place: string;

  constructor(message: string, place: string, options?: ErrorOptions) {
    super('credentials-rejected', `${message} (secret: ${place})`, options);
    this.place = place;
  }
}

/** The exchange succeeded and the answer does not fit its schema. `body` goes to quarantine, never into a message. */
export class UnexpectedAnswer extends Failure {
  readonly body: Uint8Array | undefined;

  constructor(message: string, options?: ErrorOptions & { body?: Uint8Array | undefined }) {
    super('unexpected-answer', message, options);
    this.body = options?.body;
  }
}

/** The cursor is older than the vendor honours: the window is opened again from its first page. */
export class CursorExpired extends Failure {
  constructor(message: string, options?: ErrorOptions) {
    super('cursor-expired', message, options);
  }
}

/** The vendor will not serve so much in one answer: the window is cut in two. */
export class WindowTooLarge extends Failure {
  constructor(message: string, options?: ErrorOptions) {
    super('window-too-large', message, options);
  }
}

/** The vendor hands out a cursor that it handed out before: following it would never end. */
export class CursorStuck extends Failure {
  constructor(message: string, options?: ErrorOptions) {
    super('cursor-stuck', message, options);
  }
}

/** The vendor no longer has the window: recorded as lost. */
export class RetentionPassed extends Failure {
  constructor(message: string, options?: ErrorOptions) {
    super('retention-passed', message, options);
  }
}

/** A next link, redirect or endpoint outside the allowed origin: nothing was sent there. A security event. */
export class RefusedTarget extends Failure {
  constructor(message: string, options?: ErrorOptions) {
    super('refused-target', message, options);
  }
}

/** Staged pages are missing or torn (a power cut, a swept folder): the window is opened again. */
export class StagingLost extends Failure {
  constructor(message: string, options?: ErrorOptions) {
    super('staging-lost', message, options);
  }
}

/** The disk is full or over quota: nothing half-written stays, and it goes on by itself once there is room. */
export class StorageFull extends Failure {
  constructor(message: string, options?: ErrorOptions) {
    super('storage-full', message, options);
  }
}

/** A part or manifest in the archive does not match its hash or its schema. */
export class ArchiveDamaged extends Failure {
  constructor(message: string, options?: ErrorOptions) {
    super('archive-damaged', message, options);
  }
}

/** The ledger's file cannot be read as a ledger; it can be made again from the archive. */
export class LedgerDamaged extends Failure {
  constructor(message: string, options?: ErrorOptions) {
    super('ledger-damaged', message, options);
  }
}

/** The configuration has no such source or stream. */
export class UnknownStream extends Failure {
  constructor(message: string, options?: ErrorOptions) {
    super('unknown-stream', message, options);
  }
}

/** A range that cannot be backfilled: no times, upside down, or not settled yet. */
export class RangeRefused extends Failure {
  constructor(message: string, options?: ErrorOptions) {
    super('range-refused', message, options);
  }
}

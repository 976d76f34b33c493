/** What a correct client never does, whatever the vendor does to it. */
export type Rule =
  | 'bounds'
  | 'connection-limit'
  | 'content-type'
  | 'dead-token-reused'
  | 'limit'
  | 'login-storm'
  | 'method'
  | 'next-link-forged'
  | 'next-link-late'
  | 'next-link-of-other-site'
  | 'no-credentials'
  | 'parameter'
  | 'retry-after-ignored'
  | 'simulator-error'
  | 'unknown-path'
  | 'unknown-site';

export interface Violation {
  readonly rule: Rule;
  readonly detail: string;
  /** The vendor's clock, ms. */
  readonly at: number;
}

export type Report = (rule: Rule, detail: string) => void;

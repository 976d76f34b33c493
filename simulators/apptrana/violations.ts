/** What a correct client never does, whatever the vendor does to it. */
export type Rule =
  | 'bad-field'
  | 'code-reused'
  | 'code-unknown'
  | 'content-type'
  | 'login-storm'
  | 'method'
  | 'no-credentials'
  | 'not-json'
  | 'range-reversed'
  | 'range-too-long'
  | 'retry-after-ignored'
  | 'simulator-error'
  | 'unknown-field'
  | 'unknown-path'
  | 'wrong-secret';

export interface Violation {
  readonly rule: Rule;
  readonly detail: string;
  /** The vendor's clock, ms. */
  readonly at: number;
}

export type Report = (rule: Rule, detail: string) => void;

/** What a correct client never does, whatever the vendor does to it. */
export type Rule =
  | 'collection-of-other-result-id'
  | 'cursor-not-issued'
  | 'endless-loop'
  | 'limit'
  | 'method'
  | 'no-credentials'
  | 'parameter'
  | 'rate-limit-exceeded'
  | 'result-id-not-issued'
  | 'retry-after-ignored'
  | 'simulator-error'
  | 'unknown-path'
  | 'updated-on-search-only'
  | 'wrong-credentials';

export interface Violation {
  readonly rule: Rule;
  readonly detail: string;
  /** The vendor's clock, ms. */
  readonly at: number;
}

export type Report = (rule: Rule, detail: string) => void;

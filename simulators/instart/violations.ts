/** What a correct client never does, whatever the vendor does to it. */
export type Rule =
  | 'bad-dimension'
  | 'bad-filter'
  | 'bad-granularity'
  | 'bad-limit'
  | 'bad-metric'
  | 'bad-range'
  | 'bad-sortby'
  | 'bad-time'
  | 'method'
  | 'no-grouping'
  | 'not-encoded'
  | 'repeated-parameter'
  | 'retry-after-ignored'
  | 'simulator-error'
  | 'unauthorized'
  | 'unknown-parameter'
  | 'unknown-path';

export interface Violation {
  readonly rule: Rule;
  readonly detail: string;
  /** The vendor's clock, ms. */
  readonly at: number;
}

export type Report = (rule: Rule, detail: string) => void;

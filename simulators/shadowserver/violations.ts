/** What a correct client never does, whatever the vendor does to it. */
export type Rule =
  | 'bad-field'
  | 'credentials-on-dl'
  | 'forged-id'
  | 'id-not-encoded'
  | 'method'
  | 'no-own-filter'
  | 'not-json'
  | 'page-beyond-ceiling'
  | 'retry-after-ignored'
  | 'signature'
  | 'simulator-error'
  | 'unknown-field'
  | 'unknown-key'
  | 'unknown-method'
  | 'unknown-path';

export interface Violation {
  readonly rule: Rule;
  readonly detail: string;
  /** The vendor's clock, ms. */
  readonly at: number;
}

export type Report = (rule: Rule, detail: string) => void;

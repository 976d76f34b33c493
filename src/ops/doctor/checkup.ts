import type { FailureName } from '../../core/failures.ts';

/** One thing that was looked at. */
export interface Finding {
  /** What was looked at: `temporal`, `ledger`, `acme-waf`. */
  readonly about: string;
  readonly area: 'machine' | 'temporal' | 'data' | 'vendor';
  readonly result: 'ok' | 'warn' | 'fail';
  /** What was found, a line. */
  readonly found: string;
  /** What would mend it; there is one wherever something is not ok. */
  readonly fix?: string;
  /** The failure of a vendor. */
  readonly failure?: FailureName;
}

type Words = Pick<Finding, 'found'> & { readonly fix: string };

export const ok = (found: string): Pick<Finding, 'result' | 'found'> => ({ result: 'ok', found });
export const warn = (found: string, fix: string): Pick<Finding, 'result'> & Words => ({ result: 'warn', found, fix });
export const fail = (found: string, fix: string): Pick<Finding, 'result'> & Words => ({ result: 'fail', found, fix });

export type Verdict = Omit<Finding, 'about' | 'area'>;

/** The words of whatever was thrown. */
export const wordsOf = (error: unknown): string => (error instanceof Error ? error.message : String(error));

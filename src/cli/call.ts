import type { ExitCode } from './exit-codes.ts';
import type { Globals } from './terminal.ts';

/** A verb as it was typed. */
export interface Call {
  readonly globals: Globals;
  readonly args: readonly string[];
  /** The verb's own options. */
  readonly options: Readonly<Record<string, string | boolean | undefined>>;
}

export type Verb = (call: Call) => Promise<ExitCode>;

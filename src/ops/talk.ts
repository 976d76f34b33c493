/** How an operation tells a person what it does: on stderr, never mixed with data. */
export interface Talk {
  /** A line that stays. */
  say(line: string): void;
  /** Lines that replace the ones shown last on a terminal; elsewhere they are printed now and then. */
  progress(lines: readonly string[]): void;
}

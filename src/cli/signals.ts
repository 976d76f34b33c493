import { Interrupted } from '../temporal/processes.ts';
import type { ExitCode } from './exit-codes.ts';

/** The first Ctrl-C or TERM asks for a clean end, the second ends at once. The reason of the abort is an `Interrupted`. */
export function onSignals(): AbortSignal {
  const asked = new AbortController();
  for (const signal of ['SIGINT', 'SIGTERM'] as const) {
    process.on(signal, () => {
      if (asked.signal.aborted) process.exit(codeOf(signal));
      asked.abort(new Interrupted(signal));
    });
  }
  return asked.signal;
}

/** The code of what was ended before it was done. */
export function interruptedCode({ reason }: AbortSignal): ExitCode {
  return codeOf(reason instanceof Interrupted ? reason.signal : 'SIGINT');
}

export const codeOf = (signal: NodeJS.Signals): ExitCode => (signal === 'SIGTERM' ? 143 : 130);

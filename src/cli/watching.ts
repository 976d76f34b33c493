import { setTimeout as pause } from 'node:timers/promises';
import type { Config } from '../config/load.ts';
import { SECOND } from '../core/time.ts';
import { UsageError } from '../ops/usage-error.ts';
import type { ExitCode } from './exit-codes.ts';
import { onSignals } from './signals.ts';
import { lookAtStatus } from './status-look.ts';
import { harmless, mayPaint, type Globals } from './terminal.ts';
import { minute } from './times.ts';

const EVERY = { redrawn: 2 * SECOND, printed: 30 * SECOND };

/**
 * `status --watch`: redrawn in place on a terminal; elsewhere printed anew, with a line before it that says when, whenever something else is to be said.
 * Goes on until it is interrupted, which is its end.
 * @param since as of `--since`, for an instant
 */
export async function watchStatus(
  config: Config,
  globals: Globals,
  since: (now: number) => number | undefined,
): Promise<ExitCode> {
  if (globals.output === 'json')
    throw new UsageError('--watch is for people: for programs, ask again and again with -o json');
  const interrupted = onSignals();
  const isRedrawn = mayPaint(process.stdout, globals);
  let last = '';
  while (!interrupted.aborted) {
    const now = Date.now();
    const { text, warnings } = await lookAtStatus(config, globals, { now, since: since(now) });
    const shown = [...warnings.map((warning) => `warning: ${harmless(warning)}`), text].join('\n');
    // Home, each line cleared to its end, and what is below: a screen that is wiped first flickers.
    if (isRedrawn)
      process.stdout.write(`\u001b[H${[minute(now), '', shown].join('\n').replaceAll('\n', '\u001b[K\n')}\n\u001b[J`);
    else if (shown !== last) process.stdout.write(`${minute(now)}\n${shown}\n\n`);
    last = shown;
    await pause(isRedrawn ? EVERY.redrawn : EVERY.printed, undefined, { signal: interrupted }).catch(() => undefined);
  }
  return 0;
}

import { UsageError } from '../ops/usage-error.ts';
import type { Call } from './call.ts';
import type { ExitCode } from './exit-codes.ts';
import { writeLine } from './output.ts';
import { onSignals } from './signals.ts';
import { createTalk } from './terminal.ts';
import { minute } from './times.ts';
import { count } from './views.ts';

/** Goes on until it is interrupted, which is its end and no failure. */
export async function tap({ globals, args: [name = ''], options }: Call): Promise<ExitCode> {
  const interrupted = onSignals();
  const { loadConfig } = await import('../config/load.ts');
  const { findStream } = await import('../ops/streams.ts');
  const { readSince } = await import('../ops/range.ts');
  const { tapRecords } = await import('../ops/tap.ts');
  const now = Date.now();
  const limit = readLimit(options['limit']);
  const since = options['since'] === undefined ? now : readSince(String(options['since']), now);
  const config = loadConfig(globals.config);
  const talk = createTalk(globals);
  const lines = tapRecords(config, findStream(config, name), {
    since,
    interrupted,
    verbatim: options['verbatim'] === true,
    view: options['view'] === undefined ? undefined : String(options['view']),
    onSlice: ({ manifest, records, sealedAt }) =>
      talk.say(`${minute(sealedAt)} ${count(records)} records: ${manifest}`),
  });
  talk.say(`${name}: what is sealed from ${minute(since)} on; Ctrl-C ends it`);
  let written = 0;
  for await (const line of lines) {
    await writeLine(line);
    written += 1;
    if (written === limit) break;
  }
  return 0;
}

function readLimit(text: string | boolean | undefined): number {
  if (text === undefined) return Infinity;
  const limit = Number(text);
  if (Number.isSafeInteger(limit) && limit >= 1) return limit;
  throw new UsageError(`--limit ${String(text)} is no whole number from 1 on`);
}

#!/usr/bin/env node
import { run } from './cli/program.ts';
import { backfillVerbs } from './cli/verbs/backfills.ts';
import { streamVerbs } from './cli/verbs/streams.ts';
import { upkeepVerbs } from './cli/verbs/upkeep.ts';

// A reader that has seen enough, such as `head`, is no trouble.
process.stdout.on('error', (error: NodeJS.ErrnoException) => {
  if (error.code !== 'EPIPE') throw error;
  process.exit(0);
});

const code = await run([...streamVerbs, ...backfillVerbs, ...upkeepVerbs], process.argv.slice(2));
// Once all is written the process ends: what a library keeps running, such as the Temporal SDK's native threads, must not hold it.
process.stdout.write('', () => process.stderr.write('', () => process.exit(code)));

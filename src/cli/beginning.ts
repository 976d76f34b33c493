import { relative } from 'node:path';
import { UsageError } from '../ops/usage-error.ts';
import { ask, mayAsk } from './ask.ts';
import type { Call } from './call.ts';
import type { ExitCode } from './exit-codes.ts';
import { print } from './output.ts';
import { createTalk, type Globals } from './terminal.ts';

export async function init({ globals, options }: Call): Promise<ExitCode> {
  const { exampleTypes, initConfig } = await import('../ops/init.ts');
  const file = String(options['file'] ?? globals.config);
  const types = split(options['type']) ?? (await askForTypes(globals, exampleTypes()));
  const written = await initConfig({ types, file });
  const here = written.files.map((path) => relative(process.cwd(), path) || path);
  print(globals, { data: written, text: here.join('\n') });
  const [config = file] = here;
  const of = config === 'sluice.yaml' ? '' : ` -c ${config}`;
  const [source = ''] = written.sources;
  createTalk(globals).say(
    `Edit ${config}, and set ${[...new Set(written.variables)].join(', ')}. Then: sluice config check${of} && sluice test ${source}${of} && sluice up${of}`,
  );
  return 0;
}

function split(text: string | boolean | undefined): readonly string[] | undefined {
  if (typeof text !== 'string') return undefined;
  const names = text.split(/[\s,]+/).filter((name) => name !== '');
  return names.length === 0 ? undefined : names;
}

async function askForTypes(globals: Globals, known: readonly string[]): Promise<readonly string[]> {
  const names = known.join(', ');
  const typed = mayAsk(globals) ? split(await ask(`Which source types? There are ${names}: `)) : undefined;
  if (typed !== undefined) return typed;
  throw new UsageError(`--type is missing: one of ${names}, or several`);
}

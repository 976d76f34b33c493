import type { Call } from './call.ts';
import type { ExitCode } from './exit-codes.ts';
import { print } from './output.ts';
import { table } from './table.ts';
import { mayPaint, paint } from './terminal.ts';

export async function configCheck({ globals, options }: Call): Promise<ExitCode> {
  const { loadConfig } = await import('../config/load.ts');
  const { knownStreams } = await import('../ops/streams.ts');
  const config = loadConfig(globals.config);
  if (options['online'] === true) return await (await import('./vendors.ts')).checkOnline(globals, config);
  const data = { file: config.file, sources: config.sources.size, streams: knownStreams(config).length };
  const text = `${globals.config}: ok, ${countOf(data.sources, 'source')}, ${countOf(data.streams, 'stream')}`;
  print(globals, { data, text });
  return 0;
}

const countOf = (n: number, noun: string): string => `${n} ${noun}${n === 1 ? '' : 's'}`;

/** As a configuration, so that it loads again; so `-o json` has no envelope around it either. */
export async function configShow({ globals }: Call): Promise<ExitCode> {
  const { loadConfig } = await import('../config/load.ts');
  const { showConfig } = await import('../config/show.ts');
  const format = globals.output === 'json' ? 'json' : 'yaml';
  process.stdout.write(showConfig(loadConfig(globals.config), format));
  return 0;
}

export async function configSchema(): Promise<ExitCode> {
  const { configJsonSchema } = await import('../config/json-schema.ts');
  process.stdout.write(`${JSON.stringify(configJsonSchema(), null, 2)}\n`);
  return 0;
}

export async function explain({ globals, args: [name] }: Call): Promise<ExitCode> {
  const { explanations, findExplanation } = await import('../ops/explain.ts');
  const isPainted = mayPaint(process.stdout, globals);
  if (name === undefined) {
    const rows = Object.entries(explanations).map(([one, { happened }]) => [one, happened]);
    print(globals, { data: explanations, text: table(['failure', 'what happened'], rows, isPainted) });
    return 0;
  }
  const { failure, ...one } = findExplanation(name);
  const parts = [
    [failure, one.happened],
    ['What it costs you', one.costs],
    ['What sluice does', one.sluiceDoes],
    ['What you do', one.youDo],
    ['How to see that it is over', one.verify],
  ] as const;
  const text = parts.map(([head, body]) => `${paint('bold', head, isPainted)}\n  ${body}`).join('\n\n');
  print(globals, { data: { failure, ...one }, text });
  return 0;
}

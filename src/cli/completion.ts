import tab from '@bomb.sh/tab/commander';
import { script, type RootCommand } from '@bomb.sh/tab';
import type { Command } from 'commander';
import { UsageError } from '../ops/usage-error.ts';
import type { Call } from './call.ts';
import type { ExitCode } from './exit-codes.ts';

const SHELLS = ['bash', 'zsh', 'fish'];

/** The script for a shell, on stdout. It asks `sluice complete -- <words>`; see {@link answer}. */
export async function completion({ args: [shell = ''] }: Call): Promise<ExitCode> {
  if (!SHELLS.includes(shell))
    throw new UsageError(`there is no completion for ${shell}: expected ${SHELLS.join(', ')}`);
  script(shell, 'sluice', 'sluice');
  return 0;
}

/** Answers a shell: what could stand where the cursor is. Names come from the configuration, never from a server or a vendor. */
export async function answer(program: Command, args: readonly string[]): Promise<ExitCode> {
  const words = args[0] === '--' ? args.slice(1) : args;
  const root = tab(program);
  const names = await namesIn(fileIn(words) ?? process.env['SLUICE_CONFIG'] ?? 'sluice.yaml');
  for (const [what, known] of Object.entries(names)) completeArguments(root, what, known);
  root.parse([...words]);
  return 0;
}

/** The configuration that the line names. */
function fileIn(words: readonly string[]): string | undefined {
  const at = words.findLastIndex((word) => word === '-c' || word === '--config');
  if (at >= 0) return words[at + 1];
  return words.findLast((word) => word.startsWith('--config='))?.slice('--config='.length);
}

function completeArguments(root: RootCommand, what: string, known: readonly string[]): void {
  for (const command of root.commands.values()) {
    const argument = command.arguments.get(what);
    if (argument === undefined) continue;
    argument.handler = (complete) => {
      for (const name of known) complete(name, '');
    };
  }
}

/** By the names of arguments. A configuration that is not there or has mistakes gives what can be read of it, and no words: the line is not done yet. */
async function namesIn(file: string): Promise<Readonly<Record<string, readonly string[]>>> {
  const { explanations } = await import('../ops/explain.ts');
  const { streams, sources } = await configuredNames(file);
  return {
    stream: streams,
    source: sources,
    name: [...streams, ...sources],
    failure: Object.keys(explanations),
    shell: SHELLS,
  };
}

async function configuredNames(file: string) {
  const { loadConfig } = await import('../config/load.ts');
  const { knownStreams } = await import('../ops/streams.ts');
  const { formatStreamId } = await import('../core/ids.ts');
  try {
    const env = new Proxy(process.env, { get: (all, name) => all[String(name)] || standIn(String(name)) });
    const config = loadConfig(file, { env });
    return { streams: knownStreams(config).map(formatStreamId), sources: [...config.sources.keys()] };
  } catch {
    return { streams: [], sources: await sourcesIn(file) };
  }
}

/** Secrets are not needed for names: where one is not set, or empty, anything stands for it. */
const standIn = (name: string): string | undefined => (name.startsWith('TEMPORAL_') ? undefined : 'x');

/** The keys of `sources:`, of a file that is YAML at least. */
async function sourcesIn(file: string): Promise<readonly string[]> {
  const { readFile } = await import('node:fs/promises');
  const { parse } = await import('yaml');
  try {
    const { sources } = parse(await readFile(file, 'utf8')) as { readonly sources?: object };
    return Object.keys(sources ?? {});
  } catch {
    return [];
  }
}

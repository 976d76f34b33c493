#!/usr/bin/env node
import { Command } from 'commander';
import { exitCodes, type ExitCode } from './cli/exit-codes.ts';
import { report } from './cli/trouble.ts';
import type { Globals } from './cli/terminal.ts';
import type * as verbModule from './cli/verbs.ts';

type Verbs = typeof verbModule;

type Verb = (
  globals: Globals,
  args: readonly string[],
  options: Readonly<Record<string, unknown>>,
) => Promise<ExitCode>;

/** Loaded only when a verb runs, so that `--help` and completion answer at once. */
const verb =
  (name: keyof Verbs): Verb =>
  async (...call) => {
    const verbs = await import('./cli/verbs.ts');
    return await verbs[name](...call);
  };

interface Row {
  readonly usage: string;
  readonly about: string;
  readonly run: Verb;
  readonly options?: readonly (readonly [flag: string, about: string])[];
  readonly example?: string;
}

const rows: readonly Row[] = [
  {
    usage: 'up',
    about: 'server, ledger, archive, worker and schedules, all in one',
    run: verb('up'),
    options: [['--once', 'extract what is due until nothing is, then exit']],
    example: 'sluice up --once && sluice status',
  },
  {
    usage: 'demo',
    about: 'the whole against a simulated vendor; no account needed',
    run: verb('demo'),
    options: [
      ['--folder <path>', 'where it keeps its data (default: ./sluice-demo)'],
      ['--once', 'catch up, then exit'],
    ],
  },
  { usage: 'worker', about: 'one worker for a Temporal cluster; run as many as you like', run: verb('worker') },
  { usage: 'apply', about: 'make the schedules what the configuration says', run: verb('apply') },
  {
    usage: 'pull <stream>',
    about: 'extract a stream now; harmless to repeat',
    run: verb('pull'),
    options: [
      ['--from <time>', 'also what lies before the stream’s start; ISO 8601 with a zone'],
      ['--until <time>', 'end of that range, not included (default: what has settled)'],
    ],
    example: 'sluice pull acme-waf/www.example.com --from 2026-11-21T09:00Z --until 2026-11-21T12:00Z',
  },
  {
    usage: 'status',
    about: 'a line per stream: state, watermark, lag, gaps, nearest deadline',
    run: verb('status'),
    options: [['--check', 'exit 2 when late, failed or at risk, 3 when data was lost']],
  },
  {
    usage: 'slices <stream>',
    about: 'what the ledger holds of a stream, gaps and losses included',
    run: verb('slices'),
    options: [
      ['--since <time>', 'a length such as 6h, or ISO 8601 with a zone (default: 26h)'],
      ['--limit <n>', 'at most this many, the newest (default: 1000)'],
    ],
    example: 'sluice slices acme-waf/www.example.com --since 2h -o json',
  },
  {
    usage: 'verify [stream]',
    about: 're-hash every part of the archive, and compare with the ledger',
    run: verb('verify'),
  },
  {
    usage: 'ledger rebuild',
    about: 'make the ledger again from the archive; stop workers first',
    run: verb('rebuild'),
  },
  { usage: 'config check', about: 'find every mistake in the configuration', run: verb('configCheck') },
  {
    usage: 'config show',
    about: 'the configuration with every default; secrets by their place',
    run: verb('configShow'),
  },
  { usage: 'config schema', about: 'the JSON schema of the configuration, for editors', run: verb('configSchema') },
  {
    usage: 'explain [failure]',
    about: 'what a failure means, what it costs, and what to do',
    run: verb('explain'),
    example: 'sluice explain credentials-rejected',
  },
];

/** The program; its actions set `process.exitCode`. */
export function createProgram(): Command {
  const program = new Command('sluice');
  program
    .description('Pulls security events out of vendor APIs that forget, and proves what it holds.')
    .option('-c, --config <file>', 'the configuration', process.env['SLUICE_CONFIG'] ?? 'sluice.yaml')
    .option('-o, --output <format>', 'text or json', 'text')
    .option('--json', 'short for -o json')
    .option('--no-color', 'never colour')
    .option('-q, --quiet', 'no talk on stderr')
    .showSuggestionAfterError()
    .exitOverride()
    .addHelpText(
      'after',
      `\nExit codes:\n${Object.entries(exitCodes)
        .map(([code, about]) => `  ${code.padStart(3)}  ${about}`)
        .join('\n')}`,
    );
  const groups = new Map<string, Command>();
  for (const row of rows) addVerb(program, groups, row);
  return program;
}

function addVerb(program: Command, groups: Map<string, Command>, row: Row): void {
  const [group, name] = /^(\w+) (\w+)$/.exec(row.usage)?.slice(1) ?? [];
  const parent =
    group === undefined
      ? program
      : (groups.get(group) ?? program.command(group).exitOverride().description(`see: sluice ${group} --help`));
  if (group !== undefined) groups.set(group, parent);
  const command = parent
    .command(name ?? row.usage)
    .description(row.about)
    .exitOverride();
  for (const [flag, about] of row.options ?? []) command.option(flag, about);
  if (row.example !== undefined) command.addHelpText('before', `  ${row.example}\n`);
  command.action(async () => {
    const options: Record<string, unknown> = command.optsWithGlobals();
    const globals = readGlobals(options);
    try {
      process.exitCode = await row.run(globals, command.args, options);
    } catch (error) {
      process.exitCode = await report(error, globals);
    }
  });
}

function readGlobals(options: Readonly<Record<string, unknown>>): Globals {
  return {
    config: String(options['config']),
    output: options['json'] === true || options['output'] === 'json' ? 'json' : 'text',
    color: options['color'] !== false,
    quiet: options['quiet'] === true,
  };
}

/** Global options are accepted in any position: those before a verb are commander's, those after it are moved to the front. */
function globalsFirst(args: readonly string[]): readonly string[] {
  const front: string[] = [];
  const rest: string[] = [];
  for (let i = 0; i < args.length; i += 1) {
    const arg = args[i] ?? '';
    if (['-c', '--config', '-o', '--output'].includes(arg)) front.push(arg, args[(i += 1)] ?? '');
    else if (/^(--json|--no-color|-q|--quiet|--config=.*|--output=.*)$/.test(arg)) front.push(arg);
    else rest.push(arg);
  }
  return [...front, ...rest];
}

async function main(): Promise<void> {
  try {
    await createProgram().parseAsync(globalsFirst(process.argv.slice(2)), { from: 'user' });
  } catch (error) {
    process.exitCode = await report(error, readGlobals({}));
  }
}

await main();

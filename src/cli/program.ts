import { readFileSync } from 'node:fs';
import { Command, Option } from 'commander';
import type { Verb } from './call.ts';
import { exitCodes, type ExitCode } from './exit-codes.ts';
import type { Globals } from './terminal.ts';
import { report } from './trouble.ts';

/** A verb as the table of `src/cli.ts` has it. */
export interface Row {
  /** `pull <stream>`, `config check`. */
  readonly usage: string;
  readonly about: string;
  /** Loads what the verb needs only when it runs, so that `--help` answers at once. */
  readonly run: () => Promise<Verb>;
  readonly options?: readonly (readonly [flag: string, about: string, preset?: string])[];
  readonly examples: readonly string[];
  /** What it may end with, beside 0, 1, 64 and 130. */
  readonly exits?: readonly ExitCode[];
}

/** Parses a command line, runs its verb, and returns what to exit with. */
export async function run(rows: readonly Row[], args: readonly string[]): Promise<ExitCode> {
  let code: ExitCode = 0;
  const program = createProgram(rows, (ended) => {
    code = ended;
  });
  try {
    await program.parseAsync(args, { from: 'user' });
    return code;
  } catch (error) {
    return await report(error, readGlobals(program));
  }
}

function createProgram(rows: readonly Row[], end: (code: ExitCode) => void): Command {
  const program = new Command('sluice');
  program
    .description('Pulls security events out of vendor APIs that forget, and proves what it holds.')
    .addOption(new Option('-c, --config <file>', 'the configuration').env('SLUICE_CONFIG').default('sluice.yaml'))
    .addOption(new Option('-o, --output <format>', 'of data on stdout').choices(['text', 'json']).default('text'))
    .option('--no-color', 'never colour; NO_COLOR does the same')
    .option('-q, --quiet', 'no talk on stderr, only errors')
    .version(readVersion(), '-V, --version', 'print the version')
    .configureHelp({ showGlobalOptions: true })
    .exitOverride()
    .addHelpText('after', `\nTry it: sluice demo\n\n${exitHelp(Object.keys(exitCodes).map(Number))}`);
  const groups = new Map<string, Command>();
  for (const row of rows) addVerb(program, groups, row, end);
  return program;
}

function addVerb(program: Command, groups: Map<string, Command>, row: Row, end: (code: ExitCode) => void): void {
  const [group, name = row.usage] = /^(\w+) (\w+(?: [<[].*)?)$/.exec(row.usage)?.slice(1) ?? [];
  const parent =
    group === undefined
      ? program
      : (groups.get(group) ?? program.command(group).summary(`see: sluice ${group} --help`));
  if (group !== undefined) groups.set(group, parent);
  const command = parent.command(name).description(row.about);
  for (const [flag, about, preset] of row.options ?? []) command.option(flag, about, preset);
  command
    .addHelpText('before', `${row.examples.map((line) => `  ${line}`).join('\n')}\n`)
    .addHelpText('after', `\n${exitHelp([0, 1, ...(row.exits ?? []), 64, 130])}`)
    .action(async () => {
      const globals = readGlobals(program);
      try {
        const verb = await row.run();
        end(await verb({ globals, args: command.args, options: command.opts() }));
      } catch (error) {
        end(await report(error, globals));
      }
    });
}

function exitHelp(codes: readonly number[]): string {
  const lines = Object.entries(exitCodes).filter(([code]) => codes.includes(Number(code)));
  return ['Exit codes:', ...lines.map(([code, about]) => `  ${code.padStart(3)}  ${about}`)].join('\n');
}

function readGlobals(program: Command): Globals {
  const { config, output, color, quiet } = program.opts<Record<string, unknown>>();
  return {
    config: String(config),
    output: output === 'json' ? 'json' : 'text',
    color: color !== false,
    quiet: quiet === true,
  };
}

/** The package's version; its file lies above both src/ and dist/src/. */
function readVersion(): string {
  for (const path of ['../../package.json', '../../../package.json']) {
    try {
      const { name, version } = JSON.parse(readFileSync(new URL(path, import.meta.url), 'utf8')) as Record<
        string,
        string
      >;
      if (name === 'sluice' && version !== undefined) return version;
    } catch {
      // built or unbuilt: it is at the other place
    }
  }
  return 'unknown';
}

import { parseArgs } from 'node:util';
import { programs, type Settings, type VendorProgram } from './programs.ts';

const COMMON = {
  port: ['8181', '0: any free port'],
  host: ['127.0.0.1', ''],
  seed: ['1', 'the same seed serves the same events'],
  faults: ['{}', 'JSON, as for PUT /_simulator/faults'],
} as const satisfies VendorProgram['flags'];

/** The vendor that is meant when none is named. */
const FIRST = 'signal-sciences';

function help(name: string, { about, flags }: VendorProgram): string {
  const others = Object.entries(programs).map(([one, program]) => `  ${one.padEnd(16)}${program.about}`);
  const lines = Object.entries({ ...COMMON, ...flags }).map(([flag, [preset, meaning]]) =>
    `  --${flag.padEnd(14)}  ${variableOf(flag).padEnd(18)}  ${preset.padEnd(24)}  ${meaning}`.trimEnd(),
  );
  return [
    `Serves a simulated vendor: ${about}.`,
    '',
    `  node dist/simulators/main.js ${name} --port 8181`,
    '',
    ...lines,
    '',
    'Vendors:',
    ...others,
    '',
    'For tests: GET /_simulator/truth, /_simulator/violations, /_simulator/requests, /_simulator/faults; PUT /_simulator/faults (JSON),',
    '/_simulator/load; what else there is, and the units of times, stand in simulators/<vendor>/control.ts.',
    '',
  ].join('\n');
}

const variableOf = (flag: string): string => `SIM_${flag.replaceAll('-', '_').toUpperCase()}`;

interface CommandLine {
  readonly name: string;
  readonly program: VendorProgram;
  readonly settings: Settings | 'help';
}

/** Flags go before the environment, and that before the defaults. Throws a TypeError for what is not understood. */
function readCommandLine(): CommandLine {
  const [first = ''] = process.argv.slice(2);
  const name = first === '' || first.startsWith('-') ? FIRST : first;
  const program = programs[name];
  if (program === undefined) {
    throw new TypeError(`there is no vendor ${name}; expected one of ${Object.keys(programs).join(', ')}`);
  }
  const flags: VendorProgram['flags'] = { ...COMMON, ...program.flags };
  const options = Object.fromEntries(Object.keys(flags).map((flag) => [flag, { type: 'string' as const }]));
  const parsed = parseArgs({
    args: process.argv.slice(first === name ? 3 : 2),
    options: { ...options, help: { type: 'boolean', short: 'h' } },
  });
  const values: Readonly<Record<string, string | boolean | undefined>> = parsed.values;
  if (values['help'] === true) return { name, program, settings: 'help' };
  const text = (flag: string): string =>
    String(values[flag] ?? process.env[variableOf(flag)] ?? flags[flag]?.[0] ?? '');
  return { name, program, settings: settingsOf(text) };
}

function settingsOf(text: (flag: string) => string): Settings {
  const number = (flag: string): number => {
    const value = Number(text(flag));
    if (text(flag).trim() === '' || !(value >= 0)) throw new TypeError(`${flag} is not a number: ${text(flag)}`);
    return value;
  };
  return {
    host: text('host'),
    port: number('port'),
    seed: number('seed'),
    faults: JSON.parse(text('faults')) as unknown,
    text,
    number,
    list: (flag) =>
      text(flag)
        .split(',')
        .map((one) => one.trim()),
  };
}

async function main(): Promise<void> {
  const { name, program, settings } = readCommandLine();
  if (settings === 'help') {
    process.stdout.write(help(name, program));
    return;
  }
  const { urls, hint, close } = await program.start(settings);
  process.stdout.write(`${urls.join('\n')}\n${hint}; --help tells the rest\n`);
  const stop = (): void => void close();
  process.once('SIGINT', stop).once('SIGTERM', stop);
}

// 64: the command line was wrong (sysexits).
await main().catch((error: unknown) => {
  process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n`);
  process.exitCode = error instanceof TypeError || error instanceof SyntaxError ? 64 : 1;
});

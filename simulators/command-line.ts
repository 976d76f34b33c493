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

export function help(name: string, { about, flags }: VendorProgram): string {
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

export interface CommandLine {
  readonly name: string;
  readonly program: VendorProgram;
  readonly settings: Settings | 'help';
}

/** Flags go before the environment, and that before the defaults. Throws a TypeError for what is not understood. */
export function readCommandLine(
  args: readonly string[],
  env: Readonly<Record<string, string | undefined>>,
): CommandLine {
  const [first = ''] = args;
  const name = first === '' || first.startsWith('-') ? FIRST : first;
  const program = programs[name];
  if (program === undefined) {
    throw new TypeError(`there is no vendor ${name}; expected one of ${Object.keys(programs).join(', ')}`);
  }
  const flags: VendorProgram['flags'] = { ...COMMON, ...program.flags };
  const options = Object.fromEntries(Object.keys(flags).map((flag) => [flag, { type: 'string' as const }]));
  const parsed = parseArgs({
    args: args.slice(first === name ? 1 : 0),
    options: { ...options, help: { type: 'boolean', short: 'h' } },
  });
  const values: Readonly<Record<string, string | boolean | undefined>> = parsed.values;
  if (values['help'] === true) return { name, program, settings: 'help' };
  const text = (flag: string): string => String(values[flag] ?? env[variableOf(flag)] ?? flags[flag]?.[0] ?? '');
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

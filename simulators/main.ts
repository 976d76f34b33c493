import { parseArgs } from 'node:util';
import { DEFAULT_ACCOUNT, startSignalSciences, type SimulatorOptions } from './signal-sciences.ts';
import { readFaults } from './signal-sciences/faults.ts';

const HELP = `Serves a simulated Signal Sciences request feed.

  node dist/simulators/main.js --port 8181 --corp testcorp --sites a,b

  --port          8181                 SIM_PORT          0: any free port
  --host          127.0.0.1            SIM_HOST
  --corp          testcorp             SIM_CORP
  --sites         www.example.com      SIM_SITES         comma list
  --rate          30                   SIM_RATE          events a minute and site, on average
  --record-bytes  1200                 SIM_RECORD_BYTES
  --seed          1                    SIM_SEED          the same seed serves the same events
  --email         ${DEFAULT_ACCOUNT.email}      SIM_EMAIL
  --password      ${DEFAULT_ACCOUNT.password}   SIM_PASSWORD
  --token         ${DEFAULT_ACCOUNT.token}  SIM_TOKEN         for x-api-user and x-api-token
  --faults        {}                   SIM_FAULTS        JSON, as for PUT /_simulator/faults

For tests, with times in unix seconds: GET /_simulator/truth?site&from&until, /_simulator/violations, /_simulator/requests,
/_simulator/connections, /_simulator/faults; PUT /_simulator/faults (JSON), /_simulator/load?site&from&until&count;
DELETE /_simulator/sessions.
`;

const DEFAULTS = {
  port: '8181',
  host: '127.0.0.1',
  corp: 'testcorp',
  sites: 'www.example.com',
  rate: '30',
  'record-bytes': '1200',
  seed: '1',
  ...DEFAULT_ACCOUNT,
  faults: '{}',
};

type Name = keyof typeof DEFAULTS;

function readSettings(): Record<Name, string> | 'help' {
  const names = Object.keys(DEFAULTS) as Name[];
  const flags = Object.fromEntries(names.map((name) => [name, { type: 'string' as const }]));
  const parsed = parseArgs({ options: { ...flags, help: { type: 'boolean', short: 'h' } } });
  const values: Readonly<Record<string, string | boolean | undefined>> = parsed.values;
  if (values['help'] === true) return 'help';
  const settings = names.map((name) => {
    const variable = process.env[`SIM_${name.replace('-', '_').toUpperCase()}`];
    return [name, values[name] ?? variable ?? DEFAULTS[name]];
  });
  return Object.fromEntries(settings) as Record<Name, string>;
}

function readOptions(settings: Record<Name, string>): SimulatorOptions {
  const number = (name: Name): number => {
    const value = Number(settings[name]);
    if (settings[name].trim() === '' || !(value >= 0))
      throw new TypeError(`${name} is not a number: ${settings[name]}`);
    return value;
  };
  const { host, corp, email, password, token } = settings;
  return {
    host,
    corp,
    sites: settings.sites.split(',').map((site) => site.trim()),
    port: number('port'),
    rate: number('rate'),
    recordBytes: number('record-bytes'),
    seed: number('seed'),
    accounts: [{ email, password, token }],
    faults: readFaults(JSON.parse(settings.faults)),
    control: true,
  };
}

async function main(): Promise<void> {
  const settings = readSettings();
  if (settings === 'help') {
    process.stdout.write(HELP);
    return;
  }
  const options = readOptions(settings);
  const simulator = await startSignalSciences(options);
  process.stdout.write(`${simulator.url}\n`);
  process.stdout.write(
    `corp ${options.corp}, sites ${options.sites.join(', ')}; log in as ${settings.email}; --help tells the rest\n`,
  );
  const stop = (): void => void simulator.close();
  process.once('SIGINT', stop).once('SIGTERM', stop);
}

// 64: the command line was wrong (sysexits).
await main().catch((error: unknown) => {
  process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n`);
  process.exitCode = error instanceof TypeError || error instanceof SyntaxError ? 64 : 1;
});

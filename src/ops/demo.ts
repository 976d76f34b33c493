import { mkdir, writeFile } from 'node:fs/promises';
import { join, relative } from 'node:path';
import { startSignalSciences } from '../../simulators/signal-sciences.ts';
import { loadConfig } from '../config/load.ts';
import { freeOr } from '../temporal/ports.ts';
import { runUp, type StreamResult } from './up.ts';
import type { Talk } from './talk.ts';

const SITES = ['www.example.com', 'shop.example.com'];
const ACCOUNT = { email: 'ops@example.com', password: 'demo-password', token: 'demo-token' };
/** Enough for more than one page an hour, so that there are next links to follow. */
const EVENTS_A_MINUTE = 20;

export interface DemoOptions {
  /** Where the demo keeps its configuration and data, so that the next start goes on where it was. */
  readonly folder: string;
  readonly once: boolean;
  readonly talk: Talk;
  readonly interrupted: AbortSignal;
}

/**
 * The whole of sluice against a simulated vendor with two sites. The vendor's events follow from their time alone, so a vendor that is started
 * again has the same ones.
 */
export async function runDemo({ folder, once, talk, interrupted }: DemoOptions): Promise<readonly StreamResult[]> {
  const simulator = await startSignalSciences({
    corp: 'democorp',
    sites: SITES,
    accounts: [ACCOUNT],
    seed: 42,
    rate: EVENTS_A_MINUTE,
  });
  try {
    talk.say(`A simulated Signal Sciences with ${SITES.length} sites listens at ${simulator.url}`);
    const file = await writeConfig(folder, simulator.url);
    return await runUp({ config: loadConfig(file), once, talk, interrupted, hints: ({ ui }) => hints(file, ui) });
  } finally {
    await simulator.close();
  }
}

async function writeConfig(folder: string, url: string): Promise<string> {
  await mkdir(folder, { recursive: true });
  const file = join(folder, 'sluice.yaml');
  const port = await freeOr(7233);
  const uiPort = await freeOr(8233);
  const password = join(folder, 'vendor-password');
  await writeFile(password, `${ACCOUNT.password}\n`, { mode: 0o600 });
  await writeFile(
    file,
    [
      '# Written by `sluice demo` at every start.',
      'version: 1',
      'data: ./data',
      'temporal:',
      `  port: ${port}`,
      `  uiPort: ${uiPort}`,
      'sources:',
      '  acme-waf:',
      '    type: signal-sciences',
      `    baseUrl: ${url}`,
      '    corp: democorp',
      `    sites: [${SITES.join(', ')}]`,
      '    auth:',
      `      email: ${ACCOUNT.email}`,
      `      password: \${file:${password}}`,
      '',
    ].join('\n'),
  );
  return file;
}

function hints(file: string, ui: string | undefined): readonly string[] {
  const config = relative(process.cwd(), file);
  return [
    '',
    ...(ui === undefined ? [] : [`  Temporal UI   ${ui}`]),
    `  coverage      npx sluice status -c ${config}`,
    `  one stream    npx sluice slices acme-waf/${SITES[0] ?? ''} -c ${config}`,
    `  the records   find ${join(relative(process.cwd(), join(file, '..')), 'data/archive')} -name '*.ndjson.gz' | xargs zcat | jq .`,
    '',
    'Catching up the last 24 hours:',
  ];
}

import { mkdir, writeFile } from 'node:fs/promises';
import { join, relative } from 'node:path';
import { loadConfig } from '../config/load.ts';
import { freeOr } from '../temporal/ports.ts';
import { demoVendors, secrets, type DemoVendor } from './demo-vendors.ts';
import { runUp, type StreamResult } from './up.ts';
import type { Talk } from './talk.ts';

export interface DemoOptions {
  /** Where the demo keeps its configuration and data, so that the next start goes on where it was. */
  readonly folder: string;
  readonly once: boolean;
  readonly talk: Talk;
  readonly interrupted: AbortSignal;
}

/**
 * The whole of sluice against simulated vendors. Their events follow from their time alone, so vendors that are started again have the same
 * ones.
 */
export async function runDemo({ folder, once, talk, interrupted }: DemoOptions): Promise<readonly StreamResult[]> {
  const vendors: DemoVendor[] = [];
  try {
    const place = await writeSecrets(folder);
    for (const start of demoVendors) vendors.push(await start(place));
    talk.say('Simulated vendors listen:');
    for (const { about, url } of vendors) talk.say(`  ${about}: ${url}`);
    const file = await writeConfig(folder, vendors);
    return await runUp({
      config: loadConfig(file),
      once,
      talk,
      interrupted,
      page: `127.0.0.1:${await freeOr(8090)}`,
      hints: (addresses) => hints(file, addresses),
    });
  } finally {
    for (const vendor of vendors) await vendor.close();
  }
}

/** @returns a reference to a secret, by its name */
async function writeSecrets(folder: string): Promise<(name: keyof typeof secrets) => string> {
  await mkdir(folder, { recursive: true });
  for (const [name, value] of Object.entries(secrets)) {
    await writeFile(join(folder, name), `${value}\n`, { mode: 0o600 });
  }
  return (name) => `\${file:${join(folder, name)}}`;
}

async function writeConfig(folder: string, vendors: readonly DemoVendor[]): Promise<string> {
  const file = join(folder, 'sluice.yaml');
  const lines = [
    '# Written by `sluice demo` at every start.',
    'version: 1',
    'data: ./data',
    'temporal:',
    `  port: ${await freeOr(7233)}`,
    `  uiPort: ${await freeOr(8233)}`,
    'sources:',
    ...vendors.flatMap(({ source }) => source.map((line) => `  ${line}`)),
    '',
  ];
  await writeFile(file, lines.join('\n'));
  return file;
}

function hints(
  file: string,
  { ui, page }: { readonly ui: string | undefined; readonly page: string | undefined },
): readonly string[] {
  const config = relative(process.cwd(), file);
  return [
    '',
    ...(page === undefined ? [] : [`  Status page   ${page}`]),
    ...(ui === undefined ? [] : [`  Temporal UI   ${ui}`]),
    `  coverage      npx sluice status -c ${config}`,
    `  one stream    npx sluice slices acme-waf/www.example.com -c ${config}`,
    `  the records   npx sluice records acme-waf/www.example.com --since 2h -c ${config} | jq .`,
    '',
    'Catching up the last 24 hours:',
  ];
}

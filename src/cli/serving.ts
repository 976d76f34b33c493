import { readFileSync } from 'node:fs';
import { once } from 'node:events';
import type { Call } from './call.ts';
import type { ExitCode } from './exit-codes.ts';
import { UsageError } from '../ops/usage-error.ts';
import { onSignals } from './signals.ts';
import { createTalk } from './terminal.ts';

export async function serve({ globals, options }: Call): Promise<ExitCode> {
  const interrupted = onSignals();
  const { loadConfig } = await import('../config/load.ts');
  const { serveStatus } = await import('../ops/serve.ts');
  const config = loadConfig(globals.config);
  const address = `${String(options['host'])}:${readPort(String(options['port']))}`;
  const hosts = options['allowHost'] === undefined ? [] : String(options['allowHost']).split(',');
  const served = await serveStatus({ config, address, token: readToken(options['tokenFile']), hosts });
  createTalk(globals).say(`Status page: ${served.url}`);
  if (!interrupted.aborted) await once(interrupted, 'abort');
  await served.close();
  return 0;
}

function readPort(text: string): number {
  const port = Number(text);
  if (Number.isInteger(port) && port >= 0 && port <= 65_535) return port;
  throw new UsageError(`--port takes a port, 0 to 65535, found ${JSON.stringify(text)}`);
}

/** A secret is never given as an option: other processes would see it. */
function readToken(file: unknown): string | undefined {
  const token = typeof file === 'string' ? readFileSync(file, 'utf8').trim() : process.env['SLUICE_TOKEN'];
  if (token !== undefined && token.length < 12) throw new UsageError('the token needs at least 12 characters');
  return token;
}

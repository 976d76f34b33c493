import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { request } from 'undici';
import { afterEach, describe, expect, it } from 'vitest';
import { startSignalSciences } from '../../simulators/signal-sciences.ts';
import { held, sampleProgram, windowPath } from './vendor-client.ts';

const program = fileURLToPath(new URL('../../dist/simulators/main.js', import.meta.url));
const HOUR = 3_600_000;

let child: ChildProcess | undefined;
afterEach(async () => {
  if (child === undefined || child.exitCode !== null) return;
  child.kill('SIGKILL');
  await once(child, 'exit');
});

interface Ended {
  readonly code: number | null;
  readonly output: string;
}

/** Runs the built program to its end. */
async function run(args: readonly string[]): Promise<Ended> {
  child = spawn(process.execPath, [program, ...args], { stdio: ['ignore', 'pipe', 'pipe'] });
  let output = '';
  for (const stream of [child.stdout, child.stderr])
    stream?.on('data', (piece: Buffer) => (output += piece.toString()));
  await once(child, 'close');
  return { code: child.exitCode, output };
}

/** Starts the built program. @returns its address. */
async function serve(args: readonly string[], env: Readonly<Record<string, string>>): Promise<string> {
  child = spawn(process.execPath, [program, ...args], {
    env: { ...process.env, ...env },
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  if (child.stdout === null) throw new Error('no output');
  const [piece] = (await once(child.stdout, 'data')) as [Buffer];
  return piece.toString().split('\n')[0] ?? '';
}

async function control(url: string, method: 'GET' | 'PUT' | 'DELETE', path: string, body?: string): Promise<string> {
  const answer = await request(`${url}/_simulator/${path}`, { method, ...(body === undefined ? {} : { body }) });
  const text = await answer.body.text();
  if (answer.statusCode !== 200) throw new Error(`${answer.statusCode}: ${text}`);
  return text;
}

describe('the simulator as a program', () => {
  it('serves the feed, its truth and its switches, and stops when it is told to', async () => {
    const url = await serve(['--port', '0', '--sites', 'a, www.mysite.com'], {
      SIM_CORP: 'testcorp',
      SIM_SEED: '7',
      SIM_RATE: '20',
    });
    const until = Math.floor(Date.now() / HOUR) * HOUR - HOUR;
    const from = until - HOUR;
    const twin = await startSignalSciences({ corp: 'testcorp', sites: ['www.mysite.com'], seed: 7, rate: 20 });
    const remote = { ...twin, url };
    const interval = `site=www.mysite.com&from=${from / 1000}&until=${until / 1000}`;

    const lines = (await control(url, 'GET', `truth?${interval}`)).trim().split('\n');
    const truth = lines.map((line) => JSON.parse(line) as { id: string; time: number; sha256: string });
    expect(truth).toEqual(
      twin.truth('www.mysite.com', from, until).map(({ id, time, sha256 }) => ({ id, time, sha256 })),
    );
    const pages = await sampleProgram(remote, windowPath(from, until), 100);
    expect(held(pages)).toEqual(new Map(truth.map(({ id, sha256 }) => [id, sha256])));
    await twin.close();

    await control(url, 'PUT', `load?${interval}&count=3`);
    expect((await control(url, 'GET', `truth?${interval}`)).trim().split('\n')).toHaveLength(3);
    await control(url, 'PUT', 'faults', JSON.stringify({ badGateway: { times: 1 } }));
    await expect(sampleProgram(remote, windowPath(from, until))).rejects.toThrow('502');
    expect(held(await sampleProgram(remote, windowPath(from, until))).size).toBe(3);
    expect(JSON.parse(await control(url, 'GET', 'faults'))).toMatchObject({ struck: { badGateway: 1 } });
    await expect(control(url, 'PUT', 'faults', '{"nonsense":true}')).rejects.toThrow('no such fault: nonsense');

    expect(await control(url, 'GET', 'violations')).toBe('[]');
    await control(url, 'DELETE', 'sessions');
    await request(`${url}/nowhere`).then(({ body }) => body.dump());
    expect(JSON.parse(await control(url, 'GET', 'violations'))).toMatchObject([
      { rule: 'unknown-path', detail: 'GET /nowhere' },
    ]);
    expect(await control(url, 'GET', 'requests')).toContain('/nowhere');
    expect(JSON.parse(await control(url, 'GET', 'connections'))).toMatchObject({ peak: { corp: 1 } });

    child?.kill('SIGTERM');
    if (child !== undefined) expect(await once(child, 'exit')).toEqual([0, null]);
  });

  it('explains itself, and refuses what it does not understand', async () => {
    expect(await run(['--help'])).toMatchObject({ code: 0, output: expect.stringContaining('SIM_PORT') as string });
    expect(await run(['--prot', '1'])).toMatchObject({ code: 64, output: expect.stringContaining('--prot') as string });
    expect(await run(['--port', 'high'])).toMatchObject({
      code: 64,
      output: expect.stringContaining('port') as string,
    });
    expect(await run(['--faults', '{"hangs":true}'])).toMatchObject({
      code: 64,
      output: expect.stringContaining('hangs') as string,
    });
  });
});

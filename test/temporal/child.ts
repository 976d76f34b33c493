import { spawn, type ChildProcessWithoutNullStreams } from 'node:child_process';
import { existsSync } from 'node:fs';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';

const script = fileURLToPath(new URL('../../dist/test/support/temporal-child.js', import.meta.url));

/** Runs test/support/temporal-child.ts, as built, in a process of its own; its first line of output comes with `said`. */
export function spawnChild(args: readonly string[], env: NodeJS.ProcessEnv = process.env): Child {
  if (!existsSync(script)) throw new Error(`${script} is missing: run \`npm run build\``);
  const child = spawn(process.execPath, [script, ...args], { env });
  let stderr = '';
  child.stderr.on('data', (chunk: Buffer) => (stderr += chunk.toString()));
  const ended = new Promise<string | number | null>((resolve) => {
    child.once('exit', (code, signal) => resolve(signal ?? code));
  });
  return {
    process: child,
    ended,
    said: Promise.race([
      new Promise<string>((resolve) => createInterface(child.stdout).once('line', resolve)),
      ended.then((how) => Promise.reject(new Error(`the child ended with ${how}: ${stderr}`))),
    ]),
    stderr: () => stderr,
  };
}

export interface Child {
  readonly process: ChildProcessWithoutNullStreams;
  /** Its first line on standard output. */
  readonly said: Promise<string>;
  /** The signal or the code that it ended with. */
  readonly ended: Promise<string | number | null>;
  stderr(): string;
}

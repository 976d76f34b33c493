import { spawn, type ChildProcessByStdio } from 'node:child_process';
import type { Readable, Writable } from 'node:stream';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { onTestFinished } from 'vitest';
import type { LedgerProcessOrder } from '../support/ledger-process.ts';

const script = fileURLToPath(new URL('../../dist/test/support/ledger-process.js', import.meta.url));

export interface LedgerProcess {
  /** Lets it begin. */
  readonly go: () => void;
  /** What it has said so far. */
  readonly said: readonly string[];
  /** Ends once it has said so much. */
  readonly hasSaid: (count: number) => Promise<void>;
  readonly kill: () => void;
  /** Its exit code, or the signal that ended it, and what it complained of. */
  readonly ended: Promise<{ readonly end: number | string | null; readonly complaint: string }>;
}

/** Starts a process that has its order and waits to begin. It is killed when the test ends. */
export async function startProcess(order: LedgerProcessOrder): Promise<LedgerProcess> {
  const child: ChildProcessByStdio<Writable, Readable, Readable> = spawn(process.execPath, [script], {
    stdio: ['pipe', 'pipe', 'pipe'],
  });
  onTestFinished(() => void child.kill('SIGKILL'));
  const said: string[] = [];
  const waiting: { count: number; done: () => void }[] = [];
  const ready = new Promise<void>((done) => waiting.push({ count: 0, done }));
  let isReady = false;
  createInterface({ input: child.stdout }).on('line', (line) => {
    if (isReady) said.push(line);
    isReady = true;
    for (const one of waiting) if (said.length >= one.count) one.done();
  });
  let complaint = '';
  child.stderr.on('data', (chunk: Buffer) => (complaint += String(chunk)));
  const ended = new Promise<{ end: number | string | null; complaint: string }>((done) => {
    child.on('close', (code, signal) => {
      for (const one of waiting) one.done();
      done({ end: code ?? signal, complaint });
    });
  });
  // What is written to a process that has been killed goes nowhere, and that is all right.
  child.stdin.on('error', () => undefined);
  child.stdin.write(`${JSON.stringify(order)}\n`);
  await ready;
  return {
    go: () => void child.stdin.write('go\n'),
    said,
    hasSaid: (count) =>
      new Promise((done) => {
        if (said.length >= count) done();
        else waiting.push({ count, done });
      }),
    kill: () => void child.kill('SIGKILL'),
    ended,
  };
}

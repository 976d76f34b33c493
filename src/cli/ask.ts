import { createInterface } from 'node:readline/promises';
import { harmless, type Globals } from './terminal.ts';

/** Whether there is a person to ask: both ends are a terminal, and nobody said no. */
export function mayAsk({ input }: Globals): boolean {
  return input && process.stdin.isTTY && process.stderr.isTTY;
}

/** Asks on stderr, for stdout is for data. @returns what was typed, without blanks around it */
export async function ask(question: string): Promise<string> {
  const terminal = createInterface({ input: process.stdin, output: process.stderr });
  try {
    return (await terminal.question(harmless(question))).trim();
  } finally {
    terminal.close();
  }
}

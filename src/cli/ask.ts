import { createInterface } from 'node:readline/promises';
import { Interrupted } from '../temporal/processes.ts';
import { harmless, type Globals } from './terminal.ts';

/** Whether there is a person to ask: both ends are a terminal, and nobody said no. */
export function mayAsk({ input }: Globals): boolean {
  return input && process.stdin.isTTY && process.stderr.isTTY;
}

/**
 * Asks on stderr, for stdout is for data.
 * @returns what was typed, without blanks around it
 * @throws Interrupted when there is no answer: Ctrl-C, or the end of the input
 */
export async function ask(question: string): Promise<string> {
  const terminal = createInterface({ input: process.stdin, output: process.stderr });
  const noAnswer = new Promise<never>((_resolve, reject) => {
    for (const event of ['SIGINT', 'close']) terminal.once(event, () => reject(new Interrupted('SIGINT')));
  });
  try {
    return (await Promise.race([terminal.question(harmless(question)), noAnswer])).trim();
  } finally {
    noAnswer.catch(() => undefined);
    terminal.close();
  }
}

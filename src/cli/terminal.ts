import { styleText } from 'node:util';
import type { Talk } from '../ops/talk.ts';

/** What the global options ask for. */
export interface Globals {
  readonly config: string;
  readonly output: 'text' | 'json';
  readonly color: boolean;
  readonly quiet: boolean;
}

const EVERY = 5_000;

/** Whether a stream may be coloured and redrawn: a terminal, and nobody said no. */
export function mayPaint(stream: NodeJS.WriteStream, wanted: boolean): boolean {
  return wanted && stream.isTTY && !process.env['NO_COLOR'] && process.env['TERM'] !== 'dumb';
}

export function paint(color: 'red' | 'green' | 'yellow' | 'dim' | 'bold', text: string, on: boolean): string {
  return on ? styleText(color, text) : text;
}

/** Talk on stderr. Progress is redrawn in place on a terminal, and elsewhere printed every few seconds when it has changed. */
export function createTalk({ color, quiet }: Globals): Talk {
  const out = process.stderr;
  const redraw = mayPaint(out, color);
  let drawn = 0;
  let last = '';
  let lastAt = 0;
  const erase = (): void => {
    if (drawn > 0) out.write(`\u001b[${drawn}A\u001b[0J`);
    drawn = 0;
  };
  return {
    say(line) {
      if (quiet) return;
      erase();
      out.write(`${printable(line)}\n`);
    },
    progress(lines) {
      const text = lines.map(printable).join('\n');
      if (quiet || (!redraw && (text === last || Date.now() - lastAt < EVERY))) return;
      if (redraw) erase();
      out.write(`${text}\n`);
      drawn = redraw ? lines.length : 0;
      last = text;
      lastAt = Date.now();
    },
  };
}

/** What vendors and users wrote, without anything that a terminal would obey. */
export function printable(text: string): string {
  // eslint-disable-next-line no-control-regex -- the very characters that must not get through
  return text.replace(/[\u0000-\u0009\u000b-\u001f\u007f-\u009f\u202a-\u202e\u2066-\u2069]/g, '?');
}

/** Columns as wide as their widest cell; numbers, which are cells that begin with a digit, to the right. */
export function table(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const all = [head, ...rows].map((row) => row.map(printable));
  const widths = head.map((_, i) => Math.max(...all.map((row) => row[i]?.length ?? 0)));
  return all
    .map((row) =>
      row
        .map((cell, i) => (/^\d[\d,.]*$/.test(cell) ? cell.padStart(widths[i] ?? 0) : cell.padEnd(widths[i] ?? 0)))
        .join('  ')
        .trimEnd(),
    )
    .join('\n');
}

/** Data on stdout: a table or text for people, an envelope for programs. */
export function print({ output }: Globals, data: unknown, text: string): void {
  if (output === 'json')
    process.stdout.write(`${JSON.stringify({ schemaVersion: '1.0', data, warnings: [] }, null, 2)}\n`);
  else if (text !== '') process.stdout.write(`${text}\n`);
}

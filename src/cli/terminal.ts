import { styleText } from 'node:util';
import { printable, redact } from '../http/redaction.ts';
import type { Talk } from '../ops/talk.ts';

/** What the global options ask for. */
export interface Globals {
  readonly config: string;
  readonly output: 'text' | 'json';
  readonly color: boolean;
  readonly quiet: boolean;
  /** Whether a person may be asked something. */
  readonly input: boolean;
  /** How instants are written for people; programs always get ISO 8601. */
  readonly timeFormat: 'iso' | 'relative';
}

export type Color = 'red' | 'green' | 'yellow' | 'dim' | 'bold';

/** Off a terminal, progress is a line now and then, for logs. */
const EVERY = 5_000;

/** Whether a stream may be coloured and redrawn: a terminal, and nobody said no. */
export function mayPaint(stream: NodeJS.WriteStream, { color }: Globals): boolean {
  return color && stream.isTTY && !process.env['NO_COLOR'] && process.env['TERM'] !== 'dumb';
}

export function paint(color: Color, text: string, isPainted: boolean): string {
  // Whether to paint is decided already, for the stream that is written to; styleText would look at stdout.
  return isPainted ? styleText(color, text, { validateStream: false }) : text;
}

/** Text in which vendors and users may have a say: secrets masked, and nothing left that a terminal would obey but line ends. */
export function harmless(text: string): string {
  return redact(text).split('\n').map(printable).join('\n');
}

/** Talk on stderr. Progress is redrawn in place on a terminal, and elsewhere printed now and then when it has changed. */
export function createTalk(globals: Globals): Talk {
  const out = process.stderr;
  const isRedrawn = mayPaint(out, globals);
  let drawn = 0;
  let last = '';
  let lastAt = 0;
  const erase = (): void => {
    if (drawn > 0) out.write(`\u001b[${drawn}A\u001b[0J`);
    drawn = 0;
  };
  return {
    say(line) {
      if (globals.quiet) return;
      erase();
      out.write(`${harmless(line)}\n`);
    },
    progress(lines) {
      // A line that the terminal breaks would be two to erase.
      const shown = lines.map((line) => (isRedrawn ? harmless(line).slice(0, out.columns - 1) : harmless(line)));
      const text = shown.join('\n');
      if (globals.quiet || (!isRedrawn && (text === last || Date.now() - lastAt < EVERY))) return;
      if (isRedrawn) erase();
      out.write(`${text}\n`);
      drawn = isRedrawn ? shown.length : 0;
      last = text;
      lastAt = Date.now();
    },
  };
}

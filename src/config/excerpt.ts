import type { Stretch } from './positions.ts';

const WIDTH = 120;
const MASK = '***';

const SENSITIVE = /(?:pass|pwd|secret|token|key|cred)\w*["']?(?:\s*[:=]\s*|\s+)/gi;
const HARMLESS = /^(?:$|#|(["']?)\$\{(?:(?!:-)[^}])*\}\1\s*(?:$|[,}\]#]))/;

/** Whether a value under this name is masked in excerpts, whatever field it is. */
export function isSensitive(name: string): boolean {
  return /pass|pwd|secret|token|key|cred/i.test(name);
}

/**
 * The line that an offset is in, with a caret below it; what is masked shows as `***`.
 * @param guess whether to mask as well what stands beside a name like `password`
 * @param pointed what to point at; the caret stands at its start, and is as long as it, within the line
 */
export function excerptOf(text: string, pointed: Stretch, masked: readonly Stretch[], guess = false): string {
  const start = text.lastIndexOf('\n', pointed.start - 1) + 1;
  const found = text.indexOf('\n', pointed.start);
  const end = found === -1 ? text.length : found;
  const line = text.slice(start, end).replace(/\r$/, '');
  const masks = [
    ...masked.map((one) => ({ start: one.start - start, end: one.end - start })),
    ...(guess ? guessed(line) : []),
  ];
  const column = Math.min(pointed.start - start, line.length);
  const before = hide(line, 0, column, masks);
  const after = hide(line, column, line.length, masks);
  const pointedText = hide(line, column, Math.min(pointed.end - start, line.length), masks);
  const from = Math.max(0, Math.min(before.length - WIDTH / 2, before.length + after.length - WIDTH));
  const shown = `${from > 0 ? '…' : ''}${(before + after).slice(from, from + WIDTH)}`;
  const indent = `${from > 0 ? ' ' : ''}${before.slice(from).replace(/[^\t]/g, ' ')}`;
  const caret = '^'.repeat(Math.max(1, Math.min(pointedText.length, shown.length - indent.length)));
  return `${harmless(shown)}\n${indent}${caret}`;
}

/** The text of a line from one column to another, each masked stretch in it as one mask. */
function hide(line: string, from: number, until: number, masks: readonly Stretch[]): string {
  let text = '';
  let position = from;
  for (const { start, end } of masks.toSorted((a, b) => a.start - b.start)) {
    if (end <= position || start >= until) continue;
    text += line.slice(position, Math.max(position, start)) + MASK;
    position = Math.min(end, until);
  }
  return text + line.slice(position, Math.max(position, until));
}

function guessed(line: string): readonly Stretch[] {
  return [...line.matchAll(SENSITIVE)].flatMap((match) => {
    const start = match.index + match[0].length;
    return HARMLESS.test(line.slice(start)) ? [] : [{ start, end: line.length }];
  });
}

/** Nothing that a terminal would obey; as long as before, for the caret's sake. */
function harmless(text: string): string {
  // eslint-disable-next-line no-control-regex -- the very characters that must not get through
  return text.replace(/[\u0000-\u0008\u000a-\u001f\u007f-\u009f\u2028\u2029\u202a-\u202e\u2066-\u2069]/g, '?');
}

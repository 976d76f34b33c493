import { printable } from '../http/redaction.ts';
import { paint, type Color } from './terminal.ts';

/** A text, or one with a colour; what a vendor or a user wrote may be in it. */
export type Cell = string | { readonly text: string; readonly color: Color };

/** Columns as wide as their widest cell, numbers to the right, without a blank at the end of a line. */
export function table(head: readonly string[], rows: readonly (readonly Cell[])[], isPainted: boolean): string {
  const lines = [head.map((text): Cell => ({ text, color: 'dim' })), ...rows];
  const texts = lines.map((line) => line.map((cell) => printable(typeof cell === 'string' ? cell : cell.text)));
  const widths = head.map((_, i) => Math.max(...texts.map((line) => widthOf(line[i] ?? ''))));
  return texts
    .map((line, row) => {
      const last = line.findLastIndex((text) => text !== '');
      return line
        .slice(0, last + 1)
        .map((text, i) => {
          const cell = lines[row]?.[i];
          const shown = typeof cell === 'object' ? paint(cell.color, text, isPainted) : text;
          const blanks = ' '.repeat(Math.max(0, (widths[i] ?? 0) - widthOf(text)));
          if (isNumber(text)) return blanks + shown;
          return i === last ? shown : shown + blanks;
        })
        .join('  ');
    })
    .join('\n');
}

const isNumber = (text: string): boolean => /^\d[\d,.]*$/.test(text);

const segmenter = new Intl.Segmenter('en', { granularity: 'grapheme' });
/** Scripts and signs that take two columns of a terminal: near enough to Unicode's East Asian Width. */
const WIDE =
  /^[\u1100-\u115f\u2e80-\ua4cf\uac00-\ud7a3\uf900-\ufaff\ufe30-\ufe6f\uff00-\uff60\uffe0-\uffe6]|^\p{Emoji_Presentation}|^[\u{20000}-\u{3fffd}]/u;

/** How many columns of a terminal a text takes. */
export function widthOf(text: string): number {
  let width = 0;
  for (const { segment } of segmenter.segment(text)) width += WIDE.test(segment) ? 2 : 1;
  return width;
}

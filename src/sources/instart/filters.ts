/** A filter expression of the vendor's, checked. */
export interface Filters {
  readonly text: string;
  /** Its single filters as they are written: `client_country_code==SG`. */
  readonly terms: readonly Term[];
}

interface Term {
  readonly text: string;
  readonly dimension: string;
}

const DIMENSION = /^[A-Za-z_][A-Za-z0-9_.]*/;

/**
 * Reads `<dimension><operator><value>`, operators `==` and `!=`, joined by OR `,` or AND `;` but not by both; `,` and `;` inside a value are
 * escaped by `\` (instart.txt:62-78).
 * @returns what is wrong with it, as text, when it is not such an expression
 */
export function parseFilters(text: string): Filters | string {
  const pieces = split(text);
  if (typeof pieces === 'string') return pieces;
  const joints = new Set(pieces.map(({ joint }) => joint).filter((joint) => joint !== ''));
  if (joints.size > 1) {
    return 'joins filters by `,` (or) and by `;` (and); the vendor takes one of the two in an expression, and literal ones are written `\\,` and `\\;`';
  }
  const terms: Term[] = [];
  for (const piece of pieces) {
    const term = termOf(piece.text);
    if (typeof term === 'string') return term;
    terms.push(term);
  }
  return { text, terms };
}

interface Piece {
  readonly text: string;
  /** What joins it to the next one; '' after the last. */
  readonly joint: string;
}

function split(text: string): readonly Piece[] | string {
  const pieces: Piece[] = [];
  let start = 0;
  for (let i = 0; i < text.length; i += 1) {
    const character = text.charAt(i);
    if (character === '\\') {
      if (!/[,;]/.test(text.charAt(i + 1))) return 'has a `\\` that escapes neither `,` nor `;`';
      i += 1;
    } else if (character === ',' || character === ';') {
      pieces.push({ text: text.slice(start, i), joint: character });
      start = i + 1;
    }
  }
  return [...pieces, { text: text.slice(start), joint: '' }];
}

function termOf(text: string): Term | string {
  if (text === '') return 'has an empty filter; expected `<dimension>==<value>` or `<dimension>!=<value>`';
  const dimension = DIMENSION.exec(text)?.[0] ?? '';
  const operator = text.slice(dimension.length, dimension.length + 2);
  if (dimension === '' || (operator !== '==' && operator !== '!=')) {
    return `"${text}" is no filter; expected \`<dimension>==<value>\` or \`<dimension>!=<value>\``;
  }
  if (text.length === dimension.length + 2) return `"${text}" has no value after its operator`;
  return { text, dimension };
}

/**
 * Whether the vendor's echo of a filter holds what was sent. It appends the account's own filter, `;customer==acme` (instart.txt:520), and
 * may write escapes in its own way; an echo without one of ours is an answer to another question.
 */
export function echoes(echo: string | undefined, filters: Filters): boolean {
  return filters.terms.every((term) => unescaped(echo ?? '').includes(unescaped(term.text)));
}

function unescaped(text: string): string {
  return text.replaceAll('\\', '');
}

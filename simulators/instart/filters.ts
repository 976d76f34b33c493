import { DIMENSIONS } from './dimensions.ts';

interface Filter {
  readonly dimension: string;
  /** `==`, and not `!=`. */
  readonly equal: boolean;
  readonly value: string;
}

export interface Filters {
  readonly list: readonly Filter[];
  /** `,` is OR and `;` is AND (instart.txt:74). */
  readonly every: boolean;
}

export const NO_FILTERS: Filters = { list: [], every: true };

/** Reads a filter expression. Throws a RangeError that says what the vendor refuses in it. */
export function readFilters(text: string): Filters {
  const { pieces, operators } = split(text);
  // "But not both" (instart.txt:74).
  if (operators.size > 1) throw new RangeError("filters can be combined by ',' or by ';' but not both");
  return { list: pieces.map(readFilter), every: !operators.has(',') };
}

/** Cuts at `,` and `;` that no backslash stands before (instart.txt:78). */
function split(text: string): { pieces: readonly string[]; operators: ReadonlySet<string> } {
  const pieces: string[] = [''];
  const operators = new Set<string>();
  for (const sign of text.match(/\\[,;]|[^]/g) ?? []) {
    if (sign === ',' || sign === ';') {
      operators.add(sign);
      pieces.push('');
    } else pieces[pieces.length - 1] += sign.length === 2 ? sign.slice(1) : sign;
  }
  return { pieces, operators };
}

function readFilter(text: string): Filter {
  const [, dimension = '', operator, value = ''] = /^([^=!<>~]*)(==|!=)([^=][^]*|)$/.exec(text) ?? [];
  if (operator === undefined) throw new RangeError(`not a filter of the form <dimension><operator><value>: ${text}`);
  if (!DIMENSIONS.includes(dimension)) throw new RangeError(`unknown dimension in filters: ${dimension}`);
  return { dimension, equal: operator === '==', value };
}

/** Whether a row passes; `cell` gives its values as JSON texts. Null equals nothing. */
export function passes({ list, every }: Filters, cell: (dimension: string) => string): boolean {
  if (list.length === 0) return true;
  const holds = ({ dimension, equal, value }: Filter): boolean => {
    const literal = cell(dimension);
    const same = literal.startsWith('"') ? literal === JSON.stringify(value) : literal !== 'null' && literal === value;
    return same === equal;
  };
  return every ? list.every(holds) : list.some(holds);
}

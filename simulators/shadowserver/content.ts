import { createHash } from 'node:crypto';
import { encodeCell } from './csv.ts';
import { createRows, type Recipe } from './rows.ts';

/** A file's bytes, made while they are read: a file of any size takes no memory. */
export interface FileContent {
  readonly header: readonly string[];
  readonly count: number;
  /** In bytes. */
  readonly size: number;
  readonly sha256: string;
  /** A row's fields, those of a ragged row as they are. */
  cells(index: number): readonly string[];
  record(index: number): Record<string, string>;
  /** The bytes, in pieces of about 64 kB. */
  chunks(): IterableIterator<Buffer>;
}

const CHUNK = 64 * 1024;

export function createContent(recipe: Recipe): FileContent {
  const { rows: count, shape } = recipe;
  const { header, cells, line, bytes } = createRows(recipe);
  const newline = shape.crlf ? '\r\n' : '\n';
  const head = `${shape.bom ? '\uFEFF' : ''}${header.map(encodeCell).join(',')}`;
  let size: number | undefined;
  let sha256: string | undefined;

  function* chunks(): IterableIterator<Buffer> {
    let text = head;
    for (let index = 0; index < count; index++) {
      text += newline + line(index);
      if (text.length < CHUNK) continue;
      yield Buffer.from(text);
      text = '';
    }
    yield Buffer.from(shape.finalNewline ? text + newline : text);
  }
  const measure = (): number => {
    let sum = Buffer.byteLength(head) + newline.length * (count + (shape.finalNewline ? 1 : 0));
    for (let index = 0; index < count; index++) sum += bytes(index);
    return sum;
  };
  const digest = (): string => {
    const sum = createHash('sha256');
    for (const chunk of chunks()) sum.update(chunk);
    return sum.digest('hex');
  };
  return {
    header,
    count,
    get size() {
      return (size ??= measure());
    },
    get sha256() {
      return (sha256 ??= digest());
    },
    cells,
    record: (index) => {
      const row = cells(index);
      return Object.fromEntries(header.slice(0, row.length).map((name, at) => [name, row[at] ?? '']));
    },
    chunks,
  };
}

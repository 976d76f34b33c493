import { CsvError, Parser } from 'csv-parse';
import { UnexpectedAnswer } from '../../core/failures.ts';
import { columnsOf, type Columns } from './columns.ts';
import { LARGEST_ROW, type Cut, type Cutter, type CutterOptions } from './cutter.ts';

/** A header beyond this does not fit into a place, and is none. The vendor's longest have 150 names. */
const LARGEST_HEADER = 16 * 1024;

/**
 * Cuts a CSV file by the library, which says at each row how many bytes it has read. Rows are taken as they are: quoted line breaks, too few and
 * too many fields, quotes inside of fields without any. Empty lines are no rows.
 */
export function csvCutter({ what, file, day, start, header }: CutterOptions): Cutter {
  let columns: Columns | undefined = header === null ? undefined : columnsOf(header, file, day);
  let cuts: Cut[] = [];
  const take = (cells: readonly string[], bytes: number): void => {
    if (columns === undefined) {
      columns = columnsOf(checkedHeader(cells, what), file, day);
      return;
    }
    const { text, identity } = columns.row(cells);
    const ragged = cells.length !== columns.header.length;
    cuts.push({ record: { bytes: Buffer.from(text), identity }, end: start + bytes, ragged });
  };
  const parser = openParser(start === 0, take);
  const taken = (): readonly Cut[] => {
    const some = cuts;
    cuts = [];
    return some;
  };
  const settled = (step: (done: (error?: Error | null) => void) => void): Promise<readonly Cut[]> =>
    new Promise((resolve, reject) => {
      step((error) => (error ? reject(named(error, what)) : resolve(taken())));
    });
  return {
    push: (chunk) => settled((done) => void parser.write(chunk, done)),
    end: () => settled((done) => void parser.end(done)),
    header: () => columns?.header ?? null,
  };
}

function openParser(bom: boolean, take: (cells: readonly string[], bytes: number) => void): Parser {
  const parser = new Parser({
    bom,
    record_delimiter: ['\r\n', '\n'],
    relax_column_count: true,
    relax_quotes: true,
    skip_empty_lines: true,
    max_record_size: LARGEST_ROW,
    // Rows are taken here, at once, so that none waits in the stream's other end, which nobody reads.
    on_record: (cells: string[], { bytes }) => {
      take(cells, bytes);
      return null;
    },
  });
  // Told to whoever pushes.
  parser.on('error', () => undefined);
  return parser;
}

function checkedHeader(cells: readonly string[], what: string): readonly string[] {
  const text = JSON.stringify(cells);
  if (Buffer.byteLength(text) > LARGEST_HEADER) {
    throw new UnexpectedAnswer(`${what}: a first row of ${text.length} characters is no header`, {
      body: Buffer.from(text),
    });
  }
  return cells;
}

/** The library's own message may quote the file. */
function named(error: Error, what: string): Error {
  if (!(error instanceof CsvError)) return error;
  const lines: unknown = (error as unknown as Record<string, unknown>)['lines'];
  const line = typeof lines === 'number' ? ` near line ${lines}` : '';
  return new UnexpectedAnswer(`${what}: no CSV${line} (${error.code})`, { cause: error });
}

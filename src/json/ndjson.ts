const LF = 0x0a;
const CR = 0x0d;
const SPACE = 0x20;

/**
 * A record as one line of NDJSON: line breaks become spaces, nothing else changes, nor does the length. A raw line break inside a JSON
 * string is illegal, so every one in a record is white space between tokens. Returns the same array when there is nothing to replace.
 */
export function toLine(bytes: Uint8Array): Uint8Array {
  if (bytes.indexOf(LF) === -1 && bytes.indexOf(CR) === -1) return bytes;
  const line = new Uint8Array(bytes);
  for (let i = 0; i < line.length; i += 1) if (line[i] === LF || line[i] === CR) line[i] = SPACE;
  return line;
}

/** Twice the largest record that is taken from a vendor: a longer line is no record, and must not fill the memory. */
const LONGEST_LINE = 16 * 1024 * 1024;

/**
 * The lines of a stream of bytes, without their line break. Only LF divides: U+2028 and CR may stand in a record.
 * A last line without LF counts as one.
 * @throws RangeError for a line of more than `longest` bytes.
 */
export async function* lines(stream: AsyncIterable<Buffer>, longest = LONGEST_LINE): AsyncGenerator<Buffer, void> {
  let rest: Buffer[] = [];
  let length = 0;
  for await (const chunk of stream) {
    let start = 0;
    for (let end = chunk.indexOf(LF); end !== -1; end = chunk.indexOf(LF, start)) {
      const last = chunk.subarray(start, end);
      yield rest.length === 0 ? last : Buffer.concat([...rest, last]);
      rest = [];
      length = 0;
      start = end + 1;
    }
    length += chunk.length - start;
    if (length > longest) throw new RangeError(`a line of more than ${longest} bytes`);
    if (start < chunk.length) rest.push(chunk.subarray(start));
  }
  if (rest.length > 0) yield Buffer.concat(rest);
}

import { insertMember, prettyPrint, replaceMember } from '../kit/json-bytes.ts';
import type { Faults } from './faults.ts';

type Shape = Pick<Faults, 'headersInNull' | 'prettyPrinted' | 'badUtf8' | 'changedRepeat'>;

/** One event in 50 is of the kind that `changedRepeat` and `badUtf8` strike: the first of each minute, and of each load. */
export function isMarked(index: number): boolean {
  return index % 50 === 0;
}

/** What tells pages of one shape from pages of another. */
export function shapeOf({ headersInNull, prettyPrinted, badUtf8, changedRepeat }: Shape): readonly boolean[] {
  return [headersInNull, prettyPrinted, badUtf8, changedRepeat];
}

/** A record's bytes as they are served; `last` when it will not come again. */
export function shapeRecord(record: Buffer, index: number, shape: Shape, last: boolean): Buffer {
  let bytes = record;
  if (shape.headersInNull) bytes = replaceMember(bytes, 'headersIn', 'null');
  if (shape.badUtf8 && isMarked(index)) bytes = insertMember(bytes, Buffer.from('"rawHost":"caf\u00e9"', 'latin1'));
  if (shape.changedRepeat && last && isMarked(index)) bytes = insertMember(bytes, '"augmented":true');
  return shape.prettyPrinted ? prettyPrint(bytes, 2) : bytes;
}

/** A page up to the end of `data`. */
export function writeHead(records: readonly Buffer[], pretty: boolean): Buffer {
  const [start, comma, end] = pretty && records.length > 0 ? PRETTY : COMPACT;
  return Buffer.concat([start, ...records.flatMap((record, index) => (index === 0 ? [record] : [comma, record])), end]);
}

const PRETTY = ['{\n  "data": [\n    ', ',\n    ', '\n  ]'].map((text) => Buffer.from(text)) as [
  Buffer,
  Buffer,
  Buffer,
];
const COMPACT = ['{"data":[', ',', ']'].map((text) => Buffer.from(text)) as [Buffer, Buffer, Buffer];

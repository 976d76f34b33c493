import { memberBytes } from '../../json/member.ts';

// `seqUpdate` orders a collection's items. The document calls it microseconds since the epoch and says "don't rely on this formula"
// (group-ib.txt:299-302); its own samples have other units. So it is digits here, as many as there are: `JSON.parse` rounds above 2^53.

const NUMBER = /^"?(\d{1,40})(?:\.0*)?"?$/;

/**
 * A sequence number from the text of a JSON object, a number or a text of digits, exact to the last one.
 * @returns the number; `undefined` when there is none (absent, null, ""); `'unreadable'` when it is anything else
 */
export function readSequenceNumber(object: Buffer, path: readonly string[]): bigint | 'unreadable' | undefined {
  const text = memberBytes(object, path)?.toString('latin1');
  return parseSequenceNumber(text);
}

/** The same, from the text of the value itself. */
export function parseSequenceNumber(text: string | undefined): bigint | 'unreadable' | undefined {
  if (text === undefined || text === 'null' || text === '""') return undefined;
  const digits = NUMBER.exec(text)?.[1];
  return digits === undefined ? 'unreadable' : BigInt(digits);
}

export function larger(a: bigint | undefined, b: bigint | undefined): bigint | undefined {
  if (a === undefined || b === undefined) return a ?? b;
  return a > b ? a : b;
}

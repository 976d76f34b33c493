import { DIMENSIONS, madeCell, TENANT, TIME } from './dimensions.ts';
import type { SecurityEvent } from './events.ts';
import type { Faults } from './faults.ts';
import { SECOND, timeText } from './times.ts';

/** Reads a dimension of an event as JSON text. */
export type Reader = (event: SecurityEvent) => string;

/** Stands in texts for bytes that are not UTF-8, and is as long as they are. */
const PLACEHOLDER = '\uE000';
const PLACEHOLDER_BYTES = Buffer.from(PLACEHOLDER);
const BAD_BYTES = Buffer.from([0xff, 0xc3, 0x28]);

/** An event's time to the precision that is served, ms. */
export function timeOf({ time, key }: SecurityEvent, { fractions }: Faults): number {
  const exact = fractions === 'all' || (fractions === 'some' && key % 2 === 0);
  return exact ? time : Math.floor(time / SECOND) * SECOND;
}

/** The value that filters, sorting and groups see. Throws a RangeError for an unknown dimension. */
export function plainReader(name: string, customer: string, faults: Faults): Reader {
  if (name === TIME) return (event) => `"${timeText(timeOf(event, faults))}"`;
  if (name === TENANT) {
    const tenant = JSON.stringify(customer);
    return () => tenant;
  }
  const made = madeCell(name);
  return (event) => (event.given === undefined ? made(event.key) : (event.given[name] ?? 'null'));
}

/** The same value as it is written into a row of raw events. */
export function rowReader(name: string, customer: string, faults: Faults): Reader {
  const plain = plainReader(name, customer, faults);
  if (faults.badUtf8 && name === 'request_path') {
    const spoilt: Reader = (event) => {
      const text = plain(event);
      return event.key % 8 === 0 && text !== 'null' ? `${text.slice(0, -1)}${PLACEHOLDER}"` : text;
    };
    return faults.oddLiterals ? (event) => oddLiteral(spoilt(event)) : spoilt;
  }
  return faults.oddLiterals ? (event) => oddLiteral(plain(event)) : plain;
}

function oddLiteral(text: string): string {
  return /^\d+$/.test(text) ? `${text}.0` : text.replaceAll('/', '\\/');
}

/** The bytes of JSON text; what stands in for bad bytes becomes them. */
export function toBytes(text: string): Buffer {
  const bytes = Buffer.from(text);
  for (let at = bytes.indexOf(PLACEHOLDER_BYTES); at >= 0; at = bytes.indexOf(PLACEHOLDER_BYTES, at + 3))
    BAD_BYTES.copy(bytes, at);
  return bytes;
}

/** Values that a test brings, as JSON texts. Throws a RangeError for an unknown dimension. */
export function givenCells(values: Readonly<Record<string, unknown>>): Readonly<Record<string, string>> {
  const entries = Object.entries(values).map(([name, value]) => {
    if (!DIMENSIONS.includes(name) || name === TIME || name === TENANT) throw new RangeError(`no dimension ${name}`);
    return [name, JSON.stringify(value ?? null)];
  });
  return Object.fromEntries(entries) as Record<string, string>;
}

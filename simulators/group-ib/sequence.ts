import { scramble } from '../kit/random.ts';
import type { Faults } from './faults.ts';

/** What a seqUpdate counts, as far as it goes by the clock: 13, 14 or 16 digits. */
export type Unit = 'ms' | 'tenth-ms' | 'us';

const SHIFT = 9_007_199_254_740_993n;
const PER_MS = { ms: 1n, 'tenth-ms': 10n, us: 1000n } as const;

/** The number that belongs to an instant, with digits of its own below the millisecond. */
export function seqAt(time: number, unit: Unit): bigint {
  const whole = BigInt(Math.floor(time)) * PER_MS[unit];
  return unit === 'ms' ? whole : whole + (BigInt(scramble(time)) % PER_MS[unit]);
}

export function seqDigits(seq: bigint, faults: Faults): string {
  return String(faults.seqAbove2to53 ? seq + SHIFT : seq);
}

/** The JSON literal: digits as they are, or a string of them. */
export function seqLiteral(seq: bigint, faults: Faults): string {
  const digits = seqDigits(seq, faults);
  return faults.seqAsString ? `"${digits}"` : digits;
}

/** What a client sent, as the vendor counts; `text` is of digits only. */
export function readSeq(text: string, faults: Faults): bigint {
  const seq = BigInt(text);
  return faults.seqAbove2to53 ? seq - SHIFT : seq;
}

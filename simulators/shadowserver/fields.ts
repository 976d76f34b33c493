import { Refusal } from '../kit/http.ts';
import type { Body } from './auth.ts';
import { DAY, readDays, type Days } from './dates.ts';
import type { Faults } from './faults.ts';
import type { Parts } from './parts.ts';

/** "Array of up to 1,000 matching records" (shadowserver.txt:94, 321). */
export const MOST = 1000;

/** Reads a call's fields. Each reader throws a {@link Refusal} (400) for a value of another type than the page names. */
export interface Fields {
  text(name: string): string | undefined;
  /** A list, or one text where that `one` is allowed. */
  texts(name: string, one?: 'or-one'): readonly string[] | undefined;
  /** A whole number of at least 1. */
  count(name: string): number | undefined;
  /** How many records to give, at most 1,000. */
  limit(): number;
  days(relative: boolean): Days | undefined;
}

export function fieldsOf(body: Body, { faults, now, report }: Pick<Parts, 'faults' | 'now' | 'report'>): Fields {
  const wrong = (name: string, wanted: string): Refusal => {
    report('bad-field', `${name} is not ${wanted}`);
    return new Refusal(400, `${name} must be ${wanted}`);
  };
  const text: Fields['text'] = (name) => {
    const value = body[name];
    if (value === undefined || typeof value === 'string') return value;
    throw wrong(name, 'a string');
  };
  const count: Fields['count'] = (name) => {
    const value = body[name];
    if (value === undefined) return undefined;
    if (typeof value === 'number' && Number.isSafeInteger(value) && value >= 1) return value;
    throw wrong(name, 'a number');
  };
  const days: Fields['days'] = (relative) => {
    const date = text('date');
    if (date === undefined) return undefined;
    return reported(() => limited(readDays(date, Math.floor(now() / DAY), relative), faults), report);
  };
  return {
    text,
    count,
    days,
    texts: (name, one) => {
      const value = body[name];
      if (one !== undefined && typeof value === 'string') return [value];
      if (value === undefined || isTexts(value)) return value;
      throw wrong(name, 'a list of strings');
    },
    limit: () => {
      const asked = count('limit') ?? MOST;
      if (asked > MOST && faults.bigLimits === 'refused') throw wrong('limit', `at most ${MOST}`);
      return Math.min(asked, MOST);
    },
  };
}

/** Throws a {@link Refusal} (400) for a field that the method does not have. */
export function refuseOthers(body: Body, known: readonly string[], { faults, report }: Parts): void {
  const other = Object.keys(body).find((name) => name !== 'apikey' && !known.includes(name));
  if (other === undefined) return;
  report('unknown-field', other);
  if (faults.unknownFields === 'refused') throw new Refusal(400, `unknown field: ${other}`);
}

function limited(days: Days, { maxDays }: Faults): Days {
  if (maxDays === null || days.last - days.first < maxDays) return days;
  throw new Refusal(400, `date range of more than ${maxDays} days`);
}

function reported<Value>(read: () => Value, report: Parts['report']): Value {
  try {
    return read();
  } catch (error) {
    report('bad-field', error instanceof Error ? error.message : 'date');
    throw error;
  }
}

function isTexts(value: unknown): value is readonly string[] {
  return Array.isArray(value) && value.every((item) => typeof item === 'string');
}

import { Refusal } from '../kit/http.ts';
import type { Faults } from './faults.ts';
import type { Report, Rule } from './violations.ts';

export interface AttackRequest {
  readonly start: number;
  readonly end: number;
  readonly website: string | undefined;
  readonly eventType: string | undefined;
}

/** Five minutes (indusface.txt:70). */
const LONGEST = 300_000;
const KNOWN: readonly string[] = ['startTime', 'endTime', 'websiteName', 'eventType'];
/** A number of seconds since the epoch has ten digits until the year 2286, one of milliseconds thirteen since 2001. */
const FIRST_MS = 1e12;

/** Reads the body of a request about attacks. Throws a {@link Refusal} (400) for what the page does not allow. */
export function readAttackRequest(text: string, faults: Faults, report: Report): AttackRequest {
  const refuse = (rule: Rule, message: string): never => {
    report(rule, message);
    throw new Refusal(400, message);
  };
  const body = parse(text);
  if (body === undefined) return refuse('not-json', 'the body is not a JSON object');
  const unknown = Object.keys(body).find((key) => !KNOWN.includes(key));
  if (unknown !== undefined) refuse('unknown-field', `unknown field ${unknown}`);
  const timeOf = (name: string): number => {
    const value = body[name];
    const isText = typeof value === 'string' && /^\d{1,16}$/.test(value);
    const isNumber = Number.isSafeInteger(value) && faults.times === 'either';
    if (!isText && !isNumber) return refuse('bad-field', `${name} is missing or not a time in milliseconds`);
    return Number(value) < FIRST_MS ? refuse('bad-field', `${name} is not in milliseconds`) : Number(value);
  };
  const [start, end] = [timeOf('startTime'), timeOf('endTime')];
  if (end <= start) refuse('range-reversed', 'endTime must be after startTime');
  if (end - start > LONGEST) refuse('range-too-long', 'the maximum time range is 5 mins');
  const { websiteName, eventType } = body;
  if (eventType !== undefined && eventType !== 'Log' && eventType !== 'Block') {
    return refuse('bad-field', 'eventType is either Log or Block');
  }
  if (websiteName !== undefined && typeof websiteName !== 'string') {
    return refuse('bad-field', 'websiteName is not a text');
  }
  return { start, end, website: websiteName?.trim(), eventType };
}

function parse(text: string): Record<string, unknown> | undefined {
  try {
    const value: unknown = JSON.parse(text);
    const isObject = typeof value === 'object' && value !== null && !Array.isArray(value);
    return isObject ? (value as Record<string, unknown>) : undefined;
  } catch {
    return undefined;
  }
}

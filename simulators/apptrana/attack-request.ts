import type { IncomingMessage } from 'node:http';
import { Refusal } from '../kit/http.ts';
import type { Faults } from './faults.ts';
import type { Report, Rule } from './violations.ts';

export interface AttackRequest {
  readonly start: number;
  readonly end: number;
  readonly website: string | undefined;
  readonly eventType: string | undefined;
}

/** Five minutes (indusface.txt:67). */
const LONGEST = 300_000;
const KNOWN: readonly string[] = ['startTime', 'endTime', 'websiteName', 'eventType'];
/** A number of seconds since the epoch has ten digits until the year 2286, one of milliseconds thirteen since 2001. */
const FIRST_MS = 1e12;
/** Microseconds have sixteen digits; so many milliseconds are past the year 5000. */
const LAST_MS = 1e14;
const JSON_TYPE = /^\s*application\/json\s*(;|$)/i;

/** The page wants `Content-Type: application/json`, also of a GET (indusface.txt:26, 79). Throws a {@link Refusal} (400) otherwise. */
export function checkJsonType({ headers }: IncomingMessage, { contentType }: Faults, report: Report): void {
  if (contentType === 'any' || JSON_TYPE.test(headers['content-type'] ?? '')) return;
  const message = `Content-Type is not application/json but ${headers['content-type'] ?? 'absent'}`;
  report('content-type', message);
  throw new Refusal(400, message);
}

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
    const time = Number(value);
    return time < FIRST_MS || time >= LAST_MS ? refuse('bad-field', `${name} is not in milliseconds`) : time;
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

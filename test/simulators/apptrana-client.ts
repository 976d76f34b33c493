import { request } from 'undici';
import { DEFAULT_CLIENT, startAppTrana } from '../../simulators/apptrana.ts';
import type { AppTranaSimulator, SimulatorOptions } from '../../simulators/apptrana.ts';

export const SITE = 'www.abc.com';
export const OTHER = 'shop.abc.com';
export const MINUTE = 60_000;
/** The vendor's time at the start of each test. */
export const NOW = Date.UTC(2026, 10, 21, 12, 0, 30);
export const FROM = Date.UTC(2026, 10, 21, 11, 0);

export interface Trial {
  readonly simulator: AppTranaSimulator;
  /** Moves the vendor's clock. */
  pass(ms: number): void;
}

export async function start(options: Partial<SimulatorOptions> = {}): Promise<Trial> {
  let now = NOW;
  const simulator = await startAppTrana({ websites: [SITE, OTHER], clock: () => now, ...options });
  return { simulator, pass: (ms) => (now += ms) };
}

export interface Answer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
  readonly text: string;
}

interface Call {
  readonly method?: 'GET' | 'POST';
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string;
}

export async function call(simulator: AppTranaSimulator, path: string, options: Call = {}): Promise<Answer> {
  const { statusCode, headers, body } = await request(simulator.baseUrl + path, options);
  return { status: statusCode, headers, text: await body.text() };
}

/** What a request without a form or a token of its own says about itself (indusface.txt:26). */
export const JSON_TYPE = { 'content-type': 'application/json' };

export function form(fields: Readonly<Record<string, string>>): Call {
  const headers = { 'content-type': 'application/x-www-form-urlencoded' };
  return { method: 'POST', headers, body: new URLSearchParams(fields).toString() };
}

export const SECRETS = { client_id: DEFAULT_CLIENT.id, client_secret: DEFAULT_CLIENT.secret };

/** Asks for an authorisation code. @returns where the vendor sends the browser. */
export async function redirection(simulator: AppTranaSimulator): Promise<URL> {
  const path = `/siem/v1/authorize?client_id=${SECRETS.client_id}`;
  const { headers } = await call(simulator, path, { headers: JSON_TYPE });
  return new URL(String(headers['location']));
}

export function redeem(simulator: AppTranaSimulator, code: string): Promise<Answer> {
  return call(simulator, '/siem/v1/getAuthToken', form({ ...SECRETS, code }));
}

export async function logIn(simulator: AppTranaSimulator): Promise<string> {
  const { text } = await call(
    simulator,
    '/siem/v1/getAuthToken',
    form({ ...SECRETS, grant_type: 'client_credentials' }),
  );
  return (JSON.parse(text) as { access_token: string }).access_token;
}

export async function ask(
  simulator: AppTranaSimulator,
  token: string,
  body: unknown,
  header = 'Authorization',
): Promise<Answer> {
  const headers = { ...JSON_TYPE, [header]: `Bearer ${token}` };
  const text = typeof body === 'string' ? body : JSON.stringify(body);
  return await call(simulator, '/siem/v1/getAttackInfo', { method: 'POST', headers, body: text });
}

/** A range as the page's samples write it. */
export function range(start: number, end: number, more: object = {}): object {
  return { startTime: String(start), endTime: String(end), ...more };
}

interface Attacks {
  readonly successMessage: string;
  readonly data: readonly { readonly websiteName: string; readonly attacks: readonly Record<string, unknown>[] }[];
}

export function parse({ text }: Answer): Attacks {
  return JSON.parse(text) as Attacks;
}

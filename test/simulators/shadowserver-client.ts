import { createHash, createHmac } from 'node:crypto';
import { request, type Agent } from 'undici';
import {
  DEFAULT_KEY,
  startShadowserver,
  type ShadowserverSimulator,
  type SimulatorOptions,
} from '../../simulators/shadowserver.ts';

export const LIST = 'united-states';
export const HOUR = 3_600_000;
/** The vendor's time at the start of each test, and the last day of which everything is published by then. */
export const NOW = Date.UTC(2026, 10, 22, 12, 0, 30);
export const DAY = '2026-11-21';

export interface Trial {
  readonly simulator: ShadowserverSimulator;
  /** Moves the vendor's clock. */
  pass(ms: number): void;
}

export async function start(options: SimulatorOptions = {}): Promise<Trial> {
  let now = NOW;
  const simulator = await startShadowserver({ clock: () => now, ...options });
  return { simulator, pass: (ms) => (now += ms) };
}

export interface Answer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
  readonly bytes: Buffer;
  readonly text: string;
}

interface Call {
  readonly method?: 'GET' | 'POST' | 'PUT' | 'HEAD';
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string | Buffer;
  readonly dispatcher?: Agent;
  readonly signal?: AbortSignal;
}

export async function ask(url: string, call: Call = {}): Promise<Answer> {
  const { statusCode, headers, body } = await request(url, call);
  const bytes = Buffer.from(await body.arrayBuffer());
  return { status: statusCode, headers, bytes, text: bytes.toString('utf8') };
}

export function sign(body: string | Buffer, secret: string = DEFAULT_KEY.secret): string {
  return createHmac('sha256', secret).update(body).digest('hex');
}

/** A call as the vendor's `call-api.py` makes it: the key goes into the object, and what is sent is what is signed. */
export function call(simulator: ShadowserverSimulator, method: string, fields: object = {}): Promise<Answer> {
  const body = JSON.stringify({ apikey: DEFAULT_KEY.apiKey, ...fields });
  return ask(`${simulator.apiUrl}/${method}`, { method: 'POST', headers: { HMAC2: sign(body) }, body });
}

/** What a call answers; throws where that is no JSON. */
export async function json<Value>(
  simulator: ShadowserverSimulator,
  method: string,
  fields: object = {},
): Promise<Value> {
  const { text } = await call(simulator, method, fields);
  return JSON.parse(text) as Value;
}

export interface Item {
  readonly id: string;
  readonly file: string;
  readonly timestamp: string;
  readonly report: string;
  readonly type?: string;
  readonly url?: string;
}

export function list(simulator: ShadowserverSimulator, fields: object = {}): Promise<readonly Item[]> {
  return json(simulator, 'reports/list', { reports: [LIST], date: DAY, ...fields });
}

/** The one file of a list, type and day. */
export async function item(simulator: ShadowserverSimulator, type: string, day = DAY): Promise<Item> {
  const [only, ...others] = await list(simulator, { type, date: day });
  if (only === undefined || others.length > 0) throw new Error(`not one file of ${type}`);
  return only;
}

export function fetchFile(simulator: ShadowserverSimulator, id: string, options: Call = {}): Promise<Answer> {
  return ask(`${simulator.dlUrl}/${encodeURIComponent(id)}`, options);
}

export async function file(simulator: ShadowserverSimulator, type: string, day = DAY): Promise<Answer> {
  return fetchFile(simulator, (await item(simulator, type, day)).id);
}

export function sha256(bytes: Buffer): string {
  return createHash('sha256').update(bytes).digest('hex');
}

/** Reads CSV (RFC 4180) character by character: slow, and written from the standard only. */
export function parseCsv(text: string): readonly (readonly string[])[] {
  const rows: string[][] = [];
  let row: string[] = [];
  let cell = '';
  let quoted = false;
  const endCell = (): void => {
    row.push(cell);
    cell = '';
  };
  const endRow = (): void => {
    endCell();
    rows.push(row);
    row = [];
  };
  for (let at = 0; at < text.length; at++) {
    const sign = text[at] ?? '';
    if (quoted) {
      if (sign !== '"') cell += sign;
      else if (text[at + 1] === '"') cell += text[++at] ?? '';
      else quoted = false;
    } else if (sign === '"') quoted = true;
    else if (sign === ',') endCell();
    else if (sign === '\n') endRow();
    else if (sign !== '\r') cell += sign;
  }
  if (cell !== '' || row.length > 0) endRow();
  return rows;
}

import { request, type Agent } from 'undici';
import {
  DEFAULT_USER,
  startInstart,
  type InstartSimulator,
  type SimulatorOptions,
  type User,
} from '../../simulators/instart.ts';

export const SECOND = 1_000;
export const MINUTE = 60_000;
export const HOUR = 3_600_000;
export const DAY = 86_400_000;
/** The vendor's time at the start of each test. */
export const NOW = Date.UTC(2026, 10, 22, 12, 0, 30);
/** The hour before last, and a plain choice of dimensions. */
export const FROM = Date.UTC(2026, 10, 22, 10);
export const UNTIL = FROM + HOUR;
export const COLUMNS = ['client_ip', 'rule_id', 'client_asn'];

export interface Trial {
  readonly simulator: InstartSimulator;
  /** Moves the vendor's clock. */
  pass(ms: number): void;
}

export async function start(options: SimulatorOptions = {}): Promise<Trial> {
  let now = NOW;
  const simulator = await startInstart({ clock: () => now, ...options });
  return { simulator, pass: (ms) => (now += ms) };
}

export interface Answer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
  readonly bytes: Buffer;
  readonly text: string;
}

interface Call {
  readonly method?: 'GET' | 'HEAD' | 'POST';
  /** null: without credentials. */
  readonly user?: User | null;
  readonly dispatcher?: Agent;
  readonly signal?: AbortSignal;
}

export function basic({ name, password }: User): string {
  return `Basic ${Buffer.from(`${name}:${password}`, 'utf8').toString('base64')}`;
}

export async function ask(simulator: InstartSimulator, path: string, call: Call = {}): Promise<Answer> {
  const { user = DEFAULT_USER, ...options } = call;
  const headers: Record<string, string> = user === null ? {} : { authorization: basic(user) };
  const answer = await request(`${simulator.baseUrl}/${path}`, { ...options, headers });
  const bytes = Buffer.from(await answer.body.arrayBuffer());
  return { status: answer.statusCode, headers: answer.headers, bytes, text: bytes.toString('utf8') };
}

/** `2026-11-22T10:00:00`, as the vendor's page wants times. */
export function zoneless(instant: number): string {
  return new Date(instant).toISOString().slice(0, 19);
}

/** What is left out or undefined is not sent. */
export type Parameters = Readonly<Record<string, string | number | undefined>>;

export function eventsPath(parameters: Parameters = {}): string {
  return path('events/data', {
    dimensions: COLUMNS.join(),
    starttime: zoneless(FROM),
    endtime: zoneless(UNTIL),
    ...parameters,
  });
}

export function path(resource: string, parameters: Parameters): string {
  const pairs = Object.entries(parameters).filter(([, value]) => value !== undefined);
  return `${resource}?${pairs.map(([name, value]) => `${name}=${encodeURIComponent(String(value))}`).join('&')}`;
}

export type Cell = string | number | boolean | null;

export interface Data {
  readonly query: {
    readonly starttime: string;
    readonly endtime: string;
    readonly start: number;
    readonly limit: number;
    readonly dimensions: readonly string[];
    readonly filters?: string;
  };
  readonly columns: readonly { readonly name: string }[];
  readonly rows: readonly (readonly Cell[])[];
  readonly total_results: number;
}

/** What a question about data answers; throws where that is no JSON with 200. */
export async function data(simulator: InstartSimulator, path: string): Promise<Data> {
  const { status, text } = await ask(simulator, path);
  if (status !== 200) throw new Error(`${status}: ${text}`);
  return JSON.parse(text) as Data;
}

export function events(simulator: InstartSimulator, parameters: Parameters = {}): Promise<Data> {
  return data(simulator, eventsPath(parameters));
}

/** The rows in the truth's order of columns, as texts, sorted: a multiset that can be compared. */
export function multiset({ columns, rows }: Data, order: readonly string[]): readonly string[] {
  const places = order.map((name) => columns.findIndex((column) => column.name === name));
  return rows.map((row) => JSON.stringify(places.map((place) => row[place]))).sort();
}

export function truthSet(rows: readonly { readonly bytes: Buffer }[]): readonly string[] {
  return rows.map(({ bytes }) => bytes.toString('utf8')).sort();
}

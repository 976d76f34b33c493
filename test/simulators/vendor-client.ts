import { createHash } from 'node:crypto';
import { request, type Agent } from 'undici';
import { DEFAULT_ACCOUNT, startSignalSciences } from '../../simulators/signal-sciences.ts';
import type { SignalSciencesSimulator, SimulatorOptions } from '../../simulators/signal-sciences.ts';

export const CORP = 'testcorp';
export const SITE = 'www.mysite.com';
export const MINUTE = 60_000;
/** The vendor's time at the start of each test, and full minutes that are settled by then. */
export const NOW = Date.UTC(2026, 10, 21, 12, 0, 30);
export const UNTIL = Date.UTC(2026, 10, 21, 11, 50);

export interface Trial {
  readonly simulator: SignalSciencesSimulator;
  /** Moves the vendor's clock. */
  pass(ms: number): void;
}

export async function start(options: Partial<SimulatorOptions> = {}): Promise<Trial> {
  let now = NOW;
  const simulator = await startSignalSciences({
    corp: CORP,
    sites: [SITE, 'other site'],
    clock: () => now,
    ...options,
  });
  return { simulator, pass: (ms) => (now += ms) };
}

export interface Answer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
  readonly bytes: Buffer;
  readonly text: string;
}

export const TOKEN_HEADERS = { 'x-api-user': DEFAULT_ACCOUNT.email, 'x-api-token': DEFAULT_ACCOUNT.token };

interface Call {
  readonly method?: 'GET' | 'POST' | 'PUT' | 'DELETE' | 'HEAD';
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string;
  readonly dispatcher?: Agent;
  readonly signal?: AbortSignal;
}

/** One request with API credentials (unless others are given), and the whole answer. */
export async function ask(simulator: SignalSciencesSimulator, path: string, call: Call = {}): Promise<Answer> {
  const { headers = TOKEN_HEADERS, ...rest } = call;
  const { statusCode, headers: received, body } = await request(`${simulator.url}${path}`, { ...rest, headers });
  const bytes = Buffer.from(await body.arrayBuffer());
  return { status: statusCode, headers: received, bytes, text: bytes.toString('utf8') };
}

export function feedPath(parameters: Readonly<Record<string, string | number>>, site = SITE, corp = CORP): string {
  const query = new URLSearchParams(
    Object.entries(parameters).map(([name, value]): [string, string] => [name, String(value)]),
  );
  return `/api/v0/corps/${encodeURIComponent(corp)}/sites/${encodeURIComponent(site)}/feed/requests?${query.toString()}`;
}

/** The path of a window's first page; bounds in ms. */
export function windowPath(from: number, until: number, more: Readonly<Record<string, string | number>> = {}): string {
  return feedPath({ from: from / 1000, until: until / 1000, ...more });
}

export async function login(
  simulator: SignalSciencesSimulator,
  password: string = DEFAULT_ACCOUNT.password,
): Promise<Answer> {
  const body = new URLSearchParams({ email: DEFAULT_ACCOUNT.email, password }).toString();
  const headers = { 'content-type': 'application/x-www-form-urlencoded' };
  return ask(simulator, '/api/v0/auth', { method: 'POST', headers, body });
}

export async function bearer(simulator: SignalSciencesSimulator): Promise<Record<string, string>> {
  const { token } = JSON.parse((await login(simulator)).text) as { token: string };
  return { authorization: `Bearer ${token}` };
}

interface PageJson {
  readonly data: readonly { readonly id: string; readonly timestamp: string }[];
  readonly next?: { readonly uri?: string | null } | null;
}

export function parse({ text }: Answer): PageJson {
  return JSON.parse(text) as PageJson;
}

export function nextUri(answer: Answer | undefined): string {
  return answer === undefined ? '' : (parse(answer).next?.uri ?? '');
}

/** The opaque value of a next link, decoded once. */
export function nextValue(uri: string): string {
  return new URL(uri, 'http://vendor').searchParams.get('next') ?? '';
}

/** The same page by a posted form, as clients do whose links are too long for a URL. */
export function post(simulator: SignalSciencesSimulator, uri: string, limit?: number): Promise<Answer> {
  const path = uri.slice(0, uri.indexOf('?')) + (limit === undefined ? '' : `?limit=${limit}`);
  const headers = { ...TOKEN_HEADERS, 'content-type': 'application/x-www-form-urlencoded' };
  return ask(simulator, path, {
    method: 'POST',
    headers,
    body: new URLSearchParams({ next: nextValue(uri) }).toString(),
  });
}

/**
 * The vendor's sample program (vendor's page, lines 71-116): log in, then page after page until `next.uri` is empty. A limit goes along
 * with each link, where the sample has none.
 */
export async function sampleProgram(
  simulator: SignalSciencesSimulator,
  path: string,
  limit?: number,
): Promise<readonly Answer[]> {
  const headers = { 'content-type': 'application/json', ...(await bearer(simulator)) };
  const pages: Answer[] = [];
  for (let uri = path; uri !== ''; uri = nextUri(pages.at(-1))) {
    const page = await ask(simulator, limit === undefined ? uri : `${uri}&limit=${limit}`, { headers });
    if (page.status !== 200) throw new Error(`${page.status}: ${page.text}`);
    pages.push(page);
  }
  return pages;
}

/** The ids of the pages' events, in the order in which they came. */
export function ids(pages: readonly Answer[]): readonly string[] {
  return pages.flatMap((page) => parse(page).data.map(({ id }) => id));
}

/** What a careful client holds in the end: of two records with one id the last; SHA-256 of its bytes by id. */
export function held(pages: readonly Answer[]): ReadonlyMap<string, string> {
  const hashes = pages.flatMap((page) =>
    slices(page.bytes).map((slice) => createHash('sha256').update(slice).digest('hex')),
  );
  return new Map(ids(pages).map((id, index) => [id, hashes[index] ?? '']));
}

export function truthOf(simulator: SignalSciencesSimulator, from: number, until: number): ReadonlyMap<string, string> {
  return new Map(simulator.truth(SITE, from, until).map(({ id, sha256 }) => [id, sha256]));
}

/** The bytes of each object right inside the page's `data` array. */
export function slices(page: Buffer): readonly Buffer[] {
  const found: Buffer[] = [];
  let depth = 0;
  let start = 0;
  for (let at = page.indexOf('[') + 1; depth > 0 || page[at] !== 0x5d; at++) {
    if (at >= page.length) throw new Error('data does not end');
    const sign = String.fromCharCode(page[at] ?? 0);
    if (sign === '"') {
      for (at++; page[at] !== 0x22; at++) if (page[at] === 0x5c) at++;
    } else if (sign === '{' || sign === '[') {
      if (depth++ === 0) start = at;
    } else if ((sign === '}' || sign === ']') && --depth === 0) found.push(page.subarray(start, at + 1));
  }
  return found;
}

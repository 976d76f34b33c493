import { createHash } from 'node:crypto';
import { request, type Agent } from 'undici';
import { DEFAULT_ACCOUNT, startGroupIb } from '../../simulators/group-ib.ts';
import type { GroupIbSimulator, SimulatorOptions, TruthVersion } from '../../simulators/group-ib.ts';

/** The vendor's time at the start of each test. */
export const NOW = Date.UTC(2026, 10, 21, 12, 0, 30);
export const DAY = 86_400_000;

export interface Trial {
  readonly simulator: GroupIbSimulator;
  /** Moves the vendor's clock. */
  pass(ms: number): void;
}

export async function start(options: Partial<SimulatorOptions> = {}): Promise<Trial> {
  let now = NOW;
  const simulator = await startGroupIb({ clock: () => now, ...options });
  return { simulator, pass: (ms) => (now += ms) };
}

export interface Answer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
  readonly bytes: Buffer;
  readonly text: string;
}

export function basic(username: string = DEFAULT_ACCOUNT.username, apiKey: string = DEFAULT_ACCOUNT.apiKey): string {
  return `Basic ${Buffer.from(`${username}:${apiKey}`).toString('base64')}`;
}

interface Call {
  readonly method?: 'GET' | 'POST' | 'PUT';
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string;
  readonly dispatcher?: Agent;
  readonly signal?: AbortSignal;
}

/** One request with credentials (unless headers are given), and the whole answer. */
export async function ask(base: string, path: string, call: Call = {}): Promise<Answer> {
  const { headers = { authorization: basic() }, ...rest } = call;
  const { statusCode, headers: received, body } = await request(`${base}${path}`, { ...rest, headers });
  const bytes = Buffer.from(await body.arrayBuffer());
  return { status: statusCode, headers: received, bytes, text: bytes.toString('utf8') };
}

export type Parameters = Readonly<Record<string, string | number>>;

export function query(parameters: Parameters): string {
  const pairs = Object.entries(parameters).map(([name, value]): [string, string] => [name, String(value)]);
  return pairs.length === 0 ? '' : `?${new URLSearchParams(pairs).toString()}`;
}

/** A page, read without a number in it going through a double. */
export interface Page {
  readonly count: number;
  /** The top level's digits; `''` where there are none. */
  readonly seqUpdate: string;
  readonly resultId: string;
  readonly items: readonly Item[];
}

export interface Item {
  readonly id: string;
  readonly seqUpdate: string;
  readonly sha256: string;
  readonly bytes: Buffer;
}

export function parse(answer: Answer): Page {
  if (answer.status !== 200) throw new Error(`${answer.status}: ${answer.text.slice(0, 200)}`);
  const { count, total, resultId } = JSON.parse(answer.text) as { count?: number; total?: number; resultId?: string };
  const tail = answer.text.slice(answer.text.lastIndexOf(']'));
  return {
    count: count ?? total ?? -1,
    seqUpdate: /"seqUpdate":"?(\d+)/.exec(tail)?.[1] ?? '',
    resultId: resultId ?? '',
    items: slices(answer.bytes).map(itemOf),
  };
}

function itemOf(bytes: Buffer): Item {
  const text = bytes.toString('utf8');
  const { id } = JSON.parse(text) as { id: string };
  const seqUpdate = /"seqUpdate":"?(\d+)/.exec(text)?.[1] ?? '';
  return { id, seqUpdate, sha256: createHash('sha256').update(bytes).digest('hex'), bytes };
}

/** The sequence iteration of the vendor's page (group-ib.txt:350-385): page after page until one has no items. */
export async function update(
  simulator: GroupIbSimulator,
  collection: string,
  parameters: Parameters = {},
): Promise<readonly Page[]> {
  const path = collection === 'violation/list' ? collection : `${collection}/updated`;
  const base = collection === 'violation/list' ? simulator.drpUrl : simulator.tiUrl;
  const pages: Page[] = [];
  for (let cursor: Parameters = {}; pages.at(-1)?.items.length !== 0;) {
    pages.push(parse(await ask(base, `${path}${query({ ...parameters, ...cursor })}`)));
    cursor = { seqUpdate: pages.at(-1)?.seqUpdate ?? '' };
  }
  return pages;
}

/** The walk by resultId: the first request says what is searched for, the later ones only where they are. */
export async function search(
  simulator: GroupIbSimulator,
  collection: string,
  parameters: Parameters = {},
): Promise<readonly Page[]> {
  const pages: Page[] = [];
  for (let next = parameters; pages.at(-1)?.items.length !== 0;) {
    pages.push(parse(await ask(simulator.tiUrl, `${collection}${query(next)}`)));
    next = { resultId: pages.at(-1)?.resultId ?? '' };
  }
  return pages;
}

export function items(pages: readonly Page[]): readonly Item[] {
  return pages.flatMap((page) => page.items);
}

export function ids(pages: readonly Page[]): readonly string[] {
  return items(pages).map(({ id }) => id);
}

/** Versions by what tells them apart, with what their bytes must be. */
export function versions(held: readonly (Item | TruthVersion)[]): ReadonlyMap<string, string> {
  return new Map(held.map(({ id, seqUpdate, sha256 }) => [`${id} ${seqUpdate}`, sha256]));
}

/** The bytes of each object right inside the page's `items` array. */
function slices(page: Buffer): readonly Buffer[] {
  const found: Buffer[] = [];
  let depth = 0;
  let start = 0;
  for (let at = page.indexOf('"items":[') + 9; depth > 0 || page[at] !== 0x5d; at++) {
    if (at >= page.length) throw new Error('items do not end');
    const sign = String.fromCharCode(page[at] ?? 0);
    if (sign === '"') {
      for (at++; page[at] !== 0x22; at++) if (page[at] === 0x5c) at++;
    } else if (sign === '{' || sign === '[') {
      if (depth++ === 0) start = at;
    } else if ((sign === '}' || sign === ']') && --depth === 0) found.push(page.subarray(start, at + 1));
  }
  return found;
}

import { z } from 'zod';
import type { ReportRef } from '../../core/contract.ts';
import { UnexpectedAnswer } from '../../core/failures.ts';
import { SECOND } from '../../core/time.ts';
import { isObject } from '../../json/page.ts';
import { bareName, type Account } from './account.ts';
import type { Api } from './api.ts';
import { countsOf, eventsByType, typeName } from './counts.ts';

/** A list of reports, as far as listing it needs it. */
export interface Listed {
  readonly api: Api;
  readonly account: Account;
  /** For messages: `acme-shadow/united-states`. */
  readonly name: string;
  readonly list: string;
  readonly types: 'all' | readonly string[];
}

/** `reports/list` (shadowserver.txt:92-136); keys in any order. Real items also have their type. */
const item = z.object({
  // It goes into a path and into the ledger.
  id: z
    .string()
    .max(1_000)
    .regex(/^[^\s\p{C}]+$/u),
  file: z
    .string()
    .max(500)
    .regex(/^[^\p{C}]+$/u),
  timestamp: z.string(),
  report: z.string(),
  type: z.string().optional(),
});

interface Item extends z.output<typeof item> {
  /** With underscores; where the item does not say it, its name does, if it is one of the vendor's. */
  readonly type: string | undefined;
}

/** "array of up to 1,000 matching records" (shadowserver.txt:94). */
const MOST = 1_000;

/** The files of a day. See `ReportStream.list`. */
export async function listDay(listed: Listed, day: string, signal: AbortSignal): Promise<readonly ReportRef[]> {
  const lists = await listed.account.lists(signal);
  const found = await itemsOf(listed, day, undefined, signal);
  const all = found.length < MOST ? found : [...found, ...(await itemsByType(listed, day, signal))];
  if (all.length === 0 && !lists.includes(listed.list)) {
    const known = lists.map((name) => `\`${name}\``).join(', ');
    throw new UnexpectedAnswer(`${listed.name}: the account is not subscribed to \`${listed.list}\`, but to ${known}`);
  }
  // The same file may be listed under two ids: the later one counts.
  const mine = [...new Map(all.filter((one) => isWanted(one, listed, lists)).map((one) => [one.file, one])).values()];
  const counts = mine.length === 0 ? new Map<string, number>() : await countsIn(listed, day, signal);
  return mine.map(({ id, file, type }) => {
    const alone = mine.filter((other) => other.type === type).length === 1;
    const reported = type !== undefined && alone ? counts.get(type) : undefined;
    return { id, day, file, ...(reported !== undefined && { reported }) };
  });
}

/** What says it is of another list of the account is left out: `reports` is said to hold types (shadowserver.txt:87), and shown to hold lists. */
function isWanted({ report, type }: Item, { list, types }: Listed, lists: readonly string[]): boolean {
  const from = bareName(report);
  if (from !== list && lists.includes(from)) return false;
  // A file whose name does not tell its type is taken: too much is better than too little.
  return types === 'all' || type === undefined || types.map(typeName).includes(type);
}

/** A day that has more files than one answer holds. */
async function itemsByType(listed: Listed, day: string, signal: AbortSignal): Promise<readonly Item[]> {
  const types = listed.types === 'all' ? await listed.account.types(signal) : listed.types;
  const all: Item[] = [];
  for (const type of types) {
    const items = await itemsOf(listed, day, type, signal);
    if (items.length >= MOST) {
      throw new UnexpectedAnswer(
        `${listed.name} ${day}: ${MOST} files of ${type}, and there may be more: the vendor lists no more at once`,
      );
    }
    all.push(...items);
  }
  return all;
}

async function itemsOf(
  { api, name, list }: Listed,
  day: string,
  type: string | undefined,
  signal: AbortSignal,
): Promise<readonly Item[]> {
  const what = `${name} ${day}, reports/list`;
  const fields = { reports: [list], date: day, ...(type !== undefined && { type }), limit: MOST };
  const { value, bytes, body } = await api.call('reports/list', fields, { what, setting: 'reports' }, signal);
  // An empty list may be an empty object.
  if (isObject(value) && Object.keys(value).length === 0) return [];
  const parsed = z.array(item).safeParse(JSON.parse(bytes.toString('utf8')));
  if (!parsed.success) {
    const [first] = parsed.error.issues;
    throw new UnexpectedAnswer(`${what}: no list of files: ${first?.path.join('.') ?? ''}: ${first?.message ?? ''}`, {
      body,
    });
  }
  const stranger = parsed.data.find(({ timestamp }) => !timestamp.startsWith(day));
  if (stranger !== undefined) throw new UnexpectedAnswer(`${what}: lists a file of another day`, { body });
  return parsed.data.map((one) => ({ ...one, type: typeIn(one) }));
}

/** `2020-10-27-hp_ics_scan-california-region.csv`. */
const FILE = /^\d{4}-\d\d-\d\d-([^-]+)-.+\.csv$/;

function typeIn({ type, file }: z.output<typeof item>): string | undefined {
  const found = type ?? FILE.exec(file)?.[1];
  return found === undefined ? undefined : typeName(found);
}

/** What the vendor says of how many rows there are. It is worth having, and no list fails for it. */
async function countsIn(
  { api, name, list }: Listed,
  day: string,
  signal: AbortSignal,
): Promise<ReadonlyMap<string, number>> {
  try {
    const asked = { what: `${name} ${day}, reports/stats` };
    return eventsByType(await countsOf(api, list, day, asked, signal, 30 * SECOND), day);
  } catch (error) {
    if (signal.aborted) throw error;
    return new Map();
  }
}

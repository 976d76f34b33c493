import { UnexpectedAnswer } from '../../core/failures.ts';
import type { Client } from './client.ts';
import { CATEGORIES, isTopk, KINDS, pathOf, type Kind } from './kinds.ts';

/** What the vendor has for one kind, or one category of it, to choose from. */
export interface Offer {
  readonly dimensions: readonly string[];
  /** The sets of dimensions that may be asked for together; `undefined` where any may. */
  readonly groupings?: readonly (readonly string[])[];
  readonly metrics?: readonly string[];
  /** The status by which the vendor said that it has no such lists. */
  readonly missing?: number;
}

export interface Listed {
  readonly kind: Kind;
  readonly category?: string | undefined;
}

/** Every kind, and every category of it, that there are lists for. */
export const LISTED: readonly Listed[] = KINDS.flatMap((kind): readonly Listed[] =>
  isTopk(kind) ? CATEGORIES[kind].map((category) => ({ kind, category })) : [{ kind }],
);

/** The vendor's lists for a kind (instart.txt:116, 228-242); raw events have dimensions only. */
export async function offerOf(client: Client, { kind, category }: Listed, signal: AbortSignal): Promise<Offer> {
  const path = pathOf(kind, category);
  const read = async (member: string): Promise<readonly (readonly string[])[] | { readonly missing: number }> => {
    const answer = await client.list(`${path}/${member}`, signal);
    if ('missing' in answer) return answer;
    const entries = readList(answer.body, member);
    if (entries) return entries;
    throw new UnexpectedAnswer(`${path}/${member}: not a list of names`, { body: answer.body });
  };
  const dimensions = await read('dimensions');
  if ('missing' in dimensions) return { dimensions: [], missing: dimensions.missing };
  if (kind === 'events') return { dimensions: dimensions.flat() };
  const [groupings, metrics] = [await read('groupings'), await read('metrics')];
  return {
    dimensions: dimensions.flat(),
    ...('missing' in groupings ? {} : { groupings }),
    ...('missing' in metrics ? {} : { metrics: metrics.flat() }),
  };
}

/**
 * Reads a list whose shape the document does not show: an object with the member, or with one array, or the bare array; of names, of objects
 * with a name, of names joined by commas, or of lists of these.
 * @returns each entry as its names; `undefined` when it is nothing of the kind
 */
export function readList(body: Buffer, member: string): readonly (readonly string[])[] | undefined {
  let value: unknown;
  try {
    value = JSON.parse(body.toString('utf8'));
  } catch {
    return undefined;
  }
  const entries = listIn(value, member)?.map(namesOf);
  return entries?.every((names) => names !== undefined) ? entries : undefined;
}

function isList(value: unknown): value is readonly unknown[] {
  return Array.isArray(value);
}

function listIn(value: unknown, member: string): readonly unknown[] | undefined {
  if (isList(value)) return value;
  if (typeof value !== 'object' || value === null) return undefined;
  const named = (value as Record<string, unknown>)[member];
  if (isList(named)) return named;
  const arrays = Object.values(value).filter(isList);
  return arrays.length === 1 ? arrays[0] : undefined;
}

function namesOf(entry: unknown): readonly string[] | undefined {
  if (typeof entry === 'string')
    return entry
      .split(',')
      .map((name) => name.trim())
      .filter(Boolean);
  if (isList(entry)) {
    const names = entry.map(namesOf);
    return names.every((one) => one !== undefined) ? names.flat() : undefined;
  }
  if (typeof entry !== 'object' || entry === null) return undefined;
  if ('name' in entry) return namesOf(entry.name);
  const inner = listIn(entry, 'dimensions');
  return inner && namesOf(inner);
}

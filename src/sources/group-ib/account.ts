import { UnexpectedAnswer } from '../../core/failures.ts';
import { isObject } from '../../json/page.ts';
import type { Api } from './api.ts';
import { readJson } from './page.ts';

/** A collection that the account has access to. */
export interface Granted {
  readonly collection: string;
  /** Whether it is narrowed to the account's hunting rules. */
  readonly huntingRulesUsed: boolean;
}

/** A collection that has something on what was searched for. */
export interface SearchHit {
  readonly collection: string;
  /** The vendor's name of it, for people. */
  readonly label: string;
  /** How many items. */
  readonly count: number;
}

/** `user/granted_collections`: the cheapest proof of the credentials, and what they are good for. The vendor repeats some. */
export async function grantedCollections(api: Api, id: string, signal: AbortSignal): Promise<readonly Granted[]> {
  const what = `${id}, user/granted_collections`;
  const answer = await api.get('user/granted_collections', [], { what }, signal);
  const { value } = readJson(answer, what);
  if (!Array.isArray(value)) throw new UnexpectedAnswer(`${what}: not a list`, { body: answer.body });
  const granted = new Map<string, boolean>();
  for (const one of value as readonly unknown[]) {
    const { collection, huntingRulesUsed } = isObject(one) ? one : {};
    if (typeof collection !== 'string') {
      throw new UnexpectedAnswer(`${what}: an entry without a collection`, { body: answer.body });
    }
    granted.set(collection, granted.get(collection) === true || isTrue(huntingRulesUsed));
  }
  return [...granted].map(([collection, huntingRulesUsed]) => ({ collection, huntingRulesUsed }));
}

const isTrue = (value: unknown): boolean => value === true || value === 1;

/** `search?q=`: "a list of collections, which contains this searchable parameter" (group-ib.txt:392-396). */
export async function searchAll(
  api: Api,
  id: string,
  query: string,
  signal: AbortSignal,
): Promise<readonly SearchHit[]> {
  const what = `${id}, search`;
  const answer = await api.get('search', [['q', query]], { what }, signal);
  const { value } = readJson(answer, what);
  if (!Array.isArray(value)) throw new UnexpectedAnswer(`${what}: not a list`, { body: answer.body });
  return (value as readonly unknown[]).map((one) => {
    const { apiPath, label, count } = isObject(one) ? one : {};
    if (typeof apiPath !== 'string' || typeof count !== 'number') {
      throw new UnexpectedAnswer(`${what}: an entry without a collection or a count`, { body: answer.body });
    }
    return { collection: apiPath, label: typeof label === 'string' ? label : apiPath, count };
  });
}

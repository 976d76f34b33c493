import { UnexpectedAnswer } from '../../core/failures.ts';
import { HOUR, SECOND } from '../../core/time.ts';
import { isObject } from '../../json/page.ts';
import type { Answer, Api } from './api.ts';
import { isElsewhere, type Asked } from './answers.ts';

/** What the vendor says of the account itself. */
export interface Account {
  /** Proves that the key and the secret work. */
  ping(signal: AbortSignal): Promise<void>;
  /**
   * The lists that the account is subscribed to; asked once an hour.
   * @throws UnexpectedAnswer when there are none: then nothing will ever be listed, and nobody would notice
   */
  lists(signal: AbortSignal): Promise<readonly string[]>;
  /** The types of reports that there are. */
  types(signal: AbortSignal): Promise<readonly string[]>;
  /** The fields that a method names with `help` (shadowserver.txt:258-317). */
  fields(method: string, signal: AbortSignal): Promise<readonly string[]>;
  /** What `key/info` tells that is fit to be shown, a line each. */
  info(signal: AbortSignal): Promise<readonly string[]>;
}

/** Small calls; several of them have to fit into one run of an activity. */
const SOON = 25 * SECOND;

/** @param id the source's name, for messages @param clock our own clock, ms */
export function openAccount(api: Api, id: string, clock: () => number): Account {
  const askedOf = (method: string): Asked => ({ what: `${id}, ${method}` });
  const call = (method: string, fields: object, signal: AbortSignal): Promise<Answer> =>
    api.call(method, { ...fields }, askedOf(method), signal, SOON);
  const names = async (method: string, fields: object, signal: AbortSignal): Promise<readonly string[]> =>
    namesIn(await call(method, fields, signal), askedOf(method).what);
  let known: { readonly lists: readonly string[]; readonly at: number } | undefined;
  return {
    async ping(signal) {
      try {
        await call('test/ping', {}, signal);
      } catch (error) {
        // It is not in the vendor document; where it is not served, this is as good a proof.
        if (!isElsewhere(error)) throw error;
        await call('reports/subscribed', {}, signal);
      }
    },
    async lists(signal) {
      if (known !== undefined && clock() - known.at < HOUR) return known.lists;
      const lists = (await names('reports/subscribed', {}, signal)).map(bareName);
      if (lists.length === 0) throw new UnexpectedAnswer(`${id}: ${NO_LISTS}`);
      known = { lists, at: clock() };
      return lists;
    },
    types: (signal) => names('reports/types', {}, signal),
    fields: (method, signal) => names(method, { help: true }, signal),
    async info(signal) {
      try {
        return infoOf((await call('key/info', {}, signal)).value);
      } catch (error) {
        if (!isElsewhere(error)) throw error;
        return [];
      }
    },
  };
}

export const NO_LISTS =
  'the account is subscribed to no list of reports, so none will ever be listed; ask Shadowserver for a subscription';

/** A request says `united-states`, an answer `united-states@shadowserver.org` (shadowserver.txt:98-101). */
export function bareName(list: string): string {
  return list.replace(/@.*$/s, '');
}

/** `[]` may come as `{}`. */
function namesIn({ value, bytes, body }: Answer, what: string): readonly string[] {
  if (isObject(value) && Object.keys(value).length === 0) return [];
  const list: unknown = JSON.parse(bytes.toString('utf8'));
  if (Array.isArray(list) && list.every((name) => typeof name === 'string')) return list;
  throw new UnexpectedAnswer(`${what}: no list of names`, { body });
}

const SHOWN = ['status', 'query_limit', 'query_count'] as const;

/** Nothing else of it is shown: it is about the key. */
function infoOf(value: unknown): readonly string[] {
  if (!isObject(value)) return [];
  return SHOWN.flatMap((name) => {
    const told = value[name];
    const fits = typeof told === 'number' || (typeof told === 'string' && /^[\w .:/-]{1,60}$/.test(told));
    return fits ? [`${name.replace('_', ' ')} ${told}`] : [];
  });
}

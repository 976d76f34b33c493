import { DAY, floorTo } from '../../core/time.ts';
import type { Api, Query } from './api.ts';
import { DRP_VIOLATIONS, defaultParameters } from './collections.ts';
import { drpFilters } from './drp.ts';
import { itemShape, type ItemShape } from './items.ts';
import { readPage, type ItemsPage } from './page.ts';
import type { Search } from './searches.ts';
import type { CollectionSettings, DrpSettings } from './settings.ts';
import { drpStart, listedStart } from './starts.ts';
import type { Question, Sequence } from './ties.ts';

/** One collection at the vendor: how it is asked for. */
export interface Feed {
  readonly collection: CollectionSettings;
  /** For messages. */
  readonly name: string;
  /** The number that a UTC date begins with, where the vendor has one. */
  startOf(date: string, signal: AbortSignal): Promise<bigint | undefined>;
  /** @param more parameters for every request of the walk, such as `q` */
  sequence(more: Query): Sequence;
  /** @param about what to search for; sent with the first request only */
  search(about: Query, name: string, fallback?: number): Pick<Search, 'name' | 'ask'>;
  readonly shape: ItemShape;
  /** Whether only what the account's hunting rules match is asked for. */
  readonly byRules: boolean;
  /** The vendor's clock, ms since the epoch. */
  now(): number;
}

/** @param id the source's name, for messages */
export function openFeed(id: string, collection: CollectionSettings, api: Api, drp: DrpSettings = {}): Feed {
  const isDrp = collection.name === DRP_VIOLATIONS;
  const name = `${id}/${collection.name}`;
  const path = isDrp ? 'violation/list' : collection.name;
  const filters = isDrp ? drpFilters(drp) : switches(collection);
  const shape = itemShape(collection.name);
  const now = (): number => api.vendor.now();

  // "Sequence update iteration … uses updated endpoint" (group-ib.txt:266-270); the violations have but the one.
  const ask = async (end: string, query: Query, fallback: number, signal: AbortSignal): Promise<ItemsPage> => {
    const answer = await api.get(`${path}${end}`, query, { what: name, collection: collection.name }, signal);
    return readPage(answer, shape, fallback, name);
  };
  const sequence = (more: Query): Sequence => ({
    name,
    ask: ({ seqUpdate, df, limit }: Question, signal) =>
      ask(
        isDrp ? '' : '/updated',
        [...filters, ...more, ['df', df], ['seqUpdate', seqUpdate?.toString()], ['limit', limit]],
        floorTo(now(), DAY),
        signal,
      ),
  });
  const search: Feed['search'] = (about, what, fallback = floorTo(now(), DAY)) => ({
    name: what,
    ask: (resultId, limit, signal) => {
      const query: Query = resultId === null ? [...filters, ...about] : [['resultId', resultId]];
      return ask('', [...query, ['limit', limit]], fallback, signal);
    },
  });
  return {
    collection,
    name,
    shape,
    byRules: filters.some(([parameter, value]) => parameter === 'apply_hunting_rules' && value === 1),
    startOf: async (date, signal) =>
      isDrp ? drpStart(date, drp) : await listedStart(api, collection.name, name, date, signal),
    sequence,
    search,
    now,
  };
}

function switches({ name, parameters = {} }: CollectionSettings): Query {
  const set = { ...defaultParameters(name), ...parameters };
  return Object.entries(set).flatMap(([parameter, isOn]) =>
    isOn === undefined ? [] : [[parameter, isOn ? 1 : 0] as const],
  );
}

import { DAY, floorTo } from '../../core/time.ts';
import type { HttpResponse } from '../../http/client.ts';
import type { Api, Query } from './api.ts';
import { DRP_VIOLATIONS, defaultParameters } from './collections.ts';
import { drpFilters } from './drp.ts';
import { itemShape, type ItemShape } from './items.ts';
import { readPage, type ItemsPage } from './page.ts';
import type { Search } from './searches.ts';
import type { CollectionSettings, DrpSettings } from './settings.ts';
import { drpStart, listedStart } from './starts.ts';
import { sendAhead } from './send-ahead.ts';
import type { Sequence } from './ties.ts';

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

  const get = (end: string, query: Query, signal: AbortSignal): Promise<HttpResponse> =>
    api.get(`${path}${end}`, query, { what: name, collection: collection.name }, signal);
  const read = (answer: HttpResponse, since = floorTo(now(), DAY)): Promise<ItemsPage> =>
    readPage(answer, shape, since, name);
  const sequence = (more: Query): Sequence => ({
    name,
    ask: sendAhead(({ seqUpdate, df, limit }, signal) => {
      const place = [
        ['df', df],
        ['seqUpdate', seqUpdate?.toString()],
        ['limit', limit],
      ] as const;
      // "Sequence update iteration … uses updated endpoint" (group-ib.txt:266-270); the violations have but the one.
      return get(isDrp ? '' : '/updated', [...filters, ...more, ...place], signal);
    }, read),
  });
  const search: Feed['search'] = (about, what, fallback) => ({
    name: what,
    async ask(resultId, limit, signal) {
      const query: Query = resultId === null ? [...filters, ...about] : [['resultId', resultId]];
      return await read(await get('', [...query, ['limit', limit]], signal), fallback);
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

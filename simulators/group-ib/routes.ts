import type { Kind } from './faults.ts';

/** What a path asks for. */
export interface Route {
  readonly kind: Kind;
  /** Empty where it names none. */
  readonly collection: string;
  readonly id: string;
  readonly file: string;
}

const TI = '/api/v2/';
const DRP = '/client_api/';
const SINGLE: Readonly<Record<string, Kind>> = {
  search: 'search',
  sequence_list: 'sequence_list',
  'user/granted_collections': 'granted',
};

/** @returns undefined for a path of neither API, and for the page's `sequnce_list` (group-ib.txt:285), which no client of the vendor calls. */
export function routeOf(path: string): Route | undefined {
  const parts = decoded(path);
  if (parts === undefined) return undefined;
  if (path.startsWith(TI)) return tiRoute(parts.slice(3));
  return path.startsWith(DRP) ? drpRoute(parts.slice(2)) : undefined;
}

function tiRoute(parts: readonly string[]): Route | undefined {
  const single = SINGLE[parts.join('/')];
  if (single !== undefined) return route(single, '');
  const [group = '', name, id, word, file, ...rest] = parts;
  if (name === undefined || group === 'violation' || rest.length > 0) return undefined;
  const collection = `${group}/${name}`;
  if (id === undefined) return route('collection', collection);
  if (word === undefined) return id === 'updated' ? route('updated', collection) : route('item', collection, id);
  return word === 'file' && file !== undefined ? route('file', collection, id, file) : undefined;
}

function drpRoute([group = '', name = '', ...rest]: readonly string[]): Route | undefined {
  if (rest.length > 0 || name === '') return undefined;
  if (group === 'settings' && ['brands', 'subscriptions'].includes(name)) return route('settings', '', name);
  if (group !== 'violation') return undefined;
  return name === 'list' ? route('violations', 'violation/list') : route('item', 'violation/list', name);
}

function route(kind: Kind, collection: string, id = '', file = ''): Route {
  return { kind, collection, id, file };
}

function decoded(path: string): readonly string[] | undefined {
  try {
    return path.split('/').map(decodeURIComponent);
  } catch {
    return undefined;
  }
}

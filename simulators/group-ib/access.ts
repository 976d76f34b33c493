import { Refusal } from '../kit/http.ts';
import type { Account } from './auth.ts';
import { boundFor, type Faults } from './faults.ts';
import type { Collection } from './collections.ts';
import type { Call, Parts } from './parts.ts';
import { readDigits } from './asked.ts';
import type { Store } from './store.ts';

/** Whether the account may read a collection. */
export function isGranted({ faults }: Pick<Parts, 'faults'>, account: Account, collection: string): boolean {
  return !faults.forbiddenCollections.includes(collection) && account.collections?.includes(collection) !== false;
}

/** The collection of a call. Throws a {@link Refusal}: 404 when there is none, 403 when the account has no access to it. */
export function openStore(parts: Parts, { account, collection }: Pick<Call, 'account' | 'collection'>): Store {
  const store = parts.world.store(collection);
  if (store === undefined) {
    parts.report('unknown-path', `no such collection: ${collection}`);
    throw new Refusal(404, 'Not found');
  }
  if (!isGranted(parts, account, collection)) throw new Refusal(403, 'Access denied: no access to the feed');
  return store;
}

/** How many items a page has at most: what is above the vendor's own limit is cut without a word (group-ib.txt:489-491). */
export function pageSize({ faults, report }: Parts, { asked }: Call, collection: Collection): number {
  const text = readDigits(asked, 'limit', report);
  const limit = text === undefined ? collection.limit : Number(text);
  if (limit < 1) {
    report('limit', 'limit is below 1');
    throw new Refusal(400, 'Wrong request: limit is below 1');
  }
  refuseLarge(faults, collection, limit);
  return Math.min(limit, collection.maxLimit, Math.max(1, boundFor(faults.clampTo, collection.name)));
}

/** "Try setting a smaller limit" (group-ib.txt:502-503). */
function refuseLarge({ gatewayTimeoutAbove }: Faults, { name }: Collection, limit: number): void {
  if (limit > boundFor(gatewayTimeoutAbove, name)) throw new Refusal(504, 'Gateway Time-out');
}

import { randomBytes } from 'node:crypto';
import { Refusal } from '../kit/http.ts';
import { hash } from '../kit/random.ts';
import { openStore, pageSize } from './access.ts';
import { readFilter } from './filter.ts';
import type { Row } from './log.ts';
import { pageAnswer } from './page.ts';
import type { Call, Endpoint, Parts } from './parts.ts';
import { seqLiteral } from './sequence.ts';
import type { Store } from './store.ts';

/** What a resultId stands for: the hits as they were when the search began, and how far it came. */
interface Walk {
  readonly collection: string;
  readonly rows: readonly Row[];
  readonly issued: number;
  offset: number;
}

interface Walks {
  keep(walk: Walk): string;
  readonly known: ReadonlyMap<string, Walk>;
}

const KEPT_WALKS = 20_000;

/**
 * The walk by resultId (group-ib.txt:273-275): from the newest item to the oldest, `count` is the whole number of hits, and all that was
 * asked for at its beginning lives in the resultId; what is sent beside it is not looked at.
 */
export function createSearchWalk(parts: Parts): Endpoint {
  const walks = createWalks();
  return (call) => {
    const store = openStore(parts, call);
    const { faults, report } = parts;
    const size = pageSize(parts, call, store.collection);
    const id = call.asked.one('resultId');
    const begin = (): Walk => ({
      collection: call.collection,
      rows: ordered(store, store.matching(readFilter(call.asked, faults, report)), faults.searchOrder),
      issued: parts.now(),
      offset: 0,
    });
    const walk = id === undefined ? begin() : resume(parts, call, walks, id);
    const { rows, offset } = walk;
    const page = rows.slice(offset, offset + size);
    const last = page.at(-1);
    const next = { ...walk, issued: parts.now(), offset: offset + page.length };
    const hasTop = faults.searchSeqUpdate && store.collection.unit !== null && last !== undefined;
    return pageAnswer(parts, call, {
      countName: 'count',
      count: rows.length,
      items: page.map((row) => store.served(row)),
      resultId: faults.resultIdAdvances && id !== undefined ? moveOn(walk, page.length, id) : walks.keep(next),
      seqUpdate: hasTop ? seqLiteral(store.seqOf(last), faults) : undefined,
    });
  };
}

function moveOn(walk: Walk, by: number, id: string): string {
  walk.offset += by;
  return id;
}

function resume(parts: Parts, call: Call, walks: Walks, id: string): Walk {
  const { faults, strikes, report, now } = parts;
  const walk = walks.known.get(id);
  if (walk === undefined) {
    report('result-id-not-issued', call.collection);
    throw new Refusal(400, 'Wrong request: unknown resultId');
  }
  if (walk.collection !== call.collection) {
    report('collection-of-other-result-id', `${call.collection}: a resultId of ${walk.collection}`);
    throw new Refusal(400, 'Wrong request: the resultId belongs to another collection');
  }
  const { resultIdExpires: setting } = faults;
  const after = typeof setting === 'object' ? (setting.afterMs ?? 0) : 0;
  if (now() - walk.issued < after) return walk;
  const expired = strikes.strike<{ how: 'refused' | 'restarts' | 'empty'; status: number }>(
    'resultIdExpires',
    setting,
    call.occasion,
  );
  if (expired === undefined) return walk;
  if (expired.how === 'restarts') return Object.assign(walk, { offset: 0 });
  if (expired.how === 'empty') return { ...walk, rows: [], offset: 0 };
  throw new Refusal(expired.status ?? 400, 'Wrong request: the resultId has expired');
}

function ordered(store: Store, rows: readonly Row[], order: 'descending' | 'unsorted'): readonly Row[] {
  // Only the search-only collections come in no order: the others descend, as the vendor's client says.
  if (order === 'descending' || store.collection.unit !== null) return rows.toReversed();
  return rows.toSorted((one, other) => hash(one.position) - hash(other.position));
}

function createWalks(): Walks {
  const known = new Map<string, Walk>();
  return {
    known,
    keep: (walk) => {
      // Base64: an id whose signs have a meaning in a URL shows who does not encode it.
      const id = randomBytes(33).toString('base64').replace(/^../, '+/');
      known.set(id, walk);
      const [oldest] = known.keys();
      if (known.size > KEPT_WALKS && oldest !== undefined) known.delete(oldest);
      return id;
    },
  };
}

import { jsonAnswer, Refusal } from '../kit/http.ts';
import { isGranted, openStore } from './access.ts';
import { readDate, wrong } from './asked.ts';
import type { Collection } from './collections.ts';
import { readFilter } from './filter.ts';
import { fileBytes } from './items-osi.ts';
import { fileIdsOf } from './items-threats.ts';
import { BRANDS, SUBSCRIPTIONS } from './items-violations.ts';
import { jsonBytes } from './page.ts';
import type { Call, Endpoint, Parts } from './parts.ts';
import { seqLiteral } from './sequence.ts';
import type { Store } from './store.ts';

/** The answers that are no walk. */
export function createLookups(
  parts: Parts,
): Readonly<Record<'item' | 'file' | 'search' | 'sequence_list' | 'granted' | 'settings', Endpoint>> {
  return {
    item: (call) => {
      const store = openStore(parts, call);
      const row = store.find(call.id);
      if (row === undefined) throw new Refusal(404, 'Not found');
      return jsonBytes(store.served(row));
    },
    file: (call) => file(parts, call),
    search: (call) => search(parts, call),
    sequence_list: (call) => sequenceList(parts, call),
    granted: (call) => granted(parts, call),
    settings: ({ id }) =>
      jsonAnswer(200, { data: id === 'brands' ? { brands: BRANDS } : { subscriptions: SUBSCRIPTIONS } }),
  };
}

/** A report's file, as bytes (group-ib.txt:137-139). */
function file(parts: Parts, call: Call) {
  const store = openStore(parts, call);
  const row = store.find(call.id);
  const has = ['apt/threat', 'hi/threat'].includes(call.collection) && row?.given === null;
  if (!has || !fileIdsOf(call.id).includes(call.file)) throw new Refusal(404, 'Not found');
  return { status: 200, headers: { 'Content-Type': 'application/octet-stream' }, body: [fileBytes(call.file)] };
}

function collectionsOf(parts: Parts, { account }: Call): readonly Collection[] {
  return parts.world.collections.filter(({ api, name }) => api === 'ti' && isGranted(parts, account, name));
}

/** The collections that hold the value (group-ib.txt:389-430). */
function search(parts: Parts, call: Call) {
  const q = call.asked.one('q');
  if (q === undefined) throw wrong(parts.report, 'q is missing');
  const filter = readFilter(call.asked, parts.faults, parts.report);
  const found = collectionsOf(parts, call).flatMap(({ name }) => {
    const count = parts.world.store(name)?.matching(filter).length ?? 0;
    const link = `${parts.url()}/api/v2/${name}?q=${encodeURIComponent(q)}`;
    const label = name.replace('/', ' :: ').replaceAll('_', ' ');
    return count === 0 ? [] : [{ apiPath: name, label, link, count, time: 0.304644684, detailedLinks: null }];
  });
  return jsonAnswer(200, found);
}

/**
 * Where to begin for all that was published from a day on (today unless told): the number of the last item before. A day that is still to
 * come has none.
 */
function sequenceList(parts: Parts, call: Call) {
  const { faults, strikes, now, report, world } = parts;
  const text = call.asked.one('date');
  if (text !== undefined && text.length !== 10) throw wrong(report, `date is not a date: ${text}`);
  const day = readDate(call.asked, 'date', report)?.time ?? Math.floor(now() / 86_400_000) * 86_400_000;
  const wanted = call.asked.one('collection');
  const empty =
    day > now() || strikes.strike('emptySequenceList', faults.emptySequenceList, call.occasion) !== undefined;
  const members = (empty ? [] : collectionsOf(parts, call)).flatMap(({ name, unit }) => {
    const store = unit === null || (wanted ?? name) !== name ? undefined : world.store(name);
    const rows = store?.log.rows ?? [];
    if (store === undefined || rows.length === 0) return [];
    return [`${JSON.stringify(name)}:${seqLiteral(seqBefore(store, firstFrom(rows, day)), faults)}`];
  });
  return jsonBytes(Buffer.from(`{"list":{${members.join(',')}}}`));
}

/** The number of the row before a place; one less than the row's own where there is none, or where the two tie. */
function seqBefore(store: Store, place: number): bigint {
  const [before, row] = [store.log.rows[place - 1], store.log.rows[place]];
  if (row === undefined) return before === undefined ? 0n : store.seqOf(before);
  const own = store.seqOf(row);
  return before === undefined || store.seqOf(before) === own ? own - 1n : store.seqOf(before);
}

/** The place of the first row of an instant or later; rows are in the order of their times, given ones perhaps not quite. */
function firstFrom(rows: readonly { readonly time: number }[], time: number): number {
  let [low, high] = [0, rows.length];
  while (low < high) {
    const middle = (low + high) >>> 1;
    if ((rows[middle]?.time ?? 0) < time) low = middle + 1;
    else high = middle;
  }
  return low;
}

/** What the account may read; some of it twice, and under names that are for searching only, when the vendor is untidy. */
function granted(parts: Parts, call: Call) {
  const entries = collectionsOf(parts, call).map(({ name, huntingRules }) => ({
    collection: name,
    huntingRulesUsed: huntingRules,
    limit: null,
  }));
  if (!parts.faults.grantedRepeats) return jsonAnswer(200, entries);
  const searchOnly = ['compromised/breacheddb', 'search'].map((name) => ({
    collection: name,
    huntingRulesUsed: false,
    limit: null,
  }));
  return jsonAnswer(200, [...entries, ...entries.slice(0, 5), ...searchOnly]);
}

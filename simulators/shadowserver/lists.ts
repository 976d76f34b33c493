import { DAY } from './dates.ts';
import { fieldsOf } from './fields.ts';
import { shuffleKeys } from './json.ts';
import type { Call, Outcome, Parts } from './parts.ts';
import type { ReportList } from './simulator.ts';
import { typeOf } from './types.ts';
import type { ReportFile } from './files.ts';

/** `reports/subscribed` (shadowserver.txt:20-38). */
export function subscribed(_: Parts, { lists }: Call): Outcome {
  return { json: lists.map(({ name }) => name) };
}

/** `reports/types` (shadowserver.txt:40-78). What `detail` gives is not on the page: the columns here. */
export function types({ world }: Parts, { lists, body }: Call): Outcome {
  if (lists.length === 0) return { json: [] };
  if (body['detail'] !== true) return { json: world.types };
  return { json: world.types.map((type) => ({ type, fields: typeOf(type).columns })) };
}

/** `reports/list` (shadowserver.txt:80-136). */
export function list(parts: Parts, call: Call): Outcome {
  const { world, faults, strikes, now } = parts;
  const fields = fieldsOf(call.body, parts);
  const limit = fields.limit();
  const today = Math.floor(now() / DAY);
  const days = fields.days(faults.relativeDates === 'everywhere') ?? { first: 0, last: today };
  const { lists, kinds } = asked(parts, call);
  const items: unknown[] = [];
  for (const file of world.files(lists, kinds, days)) {
    if (items.length === limit) break;
    items.push(itemOf(parts, file));
  }
  if (items.length > 0 || strikes.strike('emptyListAsObject', faults.emptyListAsObject, call.occasion) === undefined)
    return { json: items };
  return { json: {} };
}

/** `reports` is "Report types" in the fields and lists in the samples (shadowserver.txt:87, 98); `types` is what the vendor's tool sends. */
function asked(
  { world, faults, ...parts }: Parts,
  { body, lists }: Call,
): { lists: readonly ReportList[]; kinds: readonly string[] } {
  const fields = fieldsOf(body, { faults, ...parts });
  const reports = fields.texts('reports');
  const one = fields.text('type');
  const several = fields.texts('types');
  const byList = faults.reportsField === 'types' ? [] : lists.filter(({ name }) => reports?.includes(name));
  const byType = faults.reportsField === 'lists' ? [] : world.types.filter((type) => reports?.includes(type));
  const kinds = world.types.filter(
    (type) => (one === undefined || one === type) && (several === undefined || several.includes(type)),
  );
  if (reports === undefined) return { lists, kinds };
  return {
    lists: byList.length > 0 || byType.length === 0 ? byList : lists,
    kinds: byType.length > 0 ? kinds.filter((type) => byType.includes(type)) : kinds,
  };
}

function itemOf({ world, faults, seed, dlUrl }: Parts, file: ReportFile): unknown {
  const id = world.id(file);
  const item = {
    id,
    file: file.name,
    timestamp: file.day,
    report: faults.reportSuffix ? `${file.list.name}@shadowserver.org` : file.list.name,
  };
  const typed =
    faults.listItems === 'typed' ? { ...item, type: file.type, url: `${dlUrl()}/${encodeURIComponent(id)}` } : item;
  return shuffleKeys(typed, faults.shuffledKeys, seed, file.name);
}

import type { Filter } from './simulator.ts';
import { networkOf } from './values.ts';

/** A record as `reports/query` gives it. */
export type QueryRecord = Readonly<Record<string, string | readonly string[]>>;

/** What a query's attribute may be: `"geo": "us"`, `"asn": 109`. */
export type Wanted = string | number;

/** Whether an attribute of a query is the organisation's own filter, or inside it (shadowserver.txt:250-256). */
export function isOwn({ field, value }: Filter, wanted: Wanted | undefined): boolean {
  if (wanted === undefined) return false;
  const text = String(wanted).toLowerCase();
  if (field === 'domain') {
    const [own, asked] = [value, text].map((name) => name.toLowerCase().replace(/^\*\./, ''));
    return asked === own || asked?.endsWith(`.${own}`) === true;
  }
  if (field !== 'ip') return text === value.toLowerCase();
  const own = networkOf(value);
  const asked = networkOf(text);
  if (own === undefined || asked === undefined) return false;
  // A wider network has fewer bits in its mask.
  return (asked.mask & own.mask) === own.mask && (asked.base & own.mask) === (own.base & own.mask);
}

/** A test of records. Case does not matter: `us` finds `US`, `ashburn` finds `ASHBURN` (shadowserver.txt:325, 418). */
export function matcher(field: string, wanted: Wanted): (record: QueryRecord) => boolean {
  const text = String(wanted).toLowerCase();
  const network = field === 'ip' || field === 'dst_ip' ? networkOf(text) : undefined;
  if (network !== undefined)
    return (record) => {
      const found = networkOf(String(record[field] ?? ''));
      return found !== undefined && (found.base & network.mask) === (network.base & network.mask);
    };
  const suffix = /^\*(\..+)$/.exec(text)?.[1];
  return (record) => {
    const value = record[field];
    if (value === undefined) return false;
    const values = typeof value === 'string' ? [value] : value;
    return values.some((item) => (suffix === undefined ? item.toLowerCase() === text : endsWith(item, suffix)));
  };
}

function endsWith(name: string, suffix: string): boolean {
  return name.toLowerCase().endsWith(suffix);
}

import { createCache } from '../kit/cache.ts';
import { hash } from '../kit/random.ts';
import type { FileContent } from './content.ts';
import type { QueryRecord } from './matching.ts';
import { typeOf } from './types.ts';
import type { ReportFile } from './files.ts';

/** What `reports/query` answers to `help` (shadowserver.txt:260-317): the attributes that can be asked for. */
export const ATTRIBUTES: readonly string[] = (
  'agent application asn asn_name banner city county_fips county_name device_model device_sector device_type device_vendor ' +
  'device_version domain dst_asn dst_asn_name dst_city dst_county_fips dst_county_name dst_geo dst_ip dst_isp_name dst_latitude ' +
  'dst_longitude dst_naics dst_port dst_region dst_sector family geo infection ip isp_name latitude longitude md5 naics port ' +
  'protocol referer region registrar sector sha1 sha256 sha512 sid source source_url tag text timestamp tld type version'
).split(' ');

const KNOWN = new Set(ATTRIBUTES);

/** The records of a file as queries see them; those of the files that were asked for last are kept. */
export function createQueryRecords(): (
  file: ReportFile,
  content: FileContent,
  unexplained: boolean,
) => readonly QueryRecord[] {
  const cache = createCache<{ records: readonly QueryRecord[] }>(40_000, ({ records }) => records.length + 10);
  let versions = 0;
  const names = new WeakMap<FileContent, number>();
  return (file, content, unexplained) => {
    const name = names.get(content) ?? ++versions;
    names.set(content, name);
    const make = (): { records: readonly QueryRecord[] } => ({ records: recordsOf(file, content, unexplained) });
    return cache.get(`${name} ${unexplained}`, make).records;
  };
}

/** What a query shows of rows: their attributes that say something, a tag as an array, and some that no file has. */
function recordsOf({ type, list }: ReportFile, content: FileContent, unexplained: boolean): readonly QueryRecord[] {
  const { topic, family } = typeOf(type);
  const shown = content.header.flatMap((column, at) => {
    const name = attributeOf(column);
    return KNOWN.has(name) ? [{ name, at }] : [];
  });
  const sid = String(4_000_000 + (hash(list.name) % 100_000));
  return Array.from({ length: content.count }, (_, index) => {
    const row = content.cells(index);
    const record: Record<string, string | readonly string[]> = {};
    for (const { name, at } of shown) {
      const value = row[at] ?? '';
      if (value !== '') record[name] = name === 'tag' ? value.split(/[,;]/) : value;
    }
    record['type'] = family;
    record['infection'] = topic;
    const { domain, ip } = record;
    if (typeof domain === 'string') record['tld'] = domain.slice(domain.lastIndexOf('.') + 1);
    if (!unexplained) return record;
    record['sid'] = sid;
    if (typeof ip === 'string') record['rip'] = ip.split('.').reverse().join('.');
    return record;
  });
}

function attributeOf(column: string): string {
  return column === 'hostname' || column === 'src_hostname' ? 'domain' : column.replace(/^src_/, '');
}

import { hex8 } from '../kit/random.ts';
import type { Filter, ReportList } from './simulator.ts';
import type { ReportType } from './types.ts';

/** A source of 32-bit numbers. */
type Random = () => number;

/** What the rows of one list and type have in common. */
export interface Setting {
  readonly list: ReportList;
  readonly type: ReportType;
  /** `2026-11-21` */
  readonly day: string;
}

type Value = (random: Random, setting: Setting) => string;

const pick = <Item>(items: readonly Item[], random: Random): Item => items[random() % items.length] as Item;
const oneOf =
  (...items: readonly string[]): Value =>
  (random) =>
    pick(items, random);

/** What hosts say of themselves: commas, quotes, line breaks, other scripts, what a spreadsheet would run, and nothing. */
const SAID = [
  'Snake Oil, Ltd',
  'Welcome to "router 7"\r\nlogin: ',
  'HTTP/1.1 200 OK\nServer: nginx\n\n',
  '"quoted"',
  '東京 ☃ Müller 😀',
  ' padded ',
  "=cmd|' /C calc'!A0",
  '\\N',
  'plain',
  '',
  '',
];
const said = oneOf(...SAID);
const REGIONS: readonly (readonly [string, string])[] = [
  ['CALIFORNIA', 'LOS ANGELES'],
  ['VIRGINIA', 'ASHBURN'],
  ['OREGON', 'THE DALLES'],
  ['MISSOURI', 'KANSAS CITY'],
  ['SOUTH CAROLINA', 'DUNCAN'],
  ['IOWA', 'COUNCIL BLUFFS'],
];
const ASNS = ['8075', '14618', '15169', '20115', '7018', '109'];

const hexOf =
  (words: number): Value =>
  (random) =>
    Array.from({ length: words }, () => hex8(random())).join('');
const url: Value = (random) => `http://${hex8(random())}.example.net/${pick(['', 'a?b=1,2', "it's", 'x"y'], random)}`;
const address: Value = (random) => `198.51.100.${random() % 256}`;
const earlier: Value = (random, { day }) => `${day} 00:${10 + (random() % 50)}:${10 + (random() % 50)}`;
const hostname: Value = (random, { list }) => {
  const host = `host-${random() % 100_000}`;
  if (list.filter.field === 'domain') return host + list.filter.value.replace(/^\*?\.?/, '.');
  return random() % 4 === 0 ? '' : `${host}.isp.example.net`;
};

/** Values by column; a column that is not here says little. */
const VALUES: Readonly<Record<string, Value>> = {
  severity: oneOf('critical', 'high', 'medium', 'low', 'info'),
  protocol: (_, { type }) => type.protocol,
  port: (_, { type }) => (type.port === 0 ? '' : String(type.port)),
  dst_ip: address,
  dst_geo: oneOf('NL', 'DE', 'SG'),
  src_port: (random) => String(1024 + (random() % 60_000)),
  hostname,
  hostname_source: oneOf('ptr', 'ssl', ''),
  // Downloads hold a string, with either separator; queries an array.
  tag: (random, { type }) => pick([type.topic, type.topic, `${type.topic};iot`, `${type.topic},vpn`], random),
  asn: (random, { list }) => (list.filter.field === 'asn' ? list.filter.value : pick(ASNS, random)),
  geo: (_, { list }) => (list.filter.field === 'geo' ? list.filter.value : 'US'),
  naics: oneOf('517311', '519130', '334111', '454110', ''),
  sector: oneOf('Information Technology', 'Communications', 'Critical Manufacturing', ''),
  infection: (_, { type }) => type.topic,
  family: (_, { type }) => type.topic,
  public_source: oneOf('CAPRICA-EU', ''),
  source: oneOf('Alien Vault', 'Shadow, Inc'),
  reason: oneOf('Malicious Host US', 'Scanner'),
  device_vendor: oneOf('MikroTik', 'Synology', ''),
  device_type: oneOf('router', 'nas', ''),
  device_model: said,
  version: oneOf('15.1.2507', '15.2.1118', ''),
  application: oneOf('http', 'https', 'mqtt'),
  url,
  http_url: oneOf('/', '/gate.php?id="1"', '/a,b'),
  http_agent: oneOf('Mozilla/5.0 (Windows NT 10.0, Win64)', 'curl/8.5.0', ''),
  cc_url: url,
  cc_ip: address,
  email: (random) => `user${random() % 1000}@example.org`,
  username: oneOf('root', 'admin', "o'neil"),
  password: oneOf('123456', 'p,a"ss', ''),
  domain: (random) => `${hex8(random())}.example.org`,
  detected_since: earlier,
  cert_issue_date: earlier,
  cert_expiration_date: earlier,
  start_time: earlier,
  end_time: earlier,
  md5: hexOf(4),
  sha256: hexOf(8),
  sha1_fingerprint: hexOf(5),
  md5_fingerprint: hexOf(4),
  serial_number: hexOf(4),
  raw_cert: hexOf(16),
  count: (random) => String(random() % 5000),
  bytes: (random) => String(random() % 1_000_000),
  cert_length: oneOf('1024', '2048', '4096'),
  handshake: oneOf('TLSv1.0', 'TLSv1.2'),
  cipher_suite: oneOf('TLS_RSA_WITH_AES_128_CBC_SHA', 'TLS_AES_128_GCM_SHA256'),
  signature_algorithm: oneOf('sha256WithRSAEncryption', 'md5WithRSAEncryption'),
  browser_trusted: oneOf('Y', 'N'),
  browser_error: oneOf('x509: certificate signed by unknown authority', ''),
  http_code: oneOf('200', '302', '404'),
  request_type: oneOf('A', 'AAAA'),
  status: oneOf('compromised', ''),
};

/** What makes a column's values up. `src_` and `dst_` columns hold what the column without does. */
export function makerOf(column: string): Value {
  return VALUES[column] ?? VALUES[column.replace(/^(?:src|dst)_/, '')] ?? said;
}

/** Region and city, which belong together. */
export function placeOf({ filter }: ReportList, random: Random): readonly [string, string] {
  const places = filter.field === 'region' ? REGIONS.filter(([region]) => region === filter.value) : REGIONS;
  return places.length > 0 ? pick(places, random) : [filter.value, 'SPRINGFIELD'];
}

/** The 32 bits of an address as the filter allows it: inside the network that it names, or anywhere. */
export function addressWithin(filter: Filter, bits: number): number {
  if (filter.field !== 'ip') return ((11 + ((bits >>> 24) % 200)) << 24) | (bits & 0xff_ffff);
  const { base, mask } = networkOf(filter.value) ?? { base: 0, mask: 0 };
  return (base & mask) | (bits & ~mask);
}

/** Reads `134.34.0.0/16` or a single address. */
export function networkOf(text: string): { readonly base: number; readonly mask: number } | undefined {
  const match = /^(\d{1,3})\.(\d{1,3})\.(\d{1,3})\.(\d{1,3})(?:\/(\d{1,2}))?$/.exec(text);
  if (match === null) return undefined;
  const [a = 0, b = 0, c = 0, d = 0] = match.slice(1, 5).map(Number);
  const bits = match[5] === undefined ? 32 : Number(match[5]);
  if (Math.max(a, b, c, d) > 255 || bits > 32) return undefined;
  return { base: (a << 24) | (b << 16) | (c << 8) | d, mask: bits === 0 ? 0 : -1 << (32 - bits) };
}

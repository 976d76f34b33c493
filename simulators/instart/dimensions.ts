import { scramble } from '../kit/random.ts';

/** The dimension that is returned without being asked for (instart.txt:415). */
export const TIME = 'event_timestamp_ms';

/** A cell as JSON text, a pure function of an event's key. */
type Made = (key: number) => string;

interface RuleFacts {
  readonly type: 'WAF' | 'CUSTOM' | 'BOT' | 'TRAFFIC_SHAPING';
  readonly id: string;
  readonly action: string;
  readonly severity: string;
  readonly message: string;
}

const ACTIONS: Readonly<Record<RuleFacts['type'], readonly string[]>> = {
  WAF: ['WARN', 'BLOCK', 'WARN'],
  CUSTOM: ['WARN', 'BLOCK', 'ALLOW'],
  BOT: ['WARN', 'CHALLENGE', 'BLOCK'],
  TRAFFIC_SHAPING: ['RATE_LIMIT', 'BLOCK', 'WARN'],
};
const SEVERITIES = ['CRITICAL', 'ERROR', 'WARNING', 'NOTICE'];
const MESSAGES = [
  'SQL Injection Attack',
  'XSS "onload" in query',
  'Anomaly score, inbound; total exceeded',
  'Süd\\Nord',
];
const TYPES = ['WAF', 'WAF', 'CUSTOM', 'TRAFFIC_SHAPING', 'TRAFFIC_SHAPING', 'BOT'] as const;

/** As many rules as a top 20 needs to cut something off. */
const RULES = Array.from({ length: 180 }, (_, place): RuleFacts => {
  const type = TYPES[place % TYPES.length] ?? 'CUSTOM';
  return {
    type,
    id: type === 'WAF' ? String(950_000 + place * 7) : `D${173_000 + place * 4}`,
    action: ACTIONS[type][Math.floor(place / 6) % 3] ?? 'WARN',
    severity: SEVERITIES[Math.floor(place / 6) % 4] ?? 'NOTICE',
    message: MESSAGES[place % 4] ?? '',
  };
});

/** Names with a comma are why filters have an escape (instart.txt:78). */
const COUNTRIES = [
  ['SG', 'Singapore'],
  ['US', 'United States'],
  ['KR', 'Korea, Republic of'],
  ['DE', 'Germany'],
  ['CI', "Côte d'Ivoire"],
  ['TW', 'Taiwan, Province of China'],
  ['BR', 'Brazil'],
  ['IN', 'India'],
] as const;
const SYSTEMS = [16_509, 63_949, 14_061, 3_320, 4_766, 3_462, 28_573, 55_836];
const BROWSERS = ['Chrome', 'Firefox', 'Safari', 'Edge', 'Internet Explorer', 'curl', 'Opera', 'unknown'];
const AGENTS = [
  'Mozilla/5.0 (X11; Linux x86_64)',
  'curl/7.58.0',
  'python-requests/2.18.4',
  'Mozilla/5.0 (compatible; a\tb)',
];
const PATHS = ['/', '/login', '/api/v1/users', '/wp-admin/', '/search', '/straße', '/a,b;c', '/index.php'];
const STATUSES = [200, 403, 404, 429, 500];

function draw(key: number, salt: number): number {
  return scramble(key ^ salt);
}

function pick<Value>(values: readonly Value[], random: number): Value {
  return values[random % values.length] as Value;
}

const literals = (values: readonly (string | number | boolean)[]): readonly string[] =>
  values.map((value) => JSON.stringify(value));
const from = (salt: number, values: readonly (string | number | boolean)[]): Made => {
  const texts = literals(values);
  return (key) => pick(texts, draw(key, salt));
};
/** Null for one event in so many. */
const nullable = (salt: number, one: number, made: Made): Made => {
  return (key) => (draw(key, salt) % one === 0 ? 'null' : made(key));
};
const rule = (key: number): RuleFacts => pick(RULES, draw(key, 0x51));
const ruleText = (name: keyof RuleFacts): Made => {
  const texts = new Map(RULES.map((facts) => [facts, JSON.stringify(facts[name])]));
  return (key) => texts.get(rule(key)) ?? 'null';
};
const wafAction = ruleText('action');
/** Few addresses come often, many seldom. */
const client = (key: number): number => Math.min(draw(key, 0xa1) % 4096, draw(key, 0xa2) % 4096);
const address = (client: number): string =>
  `"${45 + (client % 8)}.${33 + (client >> 8)}.${client % 251}.${client % 239}"`;
const ofClient = (values: readonly (string | number)[]): Made => {
  const texts = literals(values);
  return (key) => pick(texts, client(key));
};
const PATH_TEXTS = literals(
  Array.from({ length: 48 }, (_, place) => `${pick(PATHS, place)}${place < 8 ? '' : `?p=${place}`}`),
);

/**
 * The dimensions that the vendor's page and its guides name, and what else a log of a WAF holds; no list is public. There is none that
 * tells two events apart: the vendor gives no id. In the server's own order.
 */
const MADE: Readonly<Record<string, Made>> = {
  event_type: ruleText('type'),
  event_action: wafAction,
  event_severity: nullable(0x11, 64, ruleText('severity')),
  rule_id: ruleText('id'),
  rule_message: nullable(0x12, 16, ruleText('message')),
  waf_action: (key) => (rule(key).type === 'WAF' ? wafAction(key) : 'null'),
  client_ip: (key) => address(client(key)),
  client_connection_remote_ip: (key) => address(draw(key, 0xa3) % 8 === 0 ? draw(key, 0xa4) % 4096 : client(key)),
  client_asn: nullable(0x13, 32, ofClient(SYSTEMS)),
  client_country_code: ofClient(COUNTRIES.map(([code]) => code)),
  client_country: ofClient(COUNTRIES.map(([, name]) => name)),
  client_browser: nullable(
    0x14,
    64,
    from(
      0x21,
      Array.from({ length: 32 }, (_, n) => pick(BROWSERS, n) + (n < 8 ? '' : ` ${n}`)),
    ),
  ),
  client_os: from(0x22, ['Linux', 'Windows', 'Mac OS X', 'Android', 'iOS']),
  user_agent: nullable(0x15, 16, from(0x23, AGENTS)),
  domain: from(0x24, ['www.acme.com', 'api.acme.com', 'shop.acme.com']),
  property: from(0x25, ['public', 'shop', 'internal']),
  request_method: from(0x26, ['GET', 'GET', 'POST', 'HEAD', 'PUT']),
  request_path: (key) => pick(PATH_TEXTS, draw(key, 0x27)),
  request_referrer: nullable(0x16, 2, from(0x28, ['https://www.acme.com/', 'https://example.org/?q=a,b'])),
  response_status: from(0x29, STATUSES),
  client_is_proxy: from(0x2a, [true, false, false, false]),
};

/** The dimension that holds the tenant (instart.txt:431). */
export const TENANT = 'customer';

/** All of them, in the server's own order. */
export const DIMENSIONS: readonly string[] = [TIME, ...Object.keys(MADE), TENANT];

/** What an event is made of, as JSON text; not for {@link TIME} and {@link TENANT}. */
export function madeCell(name: string): Made {
  const made = MADE[name];
  if (made === undefined) throw new RangeError(`no dimension ${name}`);
  return made;
}

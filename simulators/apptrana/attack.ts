import type { SimulatedEvent, Segment } from '../kit/events.ts';
import { fraction, hash, hex8, randomFrom, scramble } from '../kit/random.ts';
import type { Faults } from './faults.ts';

type Random = () => number;

/** How attacks are made up. The faults are looked at when a record is made, so that they can be changed meanwhile. */
export interface Recipe {
  readonly seed: number;
  readonly faults: Pick<Faults, 'requestIdMissing' | 'equalRows' | 'strayBlanks' | 'badUtf8'>;
}

/** So many neighbours may have come with one request, each for a rule of its own. */
const GROUP = 3;

/** Attacks spread over `[from, until)` (ms), each a pure function of the recipe, the website, the interval and its index. */
export function madeUpSegment(
  recipe: Recipe,
  website: string,
  [from, until]: readonly [number, number],
  count: number,
): Segment {
  const key = hash(recipe.seed, website, from, until);
  const span = Math.max(1, until - from);
  const isShared = (index: number): boolean => hash(key, Math.floor(index / GROUP), 'rules') % 4 === 0;
  /** The index that decides time and request id: that of the first of those that came with one request. */
  const leader = (index: number): number => (isShared(index) ? index - (index % GROUP) : index);
  const isDouble = (index: number): boolean => recipe.faults.equalRows && index % 5 === 1;
  const own = (index: number): number => (isDouble(index) ? index - 1 : index);
  const timeAt = (index: number): number => from + (randomFrom(scramble(leader(own(index)) ^ key))() % span);
  return {
    from,
    until,
    count,
    timeAt,
    eventAt: (index) => {
      const at = own(index);
      const double = isDouble(index) || isDouble(index + 1);
      return makeAttack({ recipe, website, key, index: at, leader: leader(at), time: timeAt(at), double });
    },
  };
}

/** How many attacks a minute holds: quiet minutes, bursts now and then, and the rate on average. */
export function countOf({ seed }: Recipe, website: string, minute: number, rate: number): number {
  const random = randomFrom(hash(seed, website, minute, 'count'));
  const mood = random() % 20;
  const factor = mood === 0 ? 5 : mood < 6 ? 0 : 1.07 * (0.5 + fraction(random()));
  return Math.floor(rate * factor + fraction(random()));
}

/** Two attacks a minute on average, of which a fifth of the quarters of an hour has none. */
export function unevenRate(seed: number): (website: string, minute: number) => number {
  return (website, minute) => (hash(seed, website, Math.floor(minute / 900_000), 'quiet') % 5 === 0 ? 0 : 2.5);
}

/** A record that a test brings, as its own bytes. Throws a TypeError unless it is a JSON object with an `attackTime`. */
export function givenAttack(record: string | Uint8Array): SimulatedEvent {
  const bytes = Buffer.from(record);
  const { attackTime, eventType, requestId } = JSON.parse(bytes.toString('utf8')) as Record<string, unknown>;
  const time = typeof attackTime === 'string' ? Date.parse(attackTime) : Number.NaN;
  if (Number.isNaN(time)) throw new TypeError('an attack needs an attackTime');
  return { id: String(requestId), time, tags: [String(eventType)], bytes };
}

interface Making {
  readonly recipe: Recipe;
  readonly website: string;
  readonly key: number;
  readonly index: number;
  readonly leader: number;
  readonly time: number;
  /** Whether it comes twice. */
  readonly double: boolean;
}

const RULES = [
  [
    '40',
    'Bot Attacks',
    'Request Indicates an automated program explored the site',
    'WEB_ATTACK/AUTOMATION/SECURITY_SCANNER',
  ],
  ['942100', 'SQL Injection', 'SQL Injection Attack Detected via libinjection', 'WEB_ATTACK/SQL_INJECTION'],
  ['941110', 'Cross Site Scripting', 'XSS Filter - Category 1: Script Tag Vector', 'WEB_ATTACK/XSS'],
  ['930120', 'File Access', 'OS File Access Attempt', 'WEB_ATTACK/FILE_INJECTION'],
] as const;
const DATA = [
  'curl/7.29.0',
  "' OR 1=1 -- ünïcode",
  '<script>alert(\\"x\\")</script>',
  '../../etc/passwd',
  '\\u00e9\\/path',
];
const AGENTS = ['curl/7.29.0', 'curl/7.29.0', 'Mozilla/5.0 "zgrab"/0.x'];
const COOKIES = ['-', '-', 'session=2f9c; theme="dark"'];
const COUNTRIES = ['IN', 'US', 'DE', 'BR', 'CN'];

/** Written as text, so that its bytes hold what a parser would change: `2.0`, escapes, numbers of 20 digits. */
function makeAttack({ recipe, website, key, index, leader, time, double }: Making): SimulatedEvent {
  const random = randomFrom(scramble(index ^ key) ^ key);
  const request = randomFrom(scramble(leader ^ key) ^ (key + 1));
  // Those that came with one request are each of another rule: request, rule, kind and time tell attacks apart.
  const [ruleId, category, ruleName, tagName] = RULES[(request() + index - leader) % RULES.length] ?? RULES[0];
  const eventType = random() % 3 === 0 ? 'Block' : 'Log';
  const id = requestIdOf(recipe, index, request, double);
  const host = recipe.faults.strayBlanks ? ` ${website} ` : website;
  const headers = requestHeader(host, pick(AGENTS, request), pick(COOKIES, request));
  const extra = random() % 8 === 0 ? `,"botScore":${12345678901234500000n + BigInt(random() % 999)}` : '';
  const data = pick(DATA, random);
  const text =
    `{"attackerIP":"203.0.113.${request() % 256}","attackerGeo":"${pick(COUNTRIES, request)}","severity":${pick(['2', '2.0', '3'], random)},` +
    `"eventType":"${eventType}","attackTime":"${new Date(time).toISOString()}","attackUri":"/rm/email/send?n=${request() % 1000}","target":null,` +
    `"attackData":"${data}","ipReputation":"UNK","category":"${category}","ruleId":"${ruleId}","requestId":${id},` +
    `"ruleName":"${ruleName}","tagName":"${tagName}","hostName":${JSON.stringify(host)},"statusCode":${eventType === 'Block' ? 406 : 200},` +
    `"requestHeader":${JSON.stringify(headers)},"responseHeader":${JSON.stringify(RESPONSE_HEADER)},` +
    `"tlsVersion":"TLSv1.2","requestProtocol":"HTTP/1.1"${extra}}`;
  const bytes = Buffer.from(text);
  if (recipe.faults.badUtf8 && index % 4 === 0) bytes[bytes.indexOf('"attackData":"') + 14] = 0xe9;
  return { id: `${hex8(key)}${hex8(index)}`, time, tags: [eventType], bytes };
}

/** Like those of the web server: 27 characters, `@` and `-` among them (indusface.txt:111). */
function requestIdOf({ faults }: Recipe, index: number, request: Random, double: boolean): string {
  // Drawn in any case: what else came with the request must not change when its id is left out.
  const id = JSON.stringify(`X${hex8(request())}@${hex8(request())}-AA${hex8(request()).slice(1)}`);
  if (!double && (faults.requestIdMissing === false || index % 4 !== 0)) return id;
  return faults.requestIdMissing === 'dash' ? '"-"' : 'null';
}

/** Text that looks like the inside of an object (indusface.txt:116), and is none where a value holds quotes; `-` where there was no such header. */
function requestHeader(host: string, agent: string, cookie: string): string {
  return (
    `"Host":"${host}" , "User-Agent":"${agent}","Accept":"*/*","Accept-Language":"-","Accept-Encoding":"-",` +
    `"Connection":"-","Cookie":"${cookie}"`
  );
}

const RESPONSE_HEADER =
  '"Cache-Control":"-","Connection":"-","Content-Type":"-","Content-Length":"0","Date":"-","Keep-Alive":"-","Server":"-"';

function pick<Value>(values: readonly Value[], random: Random): Value {
  return values[random() % values.length] as Value;
}

import type { SimulatedEvent, Segment } from '../kit/events.ts';
import { fraction, hash, hex8, randomFrom, scramble } from '../kit/random.ts';
import { attacks, clients, countries, hosts, methods, paths, type Attack } from './vocabulary.ts';

/** A source of 32-bit numbers. */
type Random = () => number;

export interface Recipe {
  readonly seed: number;
  /** About how large a record is, bytes. */
  readonly recordBytes: number;
}

/**
 * Events spread over `[from, until)` (ms, whole seconds), each a pure function of the recipe, the site, the interval and its index: with
 * a larger count, the first ones stay the same.
 */
export function madeUpSegment(
  recipe: Recipe,
  site: string,
  interval: readonly [number, number],
  count: number,
): Segment {
  const [from, until] = interval;
  const key = hash(recipe.seed, site, from, until);
  const siteKey = hex8(hash(recipe.seed, site));
  const first = Math.ceil(from / 1000);
  const seconds = Math.max(1, Math.ceil(until / 1000) - first);
  const start = (index: number): Random => randomFrom(scramble(index ^ key) ^ key);
  const secondOf = (random: Random): number => first + (random() % seconds);
  return {
    from,
    until,
    count,
    timeAt: (index) => secondOf(start(index)) * 1000,
    eventAt: (index) => {
      const random = start(index);
      const second = secondOf(random);
      // Three parts that cannot meet: the second, the index through a bijection, the site.
      const id = hex8(second) + hex8(scramble(index + key)) + siteKey;
      return makeEvent({ id, time: second * 1000, site, size: recipe.recordBytes }, random);
    },
  };
}

/** How many events a minute holds: the rate on average, between half of it and half as much again. */
export function countOf(recipe: Recipe, site: string, minute: number, rate: number): number {
  const random = randomFrom(hash(recipe.seed, site, minute, 'count'));
  return Math.floor(rate * (0.5 + fraction(random())) + fraction(random()));
}

/**
 * A record that a test or the bench brings, as its own bytes. Throws a TypeError unless it is a JSON object with `id` and `timestamp`.
 */
export function givenEvent(record: string | Uint8Array): SimulatedEvent {
  const bytes = Buffer.from(record);
  const { id, timestamp, tags } = JSON.parse(bytes.toString('utf8')) as Record<string, unknown>;
  const time = typeof timestamp === 'string' ? Date.parse(timestamp) : Number.NaN;
  if (typeof id !== 'string' || Number.isNaN(time)) throw new TypeError('a record needs an id and a timestamp');
  const types = Array.isArray(tags) ? tags.map((tag) => String((tag as Record<string, unknown>)['type'])) : [];
  return { id, time, tags: types, bytes };
}

interface Frame {
  readonly id: string;
  readonly time: number;
  readonly site: string;
  readonly size: number;
}

/**
 * The record is written as text, never made from an object: what its bytes are is decided here, with the literals that a parser changes
 * (`1.0`, `1E3`, integers of 20 digits) and each way to write a character.
 */
function makeEvent({ id, time, site, size }: Frame, random: Random): SimulatedEvent {
  const attack = pick(attacks, random);
  const client = pick(clients, random);
  const path = pick(paths, random);
  const https = random() % 8 !== 0;
  const untagged = random() % 64 === 0;
  const responseCode = attack.blocked ? 406 : pick([200, 200, 301, 403, 404, 500], random);
  const name = JSON.stringify(site);
  const start =
    `{"id":"${id}","timestamp":"${new Date(time).toISOString().slice(0, 19)}Z","serverHostname":"${pick(hosts, random)}",` +
    `"remoteIP":"${address(random)}","remoteHostname":"","remoteCountryCode":"${pick(countries, random)}","userAgent":"${client}",` +
    `"method":"${pick(methods, random)}","serverName":${name},"protocol":"HTTP/1.1","path":"${path}","uri":"${path}?q=${attack.value}",` +
    `"scheme":"${https ? 'https' : 'http'}","tlsProtocol":"${https ? 'TLSv1.3' : ''}","tlsCipher":"${https ? 'TLS_AES_128_GCM_SHA256' : ''}",` +
    `"responseCode":${responseCode},"responseSize":${sizeLiteral(random)},"responseMillis":${millisLiteral(random)},` +
    `"agentResponseCode":${attack.blocked ? 406 : 200},"tags":[${untagged ? '' : tagsText(attack, random)}],`;
  const end = `"headersOut":${headersOut(random)}${extra(random)}}`;
  const room = size - start.length - end.length;
  const text = `${start}"headersIn":${headersIn({ name, client, room }, random)},${end}`;
  const types = untagged ? [] : [attack.type, ...(attack.blocked ? ['BLOCKED'] : [])];
  return { id, time, tags: types, bytes: Buffer.from(text) };
}

function tagsText({ type, location, value, detector, blocked }: Attack, random: Random): string {
  const redaction = random() % 16 === 0 ? ',"redaction":1' : '';
  const found = `{"type":"${type}","location":"${location}","value":"${value}","detector":"${detector}"${redaction}}`;
  return blocked ? `${found},{"type":"BLOCKED","location":"","value":"","detector":"RULE"}` : found;
}

/** Pairs, with names that repeat; null now and then, as the vendor does. The cookie makes the record as large as wanted. */
function headersIn({ name, client, room }: { name: string; client: string; room: number }, random: Random): string {
  if (random() % 16 === 0) return 'null';
  const pairs = `["Host",${name}],["User-Agent","${client}"],["X-Forwarded-For","${address(random)}"],["X-Forwarded-For","10.0.0.7"]`;
  const fill = Math.max(0, room - pairs.length - 40) + (random() % 33) - 16;
  const piece = hex8(random()) + hex8(random()) + hex8(random()) + hex8(random());
  const cookie = fill > 0 ? `,["Cookie","s=${piece.repeat(Math.ceil(fill / 32)).slice(0, fill)}"]` : '';
  return `[${pairs}${cookie}]`;
}

function headersOut(random: Random): string {
  const kind = random() % 8;
  if (kind === 0) return 'null';
  return kind === 1 ? '[]' : '[["Content-Type","text/html; charset=utf-8"],["Server","nginx"]]';
}

function extra(random: Random): string {
  return random() % 16 === 0
    ? `,"summation":{"bucket":${12345678901234500000n + BigInt(random() % 99999)},"weight":1.50}`
    : '';
}

function sizeLiteral(random: Random): string {
  const kind = random() % 16;
  if (kind === 0) return '1E3';
  return kind === 1 ? '-1' : String(random() % 90_000);
}

function millisLiteral(random: Random): string {
  const kind = random() % 8;
  return kind === 0 ? '1.0' : String(random() % 900);
}

function address(random: Random): string {
  const value = random();
  return value % 8 === 0
    ? `2001:db8::${(value >>> 16).toString(16)}`
    : `203.0.${113 + (value % 2)}.${(value >>> 8) % 256}`;
}

function pick<Value>(values: readonly Value[], random: Random): Value {
  return values[random() % values.length] as Value;
}

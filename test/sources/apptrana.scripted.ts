import { onTestFinished } from 'vitest';
import type { Page, Secret, Source, SourceContext, WindowStream } from '../../src/core/contract.ts';
import { HOUR, MINUTE, floorTo, type Interval } from '../../src/core/time.ts';
import { apptrana } from '../../src/sources/apptrana/index.ts';
import type { ApptranaSettings, Auth } from '../../src/sources/apptrana/settings.ts';
import { startScriptedVendor, type Reply, type ScriptedVendor, type Seen } from './scripted-vendor.ts';

// AppTrana as far as a test needs it when it decides on the answers itself.

export const API_ID = 'api-id-1';
export const KEY = 'k€y:canary/71c0+';
export const TOKEN = 'tok-canary-0123456789abcdef';
export const SITE = 'www.example.com';
export const BASE = '/wafportal/rest';
export const REDIRECT = 'https://siem.example.com/callback?tenant=7';

/** A request for attacks, as the vendor reads it. */
export interface Asked {
  readonly from: number;
  readonly until: number;
  readonly website: string | undefined;
  readonly eventType: string | undefined;
  readonly seen: Seen;
}

export interface Attack {
  readonly attackTime: string;
  readonly [field: string]: unknown;
}

type Answer = Reply | Promise<Reply>;

export interface Options {
  readonly settings?: Partial<ApptranaSettings>;
  readonly clock?: () => number;
  readonly common?: Partial<SourceContext<ApptranaSettings>['settings']>;
  readonly login?: (request: Seen) => Answer;
  readonly authorize?: (request: Seen) => Answer;
  readonly websites?: (request: Seen) => Answer;
}

export interface Scripted {
  readonly vendor: ScriptedVendor;
  readonly source: Source;
  readonly stream: WindowStream;
  /** The requests for attacks so far. */
  readonly asked: () => readonly Asked[];
  /** The requests for a token so far. */
  readonly logins: () => readonly Seen[];
}

/** A vendor that answers as told, and a source that is open on it; both are closed when the test is over. */
export async function start(attacks: (asked: Asked) => Answer, options: Options = {}): Promise<Scripted> {
  let tokens = 0;
  const login = options.login ?? (() => ({ body: tokenAnswer(`${TOKEN}-${(tokens += 1)}`) }));
  const answers: Readonly<Record<string, (request: Seen) => Answer>> = {
    '/siem/v1/getAttackInfo': (request) => attacks(askedOf(request)),
    '/siem/v1/getAuthToken': login,
    '/siem/v1/authorize': options.authorize ?? (() => ({ status: 404 })),
    '/v2/website/get-websites': options.websites ?? (() => ({ status: 404 })),
  };
  const vendor = await startScriptedVendor((request) => {
    const path = request.url.replace(/\?.*/, '').replace(BASE, '');
    return answers[path]?.(request) ?? { status: 404, body: { errorMessages: [`nothing at ${path}`] } };
  });
  onTestFinished(() => vendor.close());
  const source = openSource(vendor.url, options);
  onTestFinished(() => source.close());
  const to = (path: string): readonly Seen[] => vendor.seen.filter(({ url }) => url === `${BASE}${path}`);
  return {
    vendor,
    source,
    stream: windowStream(source),
    asked: () => to('/siem/v1/getAttackInfo').map(askedOf),
    logins: () => to('/siem/v1/getAuthToken'),
  };
}

/** @param url the vendor's origin */
export function openSource(url: string, { settings, clock = Date.now, common }: Options = {}): Source {
  return apptrana.open({
    id: 'acme-apptrana',
    clock,
    settings: {
      websites: [SITE],
      auth: authBy('client_credentials'),
      header: 'Authorization',
      ...settings,
      baseUrl: `${url}${BASE}`,
      schedule: { every: 5 * MINUTE, offset: MINUTE },
      window: 5 * MINUTE,
      limits: apptrana.limits,
      ...common,
    },
  });
}

export function authBy(grant: Auth['grant'], reveal = (): string => KEY): Auth {
  const connector = { clientId: API_ID, clientSecret: secretOf(reveal) };
  return grant === 'authorization_code' ? { ...connector, grant, redirectUrl: REDIRECT } : { ...connector, grant };
}

export function secretOf(reveal: () => string): Secret {
  return { place: '${env:APPTRANA_KEY}', reveal };
}

export function windowStream(source: Source, name?: string): WindowStream {
  const stream = source.streams.find((each) => name === undefined || each.name === name);
  if (stream?.shape !== 'window') throw new Error('a stream of windows was expected');
  return stream;
}

export function tokenAnswer(token: string, life: unknown = 86_400): Record<string, unknown> {
  return { access_token: token, token_type: 'Bearer', expires_in: life };
}

/** Five minutes that settled long ago. */
export function fiveMinutes(): Interval {
  const until = floorTo(Date.now(), 5 * MINUTE) - HOUR;
  return { from: until - 5 * MINUTE, until };
}

function askedOf(seen: Seen): Asked {
  const body = JSON.parse(seen.body) as Record<string, string | undefined>;
  const { startTime, endTime, websiteName: website, eventType } = body;
  return { from: Number(startTime), until: Number(endTime), website, eventType, seen };
}

let requests = 0;

/** An attack with the fields of the vendor document. */
export function attack(time: number | string, more: Readonly<Record<string, unknown>> = {}): Attack {
  return {
    attackerIP: '52.66.186.232',
    severity: 2,
    eventType: 'Log',
    attackTime: typeof time === 'string' ? time : new Date(time).toISOString(),
    target: null,
    category: 'Bot Attacks',
    ruleId: '40',
    requestId: `XDgvJ11cQNtD@oi4vIg3f${String((requests += 1)).padStart(6, '0')}`,
    hostName: ' www.example.com ',
    ...more,
  };
}

/** The vendor's answer with these attacks on one website. */
export function answer(attacks: unknown, website: unknown = ` ${SITE} `): Record<string, unknown> {
  return { successMessage: 'Success', data: [{ websiteName: website, attacks }] };
}

export type Bounds = readonly ['[' | '(', ']' | ')'];
export const EVERY_BOUNDS: readonly Bounds[] = [
  ['[', ']'],
  ['[', ')'],
  ['(', ']'],
  ['(', ')'],
];

/** The attacks that a vendor with such bounds gives for a request; it may compare no finer than `unit` ms. */
export function within(
  all: readonly Attack[],
  asked: Interval,
  [open, close]: Bounds = ['[', ']'],
  unit = 1,
): readonly Attack[] {
  const [from, until] = [floorTo(asked.from, unit), floorTo(asked.until, unit)];
  return all.filter(({ attackTime }) => {
    const time = floorTo(Date.parse(attackTime), unit);
    return (open === '[' ? time >= from : time > from) && (close === ']' ? time <= until : time < until);
  });
}

/** `count` attacks spread evenly over `[from, until)`. */
export function attacks(
  { from, until }: Interval,
  count: number,
  more?: (i: number) => Record<string, unknown>,
): readonly Attack[] {
  return Array.from({ length: count }, (_, i) => attack(from + Math.floor(((until - from) * i) / count), more?.(i)));
}

/** All pages of a window: how many, and each record once by its id, as sealing keeps them. */
export async function walked(
  stream: WindowStream,
  window: Interval,
): Promise<{ pages: Page[]; held: Map<string, string> }> {
  const pages: Page[] = [];
  const held = new Map<string, string>();
  for (let cursor: string | null | undefined = null; cursor !== undefined; cursor = pages.at(-1)?.next ?? undefined) {
    const page = await stream.fetchPage(window, cursor, new AbortController().signal);
    for (const record of page.records) held.set(stream.identify(record).id, Buffer.from(record.bytes).toString('utf8'));
    pages.push(page);
  }
  return { pages, held };
}

export const texts = (all: readonly unknown[]): readonly string[] => all.map((one) => JSON.stringify(one)).toSorted();

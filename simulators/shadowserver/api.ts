import type { IncomingMessage, ServerResponse } from 'node:http';
import { pause, readBody, Refusal } from '../kit/http.ts';
import { authorise, readObject, type Body } from './auth.ts';
import { bytesDelivery, deliver, retryAfterHeader, type Delivery } from './delivery.ts';
import { download } from './download.ts';
import type { Occasion } from './faults.ts';
import { refuseOthers } from './fields.ts';
import { list, subscribed, types } from './lists.ts';
import type { Call, Outcome, Parts } from './parts.ts';
import { FILTERS, query } from './query.ts';
import { ATTRIBUTES, createQueryRecords } from './query-records.ts';
import { stats } from './stats.ts';

interface Method {
  readonly fields: readonly string[];
  /** What `help` answers; the fields unless told. */
  readonly help?: readonly string[];
  readonly answer: (parts: Parts, call: Call) => Outcome;
}

/** @returns the handler of `/api2/<method>`; `note` is told the body. */
export function createApi(
  parts: Parts,
): (request: IncomingMessage, response: ServerResponse, name: string, note: (body: Body) => void) => Promise<void> {
  const methods = methodsOf();
  return async (request, response, name, note) => {
    const { faults, strikes, report, world } = parts;
    const { raw, body } = await read(parts, request, note);
    authorise(request, raw, body, parts);
    const method = methods.get(name);
    if (method === undefined) {
      report('unknown-method', name.slice(0, 100));
      throw new Refusal(404, 'unknown method');
    }
    const key = `${name} ${JSON.stringify(body)}`;
    const occasion = { ...occasionOf(parts, name, body), attempt: parts.attempts(key) };
    parts.patience.check(key);
    await parts.observe(occasion);
    await pause(faults.latencyMs);
    if (strikes.strike('hang', faults.hang, occasion) !== undefined) return;
    refuseWhenBusy(parts, occasion, key);
    const wrong = wrongAnswer(parts, occasion);
    if (wrong !== undefined) return deliver(response, wrong, faults, strikes, occasion);
    const none = strikes.strike('noSubscription', faults.noSubscription, occasion) !== undefined;
    const call = { body, occasion, lists: none ? [] : world.lists };
    const outcome = body['help'] === true ? { json: method.help ?? method.fields } : await answer(parts, method, call);
    return deliver(response, deliveryOf(parts, outcome, occasion), faults, strikes, occasion);
  };
}

function methodsOf(): ReadonlyMap<string, Method> {
  const recordsOf = createQueryRecords();
  let queries = 0;
  const searched: Method['answer'] = (parts, call) => {
    queries++;
    const { world, faults } = parts;
    return query(parts, call, (file) => recordsOf(file, world.content(file), faults.unexplainedFields));
  };
  const key: Method['answer'] = () => ({ json: { query_limit: 0, query_count: queries, status: 'active' } });
  const queryFields = ['query', 'sort', 'date', 'facet', 'limit', 'page'];
  return new Map<string, Method>([
    ['test/ping', { fields: [], answer: (parts) => ({ json: { pong: new Date(parts.now()).toISOString() } }) }],
    ['key/info', { fields: [], answer: key }],
    ['reports/subscribed', { fields: [], answer: subscribed }],
    ['reports/types', { fields: ['detail'], answer: types }],
    ['reports/list', { fields: ['reports', 'date', 'type', 'limit', 'types'], answer: list }],
    ['reports/download', { fields: ['id', 'report', 'limit', 'date', 'type'], answer: download }],
    ['reports/query', { fields: [...queryFields, ...FILTERS], help: ATTRIBUTES, answer: searched }],
    ['reports/stats', { fields: ['date', 'report', 'type'], answer: stats }],
  ]);
}

/** "POST only", then a JSON object. */
async function read(
  { report }: Parts,
  request: IncomingMessage,
  note: (body: Body) => void,
): Promise<{ raw: Buffer; body: Body }> {
  const raw = await readBody(request);
  if (request.method !== 'POST') {
    report('method', `${request.method} ${request.url?.slice(0, 100)}`);
    throw new Refusal(401, 'only POST is allowed');
  }
  const body = readObject(raw, report);
  note(body);
  return { raw, body };
}

async function answer(parts: Parts, { fields, answer }: Method, call: Call): Promise<Outcome> {
  refuseOthers(call.body, ['help', ...fields], parts);
  const { faults, strikes } = parts;
  if (call.occasion.kind === 'reports/query') {
    const slow = strikes.strike('slowQuery', faults.slowQuery, call.occasion);
    if (slow !== undefined) await pause(slow.ms ?? 45_000);
  }
  return answer(parts, call);
}

function occasionOf({ world }: Parts, kind: string, body: Body): Occasion {
  const { id, date, type, report, reports, page } = body;
  const file = typeof id === 'string' ? world.open(id) : undefined;
  if (typeof file === 'object') return { kind, list: file.list.name, type: file.type, day: file.day, file: file.name };
  const list: unknown = Array.isArray(reports) ? reports[0] : report;
  return {
    kind,
    ...(typeof list === 'string' && { list }),
    ...(typeof type === 'string' && { type }),
    ...(typeof date === 'string' && { day: date }),
    ...(kind === 'reports/query' && { page: typeof page === 'number' ? page : 1 }),
  };
}

/** Throws the 429, and remembers who was told to wait. */
export function refuseWhenBusy({ faults, strikes, patience, now }: Parts, occasion: Occasion, key: string): void {
  const busy = strikes.strike('rateLimit429', faults.rateLimit429, occasion);
  if (busy === undefined) return;
  const after = busy.retryAfter ?? 1;
  patience.expect(key, after === 'date' ? 1 : after);
  throw new Refusal(429, 'too many requests', retryAfterHeader(after, now()));
}

function wrongAnswer({ faults, strikes }: Parts, occasion: Occasion): Delivery | undefined {
  const down = strikes.strike('apiDown', faults.apiDown, occasion);
  if (down !== undefined) throw new Refusal(down.status ?? 503, 'service unavailable');
  const error = strikes.strike('errorWith200', faults.errorWith200, occasion);
  if (error === undefined) return undefined;
  return bytesDelivery(200, 'application/json', JSON.stringify({ error: error.message ?? 'internal error' }));
}

function deliveryOf({ faults, strikes }: Parts, outcome: Outcome, occasion: Occasion): Delivery {
  if ('delivery' in outcome) return outcome.delivery;
  const text = JSON.stringify(outcome.json);
  const trailing =
    text.length > 2 &&
    text.endsWith(']') &&
    strikes.strike('trailingComma', faults.trailingComma, occasion) !== undefined;
  return bytesDelivery(200, 'application/json', trailing ? `${text.slice(0, -1)},]` : text);
}

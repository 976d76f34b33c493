import type { IncomingMessage, ServerResponse } from 'node:http';
import { jsonAnswer, readBody, Refusal, send } from '../kit/http.ts';
import { readFaults } from './read-faults.ts';
import type { GivenEvent, Granularity, InstartSimulator, TruthRow } from './simulator.ts';
import { BUCKETS } from './times.ts';

type Controlled = Omit<InstartSimulator, 'url' | 'baseUrl' | 'close' | 'onRequest'>;

/**
 * The way in for tests in another process, outside the vendor's API; times are milliseconds since the epoch.
 * `GET truth?dimensions=a,b&from=&until=[&filters=][&resource=waf/trends&granularity=hour]`, `PUT load?from=&until=[&count=]` (without a count,
 * the body is an array of events), `PUT password` (the body is the new one), `GET violations|requests|faults`, `PUT faults`.
 */
export async function control(
  simulator: Controlled,
  request: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  const { pathname, searchParams } = new URL(request.url ?? '', 'http://simulator');
  const what = `${request.method ?? ''} ${pathname.slice('/_simulator/'.length)}`;
  switch (what) {
    case 'GET truth':
      return sendTruth(
        response,
        refusing(() => truthOf(simulator, searchParams)),
      );
    case 'PUT load': {
      const body = await readBody(request, 256 * 1024 * 1024);
      refusing(() => simulator.load(...interval(searchParams), eventsOf(searchParams, body)));
      return send(response, jsonAnswer(200, {}));
    }
    case 'PUT password':
      simulator.changePassword((await readBody(request)).toString('utf8'));
      return send(response, jsonAnswer(200, {}));
    case 'GET violations':
      return send(response, jsonAnswer(200, simulator.violations));
    case 'GET requests':
      return send(response, jsonAnswer(200, simulator.requests));
    case 'GET faults':
      return send(response, jsonAnswer(200, { ...simulator.faults, struck: simulator.struck }));
    case 'PUT faults': {
      const body = await readBody(request);
      Object.assign(
        simulator.faults,
        refusing(() => readFaults(parse(body))),
      );
      return send(response, jsonAnswer(200, simulator.faults));
    }
    default:
      throw new Refusal(404, `no such control: ${what}`);
  }
}

function truthOf(simulator: Controlled, parameters: URLSearchParams): TruthRow[] {
  const dimensions = (parameters.get('dimensions') ?? '').split(',').filter((name) => name !== '');
  const [from, until] = interval(parameters);
  const filters = parameters.get('filters') ?? undefined;
  const resource = parameters.get('resource') ?? 'events';
  if (resource === 'events') return simulator.truth(dimensions, from, until, filters);
  if (resource.includes('/topk/')) return simulator.truthOfTopk(resource, dimensions, from, until, filters);
  const granularity = parameters.get('granularity') ?? '';
  if (!Object.hasOwn(BUCKETS, granularity)) throw new RangeError('granularity is day, hour or 5minute');
  const query = { dimensions, granularity: granularity as Granularity, from, until };
  return simulator.truthOfTrends(resource, filters === undefined ? query : { ...query, filters });
}

function sendTruth(response: ServerResponse, rows: readonly TruthRow[]): void {
  const lines = rows.map(({ time, sha256 }) => `${JSON.stringify({ time, sha256 })}\n`);
  const body = [Buffer.from(lines.join(''))];
  send(response, { status: 200, headers: { 'Content-Type': 'application/x-ndjson' }, body });
}

function eventsOf(parameters: URLSearchParams, body: Buffer): number | readonly GivenEvent[] {
  if (parameters.has('count')) return integer(parameters, 'count');
  const events = parse(body);
  if (!Array.isArray(events)) throw new RangeError('the body is no array of events');
  return events.map((event: unknown) => {
    const { time, visibleAt, values } = Object(event) as Partial<GivenEvent>;
    if (typeof time !== 'number' || typeof values !== 'object')
      throw new RangeError('an event needs a time and values');
    return typeof visibleAt === 'number' ? { time, visibleAt, values } : { time, values };
  });
}

function interval(parameters: URLSearchParams): readonly [number, number] {
  return [integer(parameters, 'from'), integer(parameters, 'until')];
}

function integer(parameters: URLSearchParams, name: string): number {
  const text = parameters.get(name) ?? '';
  if (!/^\d{1,15}$/.test(text)) throw new RangeError(`${name} is not an integer`);
  return Number(text);
}

function parse(body: Buffer): unknown {
  return JSON.parse(body.toString('utf8')) as unknown;
}

/** Runs what throws for a mistake of the caller. */
function refusing<Value>(act: () => Value): Value {
  try {
    return act();
  } catch (error) {
    if (error instanceof RangeError || error instanceof TypeError || error instanceof SyntaxError)
      throw new Refusal(400, error.message);
    throw error;
  }
}

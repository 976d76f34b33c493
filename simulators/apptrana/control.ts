import type { IncomingMessage, ServerResponse } from 'node:http';
import { jsonAnswer, readBody, Refusal, send } from '../kit/http.ts';
import { readFaults } from './faults.ts';
import type { AppTranaSimulator, TruthAttack } from './simulator.ts';

type Controlled = Omit<AppTranaSimulator, 'url' | 'baseUrl' | 'close' | 'onRequest'>;

/** The way in for tests in another process, outside the vendor's API. Times are milliseconds since the epoch, as in the API. */
export async function control(
  simulator: Controlled,
  request: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  const { pathname, searchParams } = new URL(request.url ?? '', 'http://simulator');
  switch (`${request.method ?? ''} ${pathname.slice('/_simulator/'.length)}`) {
    case 'GET truth': {
      const asked = searchParams.get('eventType') ?? undefined;
      const truth = simulator.truth(searchParams.get('website'), ...interval(searchParams), asked);
      return send(response, { status: 200, headers: { 'Content-Type': 'application/x-ndjson' }, body: lines(truth) });
    }
    case 'PUT load':
      simulator.load(websiteOf(searchParams), ...interval(searchParams), integer(searchParams, 'count'));
      return send(response, jsonAnswer(200, {}));
    case 'GET violations':
      return send(response, jsonAnswer(200, simulator.violations));
    case 'GET requests':
      return send(response, jsonAnswer(200, simulator.requests));
    case 'GET counts':
      return send(response, jsonAnswer(200, simulator.counts));
    case 'GET faults':
      return send(response, jsonAnswer(200, { ...simulator.faults, struck: simulator.struck }));
    case 'PUT faults':
      Object.assign(simulator.faults, parseFaults(await readBody(request)));
      return send(response, jsonAnswer(200, simulator.faults));
    case 'DELETE tokens':
      simulator.endTokens();
      return send(response, jsonAnswer(200, {}));
    default:
      throw new Refusal(404, `no such control: ${request.method ?? ''} ${pathname}`);
  }
}

/** Everything but the bytes, a line for each attack; one buffer, as a write for each would be slow for days of truth. */
function lines(truth: readonly TruthAttack[]): readonly Buffer[] {
  const told = truth.map(({ website, eventType, time, sha256 }) => ({ website, eventType, time, sha256 }));
  return [Buffer.from(told.map((attack) => `${JSON.stringify(attack)}\n`).join(''))];
}

function websiteOf(parameters: URLSearchParams): string {
  const website = parameters.get('website');
  if (website === null) throw new Refusal(400, 'website is missing');
  return website;
}

function interval(parameters: URLSearchParams): readonly [number, number] {
  return [integer(parameters, 'from'), integer(parameters, 'until')];
}

function integer(parameters: URLSearchParams, name: string): number {
  const text = parameters.get(name) ?? '';
  if (!/^\d{1,15}$/.test(text)) throw new Refusal(400, `${name} is not an integer`);
  return Number(text);
}

function parseFaults(body: Buffer): ReturnType<typeof readFaults> {
  try {
    return readFaults(JSON.parse(body.toString('utf8')));
  } catch (error) {
    throw new Refusal(400, error instanceof Error ? error.message : 'not JSON');
  }
}

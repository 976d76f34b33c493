import type { IncomingMessage, ServerResponse } from 'node:http';
import { jsonAnswer, readBody, Refusal, send } from '../kit/http.ts';
import { readFaults } from './faults.ts';
import type { AppTranaSimulator } from './simulator.ts';

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
      const truth = simulator.truth(searchParams.get('website'), ...interval(searchParams));
      const lines = truth.map(({ website, time, sha256 }) => `${JSON.stringify({ website, time, sha256 })}\n`);
      const body = [Buffer.from(lines.join(''))];
      return send(response, { status: 200, headers: { 'Content-Type': 'application/x-ndjson' }, body });
    }
    case 'PUT load':
      simulator.load(searchParams.get('website') ?? '', ...interval(searchParams), integer(searchParams, 'count'));
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

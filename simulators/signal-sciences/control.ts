import type { IncomingMessage, ServerResponse } from 'node:http';
import { pipeline } from 'node:stream/promises';
import { jsonAnswer, readBody, Refusal, send } from '../kit/http.ts';
import { readFaults } from './faults.ts';
import type { SignalSciencesSimulator } from './simulator.ts';

type Controlled = Pick<
  SignalSciencesSimulator,
  'truth' | 'load' | 'faults' | 'struck' | 'violations' | 'requests' | 'connections' | 'revokeSessions'
>;

/**
 * The way in for tests in another process, outside the vendor's API: truth, load, violations, requests, connections, faults, sessions.
 * Times are unix seconds, as in the feed.
 */
export async function control(
  simulator: Controlled,
  request: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  const { pathname, searchParams } = new URL(request.url ?? '', 'http://simulator');
  const what = `${request.method} ${pathname.slice('/_simulator/'.length)}`;
  switch (what) {
    case 'GET truth':
      return sendTruth(simulator, interval(searchParams), response);
    case 'PUT load': {
      const [site, from, until] = interval(searchParams);
      simulator.load(site, from, until, integer(searchParams, 'count'));
      return send(response, jsonAnswer(200, {}));
    }
    case 'GET violations':
      return send(response, jsonAnswer(200, simulator.violations));
    case 'GET requests':
      return send(response, jsonAnswer(200, simulator.requests));
    case 'GET connections': {
      const { current, peak } = simulator.connections;
      return send(response, jsonAnswer(200, { current: Object.fromEntries(current), peak }));
    }
    case 'GET faults':
      return send(response, jsonAnswer(200, { ...simulator.faults, struck: simulator.struck }));
    case 'PUT faults':
      Object.assign(simulator.faults, parseFaults(await readBody(request)));
      return send(response, jsonAnswer(200, simulator.faults));
    case 'DELETE sessions':
      simulator.revokeSessions();
      return send(response, jsonAnswer(200, {}));
    default:
      throw new Refusal(404, `no such control: ${what}`);
  }
}

async function sendTruth(
  simulator: Controlled,
  [site, from, until]: readonly [string, number, number],
  response: ServerResponse,
): Promise<void> {
  response.writeHead(200, { 'Content-Type': 'application/x-ndjson' });
  const lines = simulator
    .truth(site, from, until)
    .map(({ id, time, sha256 }) => `${JSON.stringify({ id, time, sha256 })}\n`);
  await pipeline(lines, response);
}

function interval(parameters: URLSearchParams): readonly [string, number, number] {
  const site = parameters.get('site');
  if (site === null) throw new Refusal(400, 'site is missing');
  return [site, integer(parameters, 'from') * 1000, integer(parameters, 'until') * 1000];
}

function integer(parameters: URLSearchParams, name: string): number {
  const text = parameters.get(name) ?? '';
  if (!/^\d{1,11}$/.test(text)) throw new Refusal(400, `${name} is not an integer`);
  return Number(text);
}

function parseFaults(body: Buffer): ReturnType<typeof readFaults> {
  try {
    return readFaults(JSON.parse(body.toString('utf8')));
  } catch (error) {
    throw new Refusal(400, error instanceof Error ? error.message : 'not JSON');
  }
}

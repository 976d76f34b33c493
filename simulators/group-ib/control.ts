import type { IncomingMessage, ServerResponse } from 'node:http';
import { pipeline } from 'node:stream/promises';
import { jsonAnswer, readBody, Refusal, send } from '../kit/http.ts';
import { readFaults } from './read-faults.ts';
import type { GroupIbSimulator, Records, TruthVersion } from './simulator.ts';

type Controlled = Pick<
  GroupIbSimulator,
  'truth' | 'latest' | 'load' | 'add' | 'update' | 'faults' | 'struck' | 'violations' | 'requests'
>;

const LARGEST_LOAD = 64 * 1024 * 1024;

/**
 * The way in for tests in another process, outside the vendor's API: truth, latest, load, add, update, violations, requests, faults.
 * Times are unix seconds. Records come as the lines of a body; without one, `count` says how many are made up.
 */
export async function control(
  simulator: Controlled,
  request: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  const { pathname, searchParams: asked } = new URL(request.url ?? '', 'http://simulator');
  const what = `${request.method} ${pathname.slice('/_simulator/'.length)}`;
  const change = changes(simulator, asked)[what];
  if (change !== undefined)
    return send(response, jsonAnswer(200, refusing(change, await readBody(request, LARGEST_LOAD))));
  switch (what) {
    case 'GET truth':
      return sendLines(response, refusing(simulator.truth, collection(asked)));
    case 'GET latest':
      return sendLines(response, refusing(simulator.latest, collection(asked)));
    case 'GET violations':
      return send(response, jsonAnswer(200, simulator.violations));
    case 'GET requests':
      return send(response, jsonAnswer(200, simulator.requests));
    case 'GET faults':
      return send(response, jsonAnswer(200, { ...simulator.faults, struck: simulator.struck }));
    default:
      throw new Refusal(404, `no such control: ${what}`);
  }
}

/** What changes the simulator, by the body that says how. */
function changes(simulator: Controlled, asked: URLSearchParams): Readonly<Record<string, (body: Buffer) => unknown>> {
  return {
    'PUT load': (body) => {
      const [from, until, updates] = ['from', 'until', 'updates'].map((name) => number(asked, name));
      simulator.load(collection(asked), records(asked, body), {
        ...(from === undefined ? {} : { from: from * 1000 }),
        ...(until === undefined ? {} : { until: until * 1000 }),
        ...(updates === undefined ? {} : { updates }),
      });
      return {};
    },
    'PUT add': (body) => simulator.add(collection(asked), records(asked, body)).map(described),
    'PUT update': () => {
      const ids = asked.getAll('id');
      const which = ids.length > 0 ? ids : (number(asked, 'count') ?? 1);
      return simulator.update(collection(asked), which).map(described);
    },
    'PUT faults': (body) => Object.assign(simulator.faults, readFaults(JSON.parse(body.toString('utf8')))),
  };
}

async function sendLines(response: ServerResponse, versions: readonly TruthVersion[]): Promise<void> {
  response.writeHead(200, { 'Content-Type': 'application/x-ndjson' });
  await pipeline(
    versions.map((version) => `${JSON.stringify(described(version))}\n`),
    response,
  );
}

function described({ id, seqUpdate, time, current, sha256 }: TruthVersion): object {
  return { id, seqUpdate, time: time / 1000, current, sha256 };
}

function collection(asked: URLSearchParams): string {
  const name = asked.get('collection');
  if (name === null) throw new Refusal(400, 'collection is missing');
  return name;
}

function records(asked: URLSearchParams, body: Buffer): Records {
  const lines = body.toString('utf8').split('\n');
  return body.length > 0 ? lines.filter((line) => line.trim() !== '') : (number(asked, 'count') ?? 1);
}

function number(asked: URLSearchParams, name: string): number | undefined {
  const text = asked.get(name);
  if (text === null) return undefined;
  if (!/^\d{1,11}(\.\d+)?$/.test(text)) throw new Refusal(400, `${name} is not a number`);
  return Number(text);
}

/** Tells whoever controls what was wrong. */
function refusing<Given, Result>(act: (given: Given) => Result, given: Given): Result {
  try {
    return act(given);
  } catch (error) {
    if (error instanceof Refusal) throw error;
    throw new Refusal(400, error instanceof Error ? error.message : 'wrong');
  }
}

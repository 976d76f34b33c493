import type { IncomingMessage, ServerResponse } from 'node:http';
import { pipeline } from 'node:stream/promises';
import { jsonAnswer, readBody, Refusal, send } from '../kit/http.ts';
import { readFaults } from './read-faults.ts';
import type { ShadowserverSimulator, TruthFile } from './simulator.ts';

type Controlled = Pick<ShadowserverSimulator, 'truth' | 'load' | 'faults' | 'struck' | 'violations' | 'requests'>;

/** The way in for tests in another process, outside the vendor's API: truth, rows, load, violations, requests, faults. */
export async function control(
  simulator: Controlled,
  request: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  const { pathname, searchParams } = new URL(request.url ?? '', 'http://simulator');
  const what = `${request.method} ${pathname.slice('/_simulator/'.length)}`;
  switch (what) {
    case 'GET truth':
      return sendLines(response, map(filesOf(simulator, searchParams), described));
    case 'GET rows':
      return sendLines(response, rowsOf(filesOf(simulator, searchParams)));
    case 'PUT load':
      load(simulator, searchParams);
      return send(response, jsonAnswer(200, {}));
    case 'GET violations':
      return send(response, jsonAnswer(200, simulator.violations));
    case 'GET requests':
      return send(response, jsonAnswer(200, simulator.requests));
    case 'GET faults':
      return send(response, jsonAnswer(200, { ...simulator.faults, struck: simulator.struck }));
    case 'PUT faults':
      Object.assign(simulator.faults, parseFaults(await readBody(request)));
      return send(response, jsonAnswer(200, simulator.faults));
    default:
      throw new Refusal(404, `no such control: ${what}`);
  }
}

function described({ file, list, type, day, published, id, size, sha256, count }: TruthFile): unknown {
  return { file, list, type, day, published, id, size, sha256, count };
}

function filesOf(simulator: Controlled, parameters: URLSearchParams): TruthFile[] {
  return refusing(() => simulator.truth(parameters.get('list'), parameters.get('type'), needed(parameters, 'day')));
}

function* rowsOf(files: readonly TruthFile[]): Iterable<unknown> {
  for (const file of files) yield* file.rows();
}

function* map<Item>(items: Iterable<Item>, change: (item: Item) => unknown): Iterable<unknown> {
  for (const item of items) yield change(item);
}

/** `rows` is a count, or `none`: no file. */
function load(simulator: Controlled, parameters: URLSearchParams): void {
  const rows = needed(parameters, 'rows');
  if (rows !== 'none' && !/^\d{1,9}$/.test(rows)) throw new Refusal(400, 'rows is neither a count nor none');
  const [list = '', type = '', day = ''] = ['list', 'type', 'day'].map((name) => needed(parameters, name));
  refusing(() => simulator.load(list, type, day, rows === 'none' ? null : Number(rows)));
}

async function sendLines(response: ServerResponse, values: Iterable<unknown>): Promise<void> {
  response.writeHead(200, { 'Content-Type': 'application/x-ndjson' });
  await pipeline(lines(values), response);
}

function* lines(values: Iterable<unknown>): Iterable<string> {
  for (const value of values) yield `${JSON.stringify(value)}\n`;
}

function needed(parameters: URLSearchParams, name: string): string {
  const value = parameters.get(name);
  if (value === null) throw new Refusal(400, `${name} is missing`);
  return value;
}

function refusing<Value>(act: () => Value): Value {
  try {
    return act();
  } catch (error) {
    if (error instanceof RangeError) throw new Refusal(400, error.message);
    throw error;
  }
}

function parseFaults(body: Buffer): ReturnType<typeof readFaults> {
  try {
    return readFaults(JSON.parse(body.toString('utf8')));
  } catch (error) {
    throw new Refusal(400, error instanceof Error ? error.message : 'not JSON');
  }
}

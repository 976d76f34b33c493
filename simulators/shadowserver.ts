import type { IncomingMessage, ServerResponse } from 'node:http';
import { createStrikes } from './kit/faults.ts';
import { listen, Refusal, type HttpServer } from './kit/http.ts';
import { createAttempts, createPatience } from './kit/memory.ts';
import { createApi } from './shadowserver/api.ts';
import { control } from './shadowserver/control.ts';
import { deliver, refusalDelivery } from './shadowserver/delivery.ts';
import { createDl } from './shadowserver/dl.ts';
import { noFaults, type Occasion } from './shadowserver/faults.ts';
import type { Parts } from './shadowserver/parts.ts';
import { logRequest } from './shadowserver/requests.ts';
import {
  DEFAULT_KEY,
  DEFAULT_LISTS,
  type RequestLogEntry,
  type ShadowserverSimulator,
  type SimulatorOptions,
} from './shadowserver/simulator.ts';
import { TYPES } from './shadowserver/types.ts';
import type { Report, Violation } from './shadowserver/violations.ts';
import { createWorld } from './shadowserver/world.ts';

export { DEFAULT_KEY, DEFAULT_LISTS } from './shadowserver/simulator.ts';
export type {
  Filter,
  ReportList,
  RequestLogEntry,
  ShadowserverSimulator,
  SimulatorOptions,
  TruthFile,
} from './shadowserver/simulator.ts';
export { noFaults, type Faults, type Occasion } from './shadowserver/faults.ts';
export { TYPES } from './shadowserver/types.ts';
export type { Rule, Violation } from './shadowserver/violations.ts';

const API = '/api2/';
const DL = '/dl/';
const CONTROL = '/_simulator/';
const KEPT_VIOLATIONS = 10_000;

type Listener = (event: Occasion) => void | Promise<void>;
type Handler = (request: IncomingMessage, response: ServerResponse) => Promise<void>;

/**
 * Serves the Shadowserver reports API as the vendor's page describes it (shadowserver.txt), and the host that files are downloaded from,
 * on real sockets. What the page leaves open is a fault with its strictest form as the default. Throws when a port is taken.
 */
export async function startShadowserver(options: SimulatorOptions = {}): Promise<ShadowserverSimulator> {
  const urls = { url: '', apiUrl: '', dlUrl: '' };
  const records = { violations: [] as Violation[], requests: [] as RequestLogEntry[] };
  const listeners = new Set<Listener>();
  const observe = async (event: Occasion): Promise<void> => {
    for (const listener of listeners) await listener(event);
  };
  const parts = createParts(options, records.violations, observe, () => urls.dlUrl);
  const { faults, strikes, world } = parts;
  const onRequest = (listener: Listener): (() => void) => {
    listeners.add(listener);
    return () => void listeners.delete(listener);
  };
  const { truth, load } = world;
  const simulator = { ...urls, ...records, faults, struck: strikes.counts, truth, load, onRequest };
  const { api, dl } = handlers(parts, records.requests);
  const onePort = options.onePort === true;
  const servers = await listenAll(parts, options, {
    api: async (request, response) => {
      const path = request.url ?? '';
      if (options.control === true && path.startsWith(CONTROL)) return control(simulator, request, response);
      return onePort && path.startsWith(DL) ? dl(request, response, DL) : api(request, response);
    },
    dl: onePort ? undefined : (request, response) => dl(request, response, '/'),
  });
  const [url = '', dlUrl = `${url}/dl`] = servers.map((server) => server.url);
  Object.assign(urls, { url, apiUrl: `${url}/api2`, dlUrl });
  const close = async (): Promise<void> => {
    await Promise.all(servers.map((server) => server.close()));
  };
  return Object.assign(simulator, urls, { close });
}

function createParts(
  options: SimulatorOptions,
  violations: Violation[],
  observe: Parts['observe'],
  dlUrl: () => string,
): Parts {
  const { seed = 1, keys = [DEFAULT_KEY], rows = 40, publishWithinMs = 8 * 3_600_000, clock = Date.now } = options;
  const { lists = DEFAULT_LISTS, types = TYPES } = options;
  const faults = { ...noFaults(), ...options.faults };
  const now = (): number => clock() + faults.clockSkewMs;
  const report: Report = (rule, detail) => {
    if (violations.length < KEPT_VIOLATIONS) violations.push({ rule, detail, at: now() });
  };
  const world = createWorld({ lists, types, seed, rows, publishWithinMs }, faults, now);
  const strikes = createStrikes<Occasion>();
  const attempts = createAttempts();
  return {
    keys,
    seed,
    faults,
    strikes,
    world,
    now,
    report,
    observe,
    attempts,
    patience: createPatience(report),
    dlUrl,
  };
}

/** The API's server, and the download host's where it has one of its own. */
async function listenAll(
  parts: Parts,
  { host = '127.0.0.1', port = 0, dlPort = 0 }: SimulatorOptions,
  { api, dl }: { api: Handler; dl: Handler | undefined },
): Promise<readonly HttpServer[]> {
  const first = await listen({ host, port }, parts.now, answering(parts, api));
  if (dl === undefined) return [first];
  try {
    return [first, await listen({ host, port: dlPort }, parts.now, answering(parts, dl))];
  } catch (error) {
    await first.close();
    throw error;
  }
}

interface Handlers {
  readonly api: Handler;
  /** `base` is what stands before an id. */
  readonly dl: (request: IncomingMessage, response: ServerResponse, base: string) => Promise<void>;
}

function handlers(parts: Parts, requests: RequestLogEntry[]): Handlers {
  const call = createApi(parts);
  const serve = createDl(parts);
  return {
    api: async (request, response) => {
      const path = request.url ?? '';
      const note = logRequest(requests, { request, response }, 'api', parts.now());
      if (path.startsWith(API)) return call(request, response, path.slice(API.length), note);
      parts.report('unknown-path', `${request.method} ${path.slice(0, 200)}`);
      throw new Refusal(404, 'not found');
    },
    dl: async (request, response, base) => {
      logRequest(requests, { request, response }, 'dl', parts.now());
      return serve(request, response, (request.url ?? '').slice(base.length));
    },
  };
}

/** Turns what a handler throws into an answer. */
function answering({ faults, report }: Parts, handle: Handler): Handler {
  return async (request, response) => {
    try {
      await handle(request, response);
    } catch (error) {
      if (!(error instanceof Refusal))
        report('simulator-error', error instanceof Error ? (error.stack ?? error.message) : String(error));
      const refusal = error instanceof Refusal ? error : new Refusal(500, 'simulator error');
      if (response.headersSent) response.destroy();
      else await deliver(response, refusalDelivery(refusal, faults.errorFormat), NO_FAULTS, createStrikes(), REFUSED);
    }
  };
}

const NO_FAULTS = noFaults();
const REFUSED: Occasion = { kind: 'refusal' };

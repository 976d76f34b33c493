import type { IncomingMessage, ServerResponse } from 'node:http';
import { control } from './group-ib/control.ts';
import { htmlAnswer, refusalAnswer } from './group-ib/delivery.ts';
import { noFaults, type Occasion } from './group-ib/faults.ts';
import type { Parts } from './group-ib/parts.ts';
import { logRequest } from './group-ib/requests.ts';
import { createServe, PORTAL } from './group-ib/serve.ts';
import {
  DEFAULT_ACCOUNT,
  type GroupIbSimulator,
  type RequestLogEntry,
  type SimulatorOptions,
} from './group-ib/simulator.ts';
import type { Report, Violation } from './group-ib/violations.ts';
import { createWorld } from './group-ib/world.ts';
import { createStrikes } from './kit/faults.ts';
import { listen, Refusal, send } from './kit/http.ts';

export { DEFAULT_ACCOUNT } from './group-ib/simulator.ts';
export type {
  GroupIbSimulator,
  LoadOptions,
  Records,
  RequestLogEntry,
  SimulatorOptions,
  TruthVersion,
} from './group-ib/simulator.ts';
export { noFaults, type Faults, type Occasion } from './group-ib/faults.ts';
export type { Rule, Violation } from './group-ib/violations.ts';

const CONTROL = '/_simulator/';
const KEPT_VIOLATIONS = 10_000;

type Listener = (event: Occasion) => void | Promise<void>;

/**
 * Serves Group-IB Threat Intelligence (`/api/v2/`) and Digital Risk Protection (`/client_api/`) as the vendor's page and its client describe
 * them (group-ib.txt), on a real socket. What they leave open is a fault with its strictest form as the default. Throws when the port is taken.
 */
export async function startGroupIb(options: SimulatorOptions = {}): Promise<GroupIbSimulator> {
  const urls = { url: '', tiUrl: '', drpUrl: '' };
  const violations: Violation[] = [];
  const requests: RequestLogEntry[] = [];
  const listeners = new Set<Listener>();
  const parts = createParts(options, violations, listeners, () => urls.url);
  const { faults, strikes, world, now } = parts;
  const { truth, latest, load, add, update } = world;
  const onRequest = (listener: Listener): (() => void) => {
    listeners.add(listener);
    return () => void listeners.delete(listener);
  };
  const own = { faults, violations, requests, onRequest, struck: strikes.counts };
  const simulator = { ...urls, ...own, truth, latest, load, add, update };
  const serve = createServe(parts);
  const handle = answering(parts, async (request, response) => {
    const path = request.url ?? '';
    if (options.control === true && path.startsWith(CONTROL)) return control(simulator, request, response);
    logRequest(requests, { request, response }, now());
    // Who follows the redirect finds a page and a 200 there.
    return path === PORTAL ? send(response, htmlAnswer(200)) : serve(request, response);
  });
  const server = await listen({ host: options.host ?? '127.0.0.1', port: options.port ?? 0 }, now, handle);
  const { url } = server;
  Object.assign(urls, { url, tiUrl: `${url}/api/v2/`, drpUrl: `${url}/client_api/` });
  return Object.assign(simulator, urls, { close: () => server.close() });
}

function createParts(
  options: SimulatorOptions,
  violations: Violation[],
  listeners: ReadonlySet<Listener>,
  url: () => string,
): Parts {
  const { accounts = [DEFAULT_ACCOUNT], clock = Date.now } = options;
  const faults = { ...noFaults(), ...options.faults };
  const now = (): number => clock() + faults.clockSkewMs;
  const report: Report = (rule, detail) => {
    if (violations.length < KEPT_VIOLATIONS) violations.push({ rule, detail, at: now() });
  };
  const observe: Parts['observe'] = async (occasion) => {
    for (const listener of listeners) await listener(occasion);
  };
  const world = createWorld(options, faults, now);
  return { accounts, faults, strikes: createStrikes<Occasion>(), world, now, report, observe, url };
}

type Handler = (request: IncomingMessage, response: ServerResponse) => Promise<void>;

/** Turns what a handler throws into an answer. */
function answering({ report }: Parts, handle: Handler): Handler {
  return async (request, response) => {
    try {
      await handle(request, response);
    } catch (error) {
      if (!(error instanceof Refusal))
        report('simulator-error', error instanceof Error ? (error.stack ?? error.message) : String(error));
      const refusal = error instanceof Refusal ? error : new Refusal(500, 'simulator error');
      if (response.headersSent) response.destroy();
      else send(response, refusalAnswer(refusal));
    }
  };
}

import type { IncomingMessage, ServerResponse } from 'node:http';
import { refusalAnswer } from './instart/answers.ts';
import { control } from './instart/control.ts';
import { noFaults, type Occasion } from './instart/faults.ts';
import { logRequest } from './instart/requests.ts';
import { createService } from './instart/service.ts';
import {
  DEFAULT_USER,
  type InstartSimulator,
  type RequestLogEntry,
  type SimulatorOptions,
} from './instart/simulator.ts';
import type { Report, Violation } from './instart/violations.ts';
import { createWorld } from './instart/world.ts';
import { createStrikes } from './kit/faults.ts';
import { listen, Refusal, send } from './kit/http.ts';

export { DIMENSIONS } from './instart/dimensions.ts';
export { noFaults, type Faults, type Occasion } from './instart/faults.ts';
export { readFaults } from './instart/read-faults.ts';
export { DEFAULT_CUSTOMER, DEFAULT_USER } from './instart/simulator.ts';
export type {
  GivenEvent,
  Granularity,
  InstartSimulator,
  RequestLogEntry,
  SimulatorOptions,
  TruthRow,
  User,
} from './instart/simulator.ts';
export type { Rule, Violation } from './instart/violations.ts';

const CONTROL = '/_simulator/';
const KEPT_VIOLATIONS = 10_000;

type Listener = (occasion: Occasion) => void | Promise<void>;

/**
 * Serves the Instart security stats API as the vendor's page describes it (instart.txt), on a real socket. What the page leaves open is decided
 * strictly, or is a mode among the faults; the shape of errors, of lists and of aggregates is not on the page at all. Throws when the port
 * is taken.
 */
export async function startInstart(options: SimulatorOptions = {}): Promise<InstartSimulator> {
  const { clock = Date.now } = options;
  const faults = { ...noFaults(), ...options.faults };
  const now = (): number => clock() + faults.clockSkewMs;
  const violations: Violation[] = [];
  const report: Report = (rule, detail) => {
    if (violations.length < KEPT_VIOLATIONS) violations.push({ rule, detail, at: now() });
  };
  const requests: RequestLogEntry[] = [];
  const listeners = new Set<Listener>();
  const observe = async (occasion: Occasion): Promise<void> => {
    for (const listener of listeners) await listener(occasion);
  };
  let user = options.user ?? DEFAULT_USER;
  const strikes = createStrikes<Occasion>();
  const world = createWorld(options, faults, now);
  const serve = createService({ faults, strikes, world, user: () => user, now, report, observe });
  const { truth, truthOfTrends, truthOfTopk, load } = world;
  const simulator = {
    faults,
    violations,
    requests,
    struck: strikes.counts,
    truth,
    truthOfTrends,
    truthOfTopk,
    load,
    changePassword: (password: string) => void (user = { ...user, password }),
    onRequest: (listener: Listener) => {
      listeners.add(listener);
      return () => void listeners.delete(listener);
    },
  };
  const handle = async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
    try {
      if (options.control === true && (request.url ?? '').startsWith(CONTROL))
        return await control(simulator, request, response);
      logRequest(requests, { request, response }, now());
      await serve(request, response);
    } catch (error) {
      if (!(error instanceof Refusal))
        report('simulator-error', error instanceof Error ? (error.stack ?? error.message) : String(error));
      if (response.headersSent) response.destroy();
      else send(response, refusalAnswer(error instanceof Refusal ? error : new Refusal(500, 'simulator error')));
    }
  };
  const server = await listen({ host: options.host ?? '127.0.0.1', port: options.port ?? 0 }, now, handle);
  const baseUrl = `${server.url}/${encodeURIComponent(world.customer)}/v1/stats/security`;
  return Object.assign(simulator, server, { baseUrl });
}

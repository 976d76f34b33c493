import type { IncomingMessage, ServerResponse } from 'node:http';
import { createStrikes } from './kit/faults.ts';
import { listen, Refusal, send } from './kit/http.ts';
import { refusalAnswer } from './signal-sciences/answers.ts';
import { createConnections } from './signal-sciences/connections.ts';
import { control } from './signal-sciences/control.ts';
import { noFaults } from './signal-sciences/faults.ts';
import { createFeed } from './signal-sciences/feed.ts';
import { login } from './signal-sciences/login.ts';
import { logRequest } from './signal-sciences/requests.ts';
import { createSessions } from './signal-sciences/sessions.ts';
import {
  DEFAULT_ACCOUNT,
  type RequestEvent,
  type RequestLogEntry,
  type SignalSciencesSimulator,
  type SimulatorOptions,
} from './signal-sciences/simulator.ts';
import type { Report, Violation } from './signal-sciences/violations.ts';
import { createWorld } from './signal-sciences/world.ts';

export { DEFAULT_ACCOUNT } from './signal-sciences/simulator.ts';
export type {
  RequestEvent,
  RequestLogEntry,
  SignalSciencesSimulator,
  SimulatorOptions,
  TruthEvent,
} from './signal-sciences/simulator.ts';
export { noFaults, type Faults } from './signal-sciences/faults.ts';
export type { Rule, Violation } from './signal-sciences/violations.ts';

const LOGIN = '/api/v0/auth';
const FEED = /^\/api\/v0\/corps\/([^/]+)\/sites\/([^/]+)\/feed\/requests$/;
const CONTROL = '/_simulator/';
const KEPT_VIOLATIONS = 10_000;

/**
 * Serves the Signal Sciences request feed as the vendor's page describes it (signal-sciences.txt), on a real socket. What the page leaves
 * open is decided strictly: whatever is not documented is refused. Throws when the port is taken.
 */
export async function startSignalSciences(options: SimulatorOptions): Promise<SignalSciencesSimulator> {
  const { corp, sites, seed = 1, clock = Date.now, accounts = [DEFAULT_ACCOUNT] } = options;
  const faults = { ...noFaults(), ...options.faults };
  const now = (): number => clock() + faults.clockSkewMs;
  const violations: Violation[] = [];
  const report: Report = (rule, detail) => {
    if (violations.length < KEPT_VIOLATIONS) violations.push({ rule, detail, at: now() });
  };
  const requests: RequestLogEntry[] = [];
  const listeners = new Set<(event: RequestEvent) => void | Promise<void>>();
  const observe = async (event: RequestEvent): Promise<void> => {
    for (const listener of listeners) await listener(event);
  };
  const strikes = createStrikes();
  const connections = createConnections();
  const sessions = createSessions(accounts, now, () => faults.sessionMaxAgeMs, report);
  const { windows, version, ...world } = createWorld(options, faults, now);
  const parts = { corp, sites, seed, faults, strikes, connections, sessions, windows, now, version, report, observe };
  const feed = createFeed(parts);
  const simulator = {
    ...world,
    faults,
    violations,
    requests,
    connections,
    struck: strikes.counts,
    revokeSessions: () => sessions.endAll(),
    onRequest: (listener: (event: RequestEvent) => void | Promise<void>) => {
      listeners.add(listener);
      return () => void listeners.delete(listener);
    },
  };

  const route = async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
    const [path = '', query = ''] = splitOnce(request.url ?? '', '?');
    if (options.control === true && path.startsWith(CONTROL)) return control(simulator, request, response);
    const [corpAsked, site] = (FEED.exec(path) ?? []).slice(1).map(decode);
    logRequest(requests, { request, response }, site ?? null, now());
    if (path === LOGIN) return login(parts, request, response);
    if (corpAsked !== undefined && site !== undefined) return feed({ request, response, corp: corpAsked, site, query });
    report('unknown-path', `${request.method} ${path}`);
    throw new Refusal(404, 'Not found');
  };
  const handle = async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
    try {
      await route(request, response);
    } catch (error) {
      if (!(error instanceof Refusal))
        report('simulator-error', error instanceof Error ? (error.stack ?? error.message) : String(error));
      if (!response.headersSent)
        send(response, refusalAnswer(error instanceof Refusal ? error : new Refusal(500, 'simulator error')));
      else response.destroy();
    }
  };
  const server = await listen({ host: options.host ?? '127.0.0.1', port: options.port ?? 0 }, now, handle);
  return Object.assign(simulator, server);
}

function splitOnce(text: string, separator: string): readonly string[] {
  const at = text.indexOf(separator);
  return at < 0 ? [text] : [text.slice(0, at), text.slice(at + 1)];
}

function decode(segment: string): string | undefined {
  try {
    return decodeURIComponent(segment);
  } catch {
    return undefined;
  }
}

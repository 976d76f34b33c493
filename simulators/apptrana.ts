import type { IncomingMessage, ServerResponse } from 'node:http';
import { refusalAnswer } from './apptrana/answers.ts';
import { control } from './apptrana/control.ts';
import { noFaults, type Occasion } from './apptrana/faults.ts';
import { BASE, logRequest } from './apptrana/requests.ts';
import { createService } from './apptrana/service.ts';
import { DEFAULT_REDIRECT_URL, type AppTranaSimulator, type SimulatorOptions } from './apptrana/simulator.ts';
import type { RequestLogEntry } from './apptrana/simulator.ts';
import { createTokens } from './apptrana/tokens.ts';
import type { Report, Violation } from './apptrana/violations.ts';
import { createWorld } from './apptrana/world.ts';
import { createStrikes } from './kit/faults.ts';
import { listen, Refusal, send } from './kit/http.ts';

export { DEFAULT_CLIENT, DEFAULT_REDIRECT_URL } from './apptrana/simulator.ts';
export type { AppTranaSimulator, Grant, SimulatorOptions, TruthAttack } from './apptrana/simulator.ts';
export type { Faults } from './apptrana/faults.ts';
export type { Rule, Violation } from './apptrana/violations.ts';

const CONTROL = '/_simulator/';
const KEPT_VIOLATIONS = 10_000;

/**
 * Serves the SIEM API of Indusface AppTrana as the vendor's page describes it (indusface.txt), on a real socket. What the page leaves open is
 * decided strictly, or is a mode among the faults. Throws when the port is taken.
 */
export async function startAppTrana(options: SimulatorOptions): Promise<AppTranaSimulator> {
  const { websites, clock = Date.now, redirectUrl = DEFAULT_REDIRECT_URL } = options;
  const faults = { ...noFaults(), ...options.faults };
  const now = (): number => clock() + faults.clockSkewMs;
  const violations: Violation[] = [];
  const report: Report = (rule, detail) => {
    if (violations.length < KEPT_VIOLATIONS) violations.push({ rule, detail, at: now() });
  };
  const requests: RequestLogEntry[] = [];
  const listeners = new Set<(occasion: Occasion) => void | Promise<void>>();
  const strikes = createStrikes<Occasion>();
  const counts = { authorizations: 0, logins: 0, attacks: 0, codeReuses: 0, peak: 0 };
  const tokens = createTokens(options, { faults, now, report, strikes, counts });
  const world = createWorld(options, faults, now);

  const observe = async (occasion: Occasion): Promise<void> => {
    for (const listener of listeners) await listener(occasion);
  };
  const serve = createService({ websites, redirectUrl, faults, now, report, strikes, tokens, world, counts, observe });
  const simulator = {
    faults,
    violations,
    requests,
    counts,
    struck: strikes.counts,
    truth: world.truth,
    load: world.load,
    endTokens: () => tokens.endAll(),
    onRequest: (listener: (occasion: Occasion) => void | Promise<void>) => {
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
  return Object.assign(simulator, server, { baseUrl: server.url + BASE });
}

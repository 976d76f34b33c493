import type { IncomingMessage, ServerResponse } from 'node:http';
import { jsonAnswer, pause, Refusal, type Answer } from '../kit/http.ts';
import { createAttempts, createPatience } from '../kit/memory.ts';
import { PARAMETERS, readAsked } from './asked.ts';
import { authenticate } from './auth.ts';
import { deliver, htmlAnswer } from './delivery.ts';
import type { Kind, Occasion, RetryAfter } from './faults.ts';
import { createLookups } from './lookups.ts';
import type { Call, Endpoint, Parts } from './parts.ts';
import { createRate } from './rate.ts';
import { routeOf, type Route } from './routes.ts';
import { createSearchWalk } from './search-walk.ts';
import { createUpdated } from './updated.ts';

/** Where an address that is not on the list is sent to. */
export const PORTAL = '/portal/login';

/** Serves both APIs. Throws a {@link Refusal} for what is refused. */
export function createServe(parts: Parts): (request: IncomingMessage, response: ServerResponse) => Promise<void> {
  const { faults, strikes, report, now } = parts;
  const updated = createUpdated(parts);
  const endpoints: Readonly<Record<Kind, Endpoint>> = {
    updated,
    violations: updated,
    collection: createSearchWalk(parts),
    ...createLookups(parts),
  };
  const patience = createPatience(report);
  const rate = createRate(report, patience);
  const [attemptOf, requestOf] = [createAttempts(), createAttempts()];
  return async (request, response) => {
    const [path = '', query = ''] = splitOnce(request.url ?? '');
    const account = authenticate(request, parts.accounts, report);
    const route = routeOf(path);
    const { collection = '' } = route ?? {};
    patience.check(`${account.username} ${collection}`);
    rate.check(faults, { account: account.username, collection }, now());
    if (route === undefined) throw refusal(report, 404, 'unknown-path', `${request.method} ${path.slice(0, 200)}`);
    if (request.method !== 'GET') throw refusal(report, 405, 'method', `${request.method} on ${path.slice(0, 200)}`);
    const asked = readAsked(query, PARAMETERS[route.kind], faults, report);
    const occasion = occasionOf(route, asked, request.url ?? '');
    await pause(faults.latencyMs);
    await parts.observe(occasion);
    // A client that waits in vain gives up and closes; the connection is held until then.
    if (strikes.strike('hang', faults.hang, occasion) !== undefined) return;
    refuse(account.username, occasion);
    const call: Call = { account, asked, occasion, ...route };
    const answer = wrongAnswer(parts, occasion) ?? endpoints[route.kind](call);
    await deliver(parts, response, answer, occasion);
  };

  function occasionOf({ kind, collection }: Route, asked: Call['asked'], url: string): Occasion {
    const [seqUpdate, resultId, limit] = ['seqUpdate', 'resultId', 'limit'].map((name) => asked.one(name));
    return {
      kind,
      ...(collection === '' ? {} : { collection }),
      ...(seqUpdate === undefined ? {} : { seqUpdate }),
      ...(resultId === undefined ? {} : { resultId }),
      ...(limit === undefined ? {} : { limit: Number(limit) }),
      request: requestOf(`${kind} ${collection}`),
      attempt: attemptOf(url),
    };
  }

  function refuse(account: string, occasion: Occasion): void {
    const struck = (name: 'keyInactive' | 'ipNotAllowed' | 'badGateway'): boolean =>
      strikes.strike(name, faults[name], occasion) !== undefined;
    if (struck('keyInactive')) throw new Refusal(403, 'Access denied: the API key is not active');
    if (struck('ipNotAllowed')) throw new Refusal(403, 'Access denied: the address is not on the list');
    const busy = strikes.strike<{ retryAfter: RetryAfter }>('tooManyRequests', faults.tooManyRequests, occasion);
    if (busy !== undefined)
      throw rate.refuse(`${account} ${occasion.collection ?? ''}`, busy.retryAfter ?? null, now());
    const failed = strikes.strike<{ status: number }>('serverError', faults.serverError, occasion);
    if (failed !== undefined) throw new Refusal(failed.status ?? 500, 'There are some troubles on server');
    if (struck('badGateway')) throw new Refusal(502, 'Bad Gateway');
  }
}

/** What stands in for the answer when a fault strikes; `undefined` when none does. */
function wrongAnswer({ faults, strikes }: Parts, occasion: Occasion): Answer | undefined {
  const moved = strikes.strike<{ location: string; status: number }>('redirect301', faults.redirect301, occasion);
  if (moved !== undefined) return htmlAnswer(moved.status ?? 301, { Location: moved.location ?? PORTAL });
  if (strikes.strike('html200', faults.html200, occasion) !== undefined) return htmlAnswer(200);
  if (strikes.strike('emptyObjectBody', faults.emptyObjectBody, occasion) !== undefined) return jsonAnswer(200, {});
  return undefined;
}

function refusal(report: Parts['report'], status: 404 | 405, rule: 'unknown-path' | 'method', detail: string): Refusal {
  report(rule, detail);
  return new Refusal(status, status === 404 ? 'Not found' : 'Method not allowed');
}

function splitOnce(url: string): readonly string[] {
  const at = url.indexOf('?');
  return at < 0 ? [url] : [url.slice(0, at), url.slice(at + 1)];
}

import type { IncomingMessage, ServerResponse } from 'node:http';
import { deliver } from '../kit/delivery.ts';
import type { Strikes } from '../kit/faults.ts';
import { pause, Refusal, type Answer } from '../kit/http.ts';
import { createAttempts, createPatience } from '../kit/memory.ts';
import { BARE, busyAnswer, halved, listAnswer, wrongAnswer } from './answers.ts';
import { readAsked, type Asked, type Refuse } from './asked.ts';
import { isUser, unauthorized } from './auth.ts';
import { dataAnswer } from './data.ts';
import type { Faults, Occasion } from './faults.ts';
import type { User } from './simulator.ts';
import { occasionOf, readTarget, type Target } from './target.ts';
import type { Report } from './violations.ts';
import type { World } from './world.ts';

export interface ServiceParts {
  readonly faults: Faults;
  readonly strikes: Strikes<Occasion>;
  readonly world: World;
  readonly user: () => User;
  /** The vendor's clock, ms. */
  readonly now: () => number;
  readonly report: Report;
  readonly observe: (occasion: Occasion) => Promise<void>;
}

/** @returns the handler of the API; it throws a {@link Refusal} for what the vendor refuses. */
export function createService(
  parts: ServiceParts,
): (request: IncomingMessage, response: ServerResponse) => Promise<void> {
  const { faults, strikes, world, now, report } = parts;
  const attempts = createAttempts();
  const patience = createPatience(report);
  let calls = 0;

  return async (request, response) => {
    const target = readTarget(request.url ?? '', world.customer);
    const key = `${request.method} ${request.url}`;
    const occasion = occasionOf(request, target, attempts(key));
    authorise(parts, request, occasion);
    const answer = prepare(parts, request, target);
    patience.check(key);
    await parts.observe(occasion);
    await pause(faults.latencyMs);
    if (strikes.strike('hang', faults.hang, occasion) !== undefined) return;
    const busy = strikes.strike('rateLimit', faults.rateLimit, occasion);
    if (busy !== undefined) {
      const after = busy.retryAfter ?? 1;
      patience.expect(key, after === 'date' ? 1 : after);
      return deliver(response, busyAnswer(after, now()), faults, strikes, occasion);
    }
    const right = wrongAnswer(faults, strikes, occasion) ?? answer(occasion, ++calls);
    const cut = right.status === 200 && strikes.strike('truncatedJson', faults.truncatedJson, occasion) !== undefined;
    return deliver(response, cut ? halved(right) : right, faults, strikes, occasion);
  };
}

function authorise(
  { faults, strikes, user, report }: ServiceParts,
  request: IncomingMessage,
  occasion: Occasion,
): void {
  const { authorization } = request.headers;
  if (!isUser(authorization, user())) {
    report('unauthorized', authorization === undefined ? 'no Authorization' : 'a user or password that is not right');
    throw unauthorized();
  }
  if (strikes.strike('unauthorized', faults.unauthorized, occasion) !== undefined) throw unauthorized();
}

/** Reads a request in full. @returns what answers it. */
function prepare(
  parts: ServiceParts,
  { method, url = '' }: IncomingMessage,
  { found, pairs, encoded }: Target,
): (occasion: Occasion, call: number) => Answer {
  const { faults, report } = parts;
  // A bare resource is there for HEAD only (instart.txt:112).
  if (found === undefined || (found.action === null && method === 'GET')) {
    report('unknown-path', `${method} ${url.slice(0, 200)}`);
    throw new Refusal(404, 'not found');
  }
  if (method !== 'GET' && (method !== 'HEAD' || faults.head === 'refused')) {
    if (method !== 'HEAD') report('method', `${method} ${url.slice(0, 200)}`);
    throw new Refusal(405, 'method not allowed', { Allow: faults.head === 'refused' ? 'GET' : 'GET, HEAD' });
  }
  const refuse: Refuse = (rule, message) => {
    report(rule, message.slice(0, 200));
    throw new Refusal(400, message);
  };
  if (!encoded) refuse('not-encoded', 'query parameters must be URL-encoded');
  const { resource, action } = found;
  if (action === null) return () => BARE;
  if (action === 'data') {
    const asked = readAsked(resource, pairs, faults, refuse);
    return (occasion, call) => data(parts, asked, occasion, call);
  }
  const [first] = pairs;
  if (first !== undefined) refuse('unknown-parameter', `unknown parameter: ${first[0]}`);
  return () => listAnswer(resource, action, faults.listShape);
}

function data({ faults, strikes, world }: ServiceParts, asked: Asked, occasion: Occasion, call: number): Answer {
  const table = world.find(asked);
  const parts = { faults, strikes, customer: world.customer, call };
  // The two kinds of rows never meet: a table reads its own.
  const answer = dataAnswer(table as Parameters<typeof dataAnswer>[0], asked, parts, occasion);
  const more = asked.resource.type === 'events' && strikes.strike('totalGrowsBy', faults.totalGrowsBy, occasion);
  if (typeof more === 'object') world.grow(asked.from, asked.until, more.rows ?? 7);
  return answer;
}

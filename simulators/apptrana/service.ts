import type { IncomingMessage, ServerResponse } from 'node:http';
import { deliver } from '../kit/delivery.ts';
import type { Strikes } from '../kit/faults.ts';
import { jsonAnswer, pause, readBody, Refusal, send, type Answer } from '../kit/http.ts';
import { createAttempts, createPatience, type Patience } from '../kit/memory.ts';
import { attackAnswer, RETENTION, wrongAnswer } from './answers.ts';
import { checkJsonType, readAttackRequest, type AttackRequest } from './attack-request.ts';
import type { Faults, Occasion } from './faults.ts';
import { authorize, getAuthToken } from './login.ts';
import { kindOf } from './requests.ts';
import type { Tokens } from './tokens.ts';
import type { Report } from './violations.ts';
import type { World } from './world.ts';

export interface ServiceParts {
  readonly websites: readonly string[];
  readonly redirectUrl: string;
  readonly faults: Faults;
  readonly now: () => number;
  readonly report: Report;
  readonly strikes: Strikes<Occasion>;
  readonly tokens: Tokens;
  readonly world: World;
  readonly counts: { authorizations: number; logins: number; attacks: number; codeReuses: number; peak: number };
  readonly observe: (occasion: Occasion) => Promise<void>;
}

/** What is remembered of requests about attacks. */
interface Memory {
  readonly attempts: (key: string) => number;
  readonly patience: Patience;
  underWay: number;
}

type Serve = (request: IncomingMessage, response: ServerResponse) => Promise<void>;

/** The vendor's paths. What they serve throws a {@link Refusal}. */
export function createService(parts: ServiceParts): Serve {
  const { redirectUrl, faults, report, tokens, websites, counts, observe } = parts;
  const memory: Memory = { attempts: createAttempts(), patience: createPatience(report), underWay: 0 };
  return async (request, response) => {
    const { pathname, searchParams } = addressOf(request);
    const kind = kindOf(pathname);
    switch (`${request.method ?? ''} ${kind ?? 'nothing'}`) {
      case 'GET authorize':
        counts.authorizations += 1;
        checkJsonType(request, faults, report);
        await observe({ kind: 'authorize' });
        return send(response, authorize(tokens, faults, redirectUrl, searchParams));
      case 'POST token':
        return send(response, await logIn(parts, request));
      case 'POST attacks':
        return await attackInfo(parts, memory, request, response);
      // The shape of this answer is on no page: the plainest one that names each website as getAttackInfo does.
      case 'GET websites':
        tokens.check(request.headers);
        await observe({ kind: 'websites' });
        return send(response, jsonAnswer(200, { websites: websites.map((name) => ({ websiteName: name })) }));
      default:
        report(kind === null ? 'unknown-path' : 'method', `${request.method ?? ''} ${pathname}`);
        throw kind === null ? new Refusal(404, 'Not found') : new Refusal(405, 'Method not allowed');
    }
  };
}

/** A path that begins with two slashes would be read as a host. */
function addressOf({ url = '' }: IncomingMessage): URL {
  const origin = 'http://simulator';
  return new URL(url.startsWith('/') ? origin + url : url, origin);
}

async function logIn(parts: ServiceParts, request: IncomingMessage): Promise<Answer> {
  const { faults, strikes, tokens, report, counts } = parts;
  const occasion: Occasion = { kind: 'token' };
  await parts.observe(occasion);
  counts.logins += 1;
  const down = strikes.strike('tokenDown', faults.tokenDown, occasion);
  if (down !== undefined) throw new Refusal(down.status ?? 503, 'Service unavailable');
  if (strikes.strike('refuseLogin', faults.refuseLogin, occasion)) throw new Refusal(401, 'Unauthorised');
  return await getAuthToken(tokens, faults, report, request);
}

async function attackInfo(
  parts: ServiceParts,
  memory: Memory,
  request: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  const { faults, strikes, tokens, report, counts } = parts;
  counts.attacks += 1;
  memory.underWay += 1;
  counts.peak = Math.max(counts.peak, memory.underWay);
  response.once('close', () => (memory.underWay -= 1));
  tokens.check(request.headers);
  checkJsonType(request, faults, report);
  const asked = readAttackRequest((await readBody(request)).toString('utf8'), faults, report);
  const key = JSON.stringify(asked);
  const { website } = asked;
  const attempt = memory.attempts(key);
  const occasion: Occasion = { kind: 'attacks', attempt, ...(website !== undefined && { website }) };
  memory.patience.check(key);
  await parts.observe(occasion);
  await pause(faults.latencyMs);
  if (tokens.use(request.headers) > (faults.tokenEndsAfterRequests ?? Infinity))
    strikes.strike('tokenEndsAfterRequests', true, occasion);
  if (strikes.strike('tokenEnds', faults.tokenEnds, occasion)) tokens.end(request.headers);
  // Also those that were under way when it ended.
  tokens.check(request.headers);
  if (strikes.strike('hang', faults.hang, occasion)) return;
  const busy = strikes.strike('tooManyRequests', faults.tooManyRequests, occasion);
  if (busy !== undefined) {
    const { retryAfter = 1 } = busy;
    memory.patience.expect(key, retryAfter);
    throw new Refusal(429, 'Too many requests', { 'Retry-After': String(retryAfter) });
  }
  const wrong = wrongAnswer(faults, strikes, occasion);
  if (wrong !== undefined) return send(response, wrong);
  await deliver(response, answerTo(parts, asked), faults, strikes, occasion);
}

function answerTo({ faults, now, websites, world }: ServiceParts, asked: AttackRequest): Answer {
  if (asked.start < now() - RETENTION && faults.tooOld === '400') {
    throw new Refusal(400, 'details are available up to 30 days');
  }
  const { website } = asked;
  const meant = website === undefined ? websites : websites.filter((one) => one === website);
  if (meant.length === 0 && faults.unknownWebsite === '400') throw new Refusal(400, 'unknown websiteName');
  return attackAnswer(world, faults, asked, meant, now());
}

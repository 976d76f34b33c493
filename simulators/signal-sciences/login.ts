import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Strikes } from '../kit/faults.ts';
import { jsonAnswer, pause, Refusal, send } from '../kit/http.ts';
import type { Faults } from './faults.ts';
import { readForm } from './feed-request.ts';
import type { Sessions } from './sessions.ts';
import type { LoginEvent } from './simulator.ts';
import type { Report } from './violations.ts';

export interface LoginParts {
  readonly faults: Faults;
  readonly strikes: Strikes;
  readonly sessions: Sessions;
  readonly report: Report;
  readonly observe: (event: LoginEvent) => Promise<void>;
}

/** The login: a form with `email` and `password` becomes `{"token": ...}` (signal-sciences.txt:72-86). */
export async function login(parts: LoginParts, request: IncomingMessage, response: ServerResponse): Promise<void> {
  const { faults, strikes, sessions, report } = parts;
  if (request.method !== 'POST') {
    report('method', `${request.method} on the login`);
    throw new Refusal(405, 'Method not allowed');
  }
  if ((request.url ?? '').includes('?')) report('parameter', 'the login takes no query: it would be in logs');
  const form = new URLSearchParams(await readForm(request, report));
  const email = form.get('email');
  const password = form.get('password');
  if (email === null || password === null) {
    report('parameter', 'email or password is missing in the login');
    throw new Refusal(400, 'email and password are required');
  }
  await parts.observe({ kind: 'login', email });
  const slow = strikes.strike('slowLogin', faults.slowLogin, { kind: 'login' });
  if (slow !== undefined) await pause(slow.ms ?? 1000);
  const down = strikes.strike('loginDown', faults.loginDown, { kind: 'login' });
  if (down !== undefined) throw new Refusal(down.status ?? 503, 'Service unavailable');
  send(response, jsonAnswer(200, { token: sessions.login(email, password) }));
}

import { CredentialsRejected, UnexpectedAnswer } from '../../core/failures.ts';
import { DAY, SECOND } from '../../core/time.ts';
import type { Http, HttpResponse } from '../../http/client.ts';
import { registerSecret } from '../../http/redaction.ts';
import { isJson, memberOf } from '../answers.ts';
import { reveal, sendable, tokenSession, type Granted, type Proof, type Session } from '../session.ts';
import { failureOf, saidBy } from './answers.ts';
import { codeIn } from './redirection.ts';
import type { ApptranaSettings, Auth, HeaderName } from './settings.ts';

/** Two of these fit in one run of the activity that logs in. */
const LOGIN_DEADLINE = 20 * SECOND;
/** The document says 24 hours (indusface.txt:38); what is beyond all reason is cut off, so that it stays an instant that can be written. */
const LONGEST_LIFE = 365 * DAY;

export function openSession(
  { auth, header }: Pick<ApptranaSettings, 'auth' | 'header'>,
  send: Http['request'],
  clock: () => number,
): Session {
  const { place } = auth.clientSecret;
  const logIn = async (signal: AbortSignal): Promise<Granted> => {
    const form = await formOf(auth, send, signal);
    const asked = clock();
    const answer = await send({
      method: 'POST',
      path: '/siem/v1/getAuthToken',
      headers: { 'content-type': 'application/x-www-form-urlencoded', accept: 'application/json', ...form.headers },
      body: new URLSearchParams(form.body).toString(),
      signal,
      deadlineMs: LOGIN_DEADLINE,
    });
    const { token, life } = tokenIn(answer, place);
    return { proof: proofOf(token, header), ...(life !== undefined && { until: asked + life }) };
  };
  return tokenSession({ place, logIn, clock });
}

interface Form {
  readonly headers?: Readonly<Record<string, string>>;
  readonly body: Readonly<Record<string, string>>;
}

/** How a token is asked for. The vendor document knows only the code (indusface.txt:36-47); its clients are seen to use the other two. */
async function formOf(auth: Auth, send: Http['request'], signal: AbortSignal): Promise<Form> {
  const secret = reveal(auth.clientSecret);
  const connector = { client_id: auth.clientId, client_secret: secret };
  switch (auth.grant) {
    case 'client_credentials':
      return { body: { ...connector, grant_type: 'client_credentials' } };
    case 'basic': {
      // The form in which it goes over the wire is as good as the Key.
      const base64 = Buffer.from(`${auth.clientId}:${secret}`, 'utf8').toString('base64');
      registerSecret(base64);
      return { headers: { authorization: `Basic ${base64}` }, body: {} };
    }
    case 'authorization_code':
      return { body: { ...connector, code: await authorise(auth, send, signal) } };
  }
}

/**
 * `GET authorize` (indusface.txt:22-30). Codes are taken to be good for one use, so each login asks for its own: whatever becomes of it, none is
 * ever sent twice.
 */
async function authorise(
  { clientId, clientSecret: { place }, redirectUrl }: Auth & { grant: 'authorization_code' },
  send: Http['request'],
  signal: AbortSignal,
): Promise<string> {
  const answer = await send({
    method: 'GET',
    path: `/siem/v1/authorize?${new URLSearchParams({ client_id: clientId }).toString()}`,
    headers: { 'content-type': 'application/json', accept: 'application/json' },
    redirect: 'report',
    signal,
    deadlineMs: LOGIN_DEADLINE,
  });
  const { status, headers } = answer;
  const location = [headers['location']].flat()[0];
  if (status >= 300 && status < 400 && location !== undefined) {
    const code = codeIn(location, redirectUrl, place);
    registerSecret(code);
    return code;
  }
  const failure = failureOf(answer, 'the authorisation', place);
  // An answer that may hold a code is not quoted.
  const said = status >= 400 ? saidBy(answer) : 'no redirection to `auth.redirectUrl`';
  throw failure ?? new UnexpectedAnswer(`the authorisation: status ${status}: ${said}`);
}

/** `{"access_token","token_type":"Bearer","expires_in":86400}` (indusface.txt:53). It is never attached to a failure: it may hold a token. */
function tokenIn(answer: HttpResponse, place: string): { readonly token: string; readonly life?: number } {
  const { status, body } = answer;
  const said = (): string => saidBy(answer);
  if (status === 401) throw new CredentialsRejected(`the vendor refused the login: ${said()}`, place);
  if (status !== 200) {
    const hint = status === 400 ? '; is `auth.grant` the one that this connector takes?' : '';
    const failure = failureOf(answer, 'the login', place);
    throw failure ?? new UnexpectedAnswer(`the login: status ${status}: ${said()}${hint}`);
  }
  // Null stands for absent.
  const member = (name: string): unknown => (isJson(answer) ? (memberOf(body, name) ?? undefined) : undefined);
  if (member('errorMessages') !== undefined)
    throw new UnexpectedAnswer(`the login: the vendor says that it failed: ${said()}`);
  const [token, type, life] = [member('access_token'), member('token_type') ?? 'Bearer', member('expires_in')];
  if (typeof token !== 'string' || !sendable(token)) throw new UnexpectedAnswer('the login: an answer without a token');
  registerSecret(token);
  if (typeof type !== 'string' || type.toLowerCase() !== 'bearer')
    throw new UnexpectedAnswer('the login: a token that is not of the type Bearer');
  return { token, ...lifeOf(life) };
}

/** Seconds, as a number or as text; a token that says nothing of its end is good until it is refused. */
function lifeOf(seconds: unknown): { readonly life?: number } {
  if (seconds === undefined) return {};
  const life = typeof seconds === 'string' && seconds.trim() !== '' ? Number(seconds) : seconds;
  if (typeof life !== 'number' || !Number.isFinite(life) || life <= 0)
    throw new UnexpectedAnswer('the login: a token whose `expires_in` is no length of time');
  return { life: Math.min(life * SECOND, LONGEST_LIFE) };
}

/** The document spells the header `Authorisation` (indusface.txt:79, 128), as no other server of the web does. */
function proofOf(token: string, header: HeaderName): Proof {
  const value = `Bearer ${token}`;
  return {
    headers: {
      ...(header !== 'Authorisation' && { authorization: value }),
      ...(header !== 'Authorization' && { authorisation: value }),
    },
    secret: token,
  };
}

import type { IncomingMessage } from 'node:http';
import { jsonAnswer, readBody, Refusal, type Answer } from '../kit/http.ts';
import type { Faults } from './faults.ts';
import type { Login, Tokens } from './tokens.ts';
import type { Report } from './violations.ts';

/** `GET /authorize?client_id=`: the code comes back in the query string of the redirection URL (indusface.txt:22-30). */
export function authorize(tokens: Tokens, faults: Faults, redirectUrl: string, query: URLSearchParams): Answer {
  const clientId = query.get('client_id');
  if (clientId === null) throw new Refusal(400, 'client_id is missing');
  const location = new URL(redirectUrl);
  location.searchParams.append(faults.codeParameter, tokens.authorize(clientId));
  return { status: 302, headers: { Location: location.href, 'Content-Type': 'text/html' }, body: [] };
}

/** `POST /getAuthToken` with a form (indusface.txt:41-59). */
export async function getAuthToken(
  tokens: Tokens,
  faults: Faults,
  report: Report,
  request: IncomingMessage,
): Promise<Answer> {
  const { token, leftMs } = tokens.logIn(await readLogin(request, report));
  const expiry = faults.tellsExpiry ? { expires_in: Math.floor(leftMs / 1000) } : {};
  return jsonAnswer(200, { access_token: token, token_type: 'Bearer', ...expiry });
}

/** The three ways: the page's, with a code; another guide's, with `grant_type`; and what customers' scripts do, with Basic. */
async function readLogin(request: IncomingMessage, report: Report): Promise<Login> {
  const type = request.headers['content-type'] ?? '';
  const text = (await readBody(request)).toString('utf8');
  if (text !== '' && !/^\s*application\/x-www-form-urlencoded/i.test(type)) {
    report('bad-field', `the login is a form, not ${type}`);
    throw new Refusal(400, 'Bad request');
  }
  const form = new URLSearchParams(text);
  const basic = /^Basic\s+(\S+)$/i.exec(request.headers.authorization ?? '')?.[1];
  if (basic !== undefined) {
    const pair = Buffer.from(basic, 'base64').toString('utf8');
    const colon = pair.indexOf(':');
    return { grant: 'basic', id: pair.slice(0, colon), secret: pair.slice(colon + 1) };
  }
  const [id, secret] = [form.get('client_id'), form.get('client_secret')];
  const [code, grantType] = [form.get('code'), form.get('grant_type')];
  if (id === null || secret === null || (code === null) === (grantType === null)) {
    report('bad-field', 'the login needs client_id, client_secret, and either code or grant_type');
    throw new Refusal(400, 'Bad request');
  }
  if (code !== null) return { grant: 'authorization_code', id, secret, code };
  if (grantType !== 'client_credentials') throw new Refusal(400, `unknown grant_type ${grantType}`);
  return { grant: 'client_credentials', id, secret };
}

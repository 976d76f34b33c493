import type { IncomingMessage } from 'node:http';
import { Refusal } from '../kit/http.ts';
import type { Report } from './violations.ts';

export interface Account {
  readonly username: string;
  readonly apiKey: string;
  /** Keys that are not active are refused; active unless told. */
  readonly active?: boolean;
  /** The collections that the account has access to; all unless told. */
  readonly collections?: readonly string[];
}

const BASIC = /^basic\s+([a-z0-9+/]+=*)$/i;

/**
 * HTTP Basic (group-ib.txt:493-500). Throws a {@link Refusal}: 401 where no credentials were sent, 403 where they are wrong or not active,
 * as the page tells them apart.
 */
export function authenticate({ headers }: IncomingMessage, accounts: readonly Account[], report: Report): Account {
  const encoded = BASIC.exec(headers.authorization ?? '')?.[1];
  if (encoded === undefined) {
    report('no-credentials', headers.authorization === undefined ? 'no Authorization header' : 'not Basic');
    throw new Refusal(401, 'Bad Credentials', { 'WWW-Authenticate': 'Basic realm="api"' });
  }
  const credentials = Buffer.from(encoded, 'base64').toString('utf8');
  const account = accounts.find(({ username, apiKey }) => credentials === `${username}:${apiKey}`);
  if (account === undefined) {
    report('wrong-credentials', 'unknown user or key');
    throw new Refusal(403, 'Access denied: wrong API key or username');
  }
  if (account.active === false) throw new Refusal(403, 'Access denied: the API key is not active');
  return account;
}

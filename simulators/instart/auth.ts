import { Refusal } from '../kit/http.ts';
import type { User } from './simulator.ts';

/** Whether an Authorization header is the user's, by HTTP Basic (instart.txt:391, 398) in UTF-8. */
export function isUser(authorization: string | undefined, { name, password }: User): boolean {
  const [, encoded] = /^basic +([\w+/]+=*)$/i.exec(authorization ?? '') ?? [];
  // A colon in the password needs no care: what counts is the whole text.
  return encoded !== undefined && Buffer.from(encoded, 'base64').toString('utf8') === `${name}:${password}`;
}

/** How the vendor refuses credentials is on no page: as HTTP has it. */
export function unauthorized(): Refusal {
  return new Refusal(401, 'unauthorized', { 'WWW-Authenticate': 'Basic realm="Instart", charset="UTF-8"' });
}

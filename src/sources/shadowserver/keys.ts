import { createHmac } from 'node:crypto';
import { reveal } from '../session.ts';
import type { Auth } from './settings.ts';

/** What is put on the wire for one call. */
export interface Signed {
  readonly body: Buffer;
  readonly headers: Readonly<Record<string, string>>;
}

/** The key and the secret, as they are at this moment. */
export interface Keys {
  /** Where they come from, for messages. */
  readonly place: string;
  /** A call's body with the key in it, and its signature. Errors: `credentials-rejected` when one of them cannot be read. */
  sign(fields: Readonly<Record<string, unknown>>): Signed;
  /** Tells one pair from another; both change when they are rotated. */
  version(): string;
}

export function openKeys({ apiKey, secret }: Auth): Keys {
  return {
    place: apiKey.place === secret.place ? apiKey.place : `${apiKey.place}, ${secret.place}`,
    sign(fields) {
      // Serialised once: what is signed are the very bytes that are sent.
      const body = Buffer.from(JSON.stringify({ apikey: reveal(apiKey), ...fields }), 'utf8');
      const headers = { 'content-type': 'application/json', accept: 'application/json' };
      return { body, headers: { ...headers, HMAC2: signatureOf(body, reveal(secret)) } };
    },
    version: () => signatureOf(Buffer.from(reveal(apiKey)), reveal(secret)),
  };
}

/** The `HMAC2` header of a body: HMAC-SHA256 over its bytes, in lower-case hex. */
export function signatureOf(body: Buffer, secret: string): string {
  return createHmac('sha256', secret).update(body).digest('hex');
}

import type { Secret } from '../core/contract.ts';
import { CredentialsRejected } from '../core/failures.ts';
import { registerSecret } from '../http/redaction.ts';
import { reveal, type Proof, type Session } from './session.ts';

/**
 * HTTP Basic: every request carries the user name and the password, in UTF-8 (RFC 7617); there is nothing to log in to, and nothing ends.
 * @param called what the vendor calls the password
 */
export function basicSession(username: string, password: Secret, called = 'password'): Session {
  const { place } = password;
  let held: Proof | undefined;
  const read = (): Proof => {
    const pair = `${username}:${reveal(password)}`;
    if (pair === held?.secret) return held;
    // The form in which it goes over the wire is as good as the password.
    const base64 = Buffer.from(pair, 'utf8').toString('base64');
    registerSecret(base64);
    held = { headers: { authorization: `Basic ${base64}` }, secret: pair };
    return held;
  };
  return {
    place,
    proof: async () => read(),
    // Secrets rotate: the one that was refused may not be the one that is in place by now.
    async renew(refused) {
      const proof = read();
      if (proof === refused) throw new CredentialsRejected(`the vendor refused the user name or the ${called}`, place);
      return proof;
    },
    async verify() {
      read();
      return undefined;
    },
    close: () => undefined,
  };
}

import { randomBytes } from 'node:crypto';
import { Refusal } from '../kit/http.ts';
import type { Faults } from './faults.ts';
import type { Report } from './violations.ts';

/** The vendor's one word for every refused login (indusface.txt:59). */
export const UNAUTHORISED = 'Unauthorised';

export interface CodeParts {
  readonly faults: Faults;
  /** The vendor's clock, ms. */
  readonly now: () => number;
  readonly report: Report;
  readonly counts: { codeReuses: number };
}

interface Codes {
  give(clientId: string): string;
  /** Throws a {@link Refusal} (401) for a code of nobody or of another API ID, one that was used, and one that is too old. */
  redeem(text: string, clientId: string): void;
}

interface Code {
  readonly clientId: string;
  /** ms since the epoch. */
  readonly at: number;
  used: boolean;
}

/** Authorisation codes. How often and how long one is good is on no page: once, and for a minute unless told. */
export function createCodes({ faults, now, report, counts }: CodeParts): Codes {
  const codes = new Map<string, Code>();
  return {
    give(clientId) {
      const text = randomBytes(12).toString('base64url');
      codes.set(text, { clientId, at: now(), used: false });
      return text;
    },
    redeem(text, clientId) {
      const code = codes.get(text);
      if (code === undefined || code.clientId !== clientId) {
        report('code-unknown', 'a code that was not given out to this API ID');
        throw new Refusal(401, UNAUTHORISED);
      }
      if (code.used) {
        counts.codeReuses += 1;
        report('code-reused', 'a code is good once');
      }
      if (code.used || now() - code.at > faults.codeLifeMs) throw new Refusal(401, UNAUTHORISED);
      code.used = true;
    },
  };
}

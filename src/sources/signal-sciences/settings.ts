import { z } from 'zod';
import type { Secret, VendorLimits } from '../../core/contract.ts';
import { HOUR, MINUTE, SECOND } from '../../core/time.ts';
import { secret } from '../fields.ts';

export interface SignalSciencesSettings {
  readonly corp: string;
  readonly sites: readonly string[];
  readonly auth: Login | ApiToken;
  /** Signals: only requests with one of them; absent: all requests. */
  readonly tags?: readonly string[] | undefined;
  /** Records a page. */
  readonly limit: number;
}

interface Login {
  readonly email: string;
  readonly password: Secret;
}

interface ApiToken {
  readonly user: string;
  readonly token: Secret;
}

/** What the vendor document promises. */
export const signalSciencesLimits: VendorLimits = {
  // The feed's window is "past 24 hours" (signal-sciences.txt:18).
  longest: 24 * HOUR,
  // Bounds fall on full minutes (signal-sciences.txt:27).
  grain: MINUTE,
  // `until` at least five minutes ago; the delay is what makes the data complete (signal-sciences.txt:25, 32).
  settling: 5 * MINUTE,
  // `from` at most 24 hours and five minutes ago (signal-sciences.txt:26).
  retention: 24 * HOUR + 5 * MINUTE,
  // Ours: the document's own cron runs on the very edge (signal-sciences.txt:51), where a second of clock skew is a refusal.
  safety: 60 * SECOND,
  // A next url is valid for one minute from the time it was generated (signal-sciences.txt:36).
  cursorValidity: 60 * SECOND,
  // Ours: the five minutes are said to be a trade-off between timely and complete (signal-sciences.txt:32).
  reconcile: { after: [HOUR], beforeDeadline: 2 * HOUR },
  // Five connections a corp, two a site (signal-sciences.txt:46-47).
  perSource: 5,
  perStream: 2,
};

/** A page holds 1,000 requests (signal-sciences.txt:36); the vendor's own Splunk app asks for fewer by the same parameter. */
const LARGEST_PAGE = 1000;

/** The names go into the request's path. The vendor means its short names, as in `/corps/<corp>/sites/<site>` (signal-sciences.txt:93). */
function shortName(what: string, about: string) {
  return z
    .string()
    .superRefine((name, context) => {
      const message = complaintAbout(name, what);
      if (message !== undefined) context.addIssue({ code: 'custom', message });
    })
    .meta({ description: about, pattern: SHORT_NAME.source });
}

const SHORT_NAME = /^[A-Za-z0-9][A-Za-z0-9._-]{0,127}$/;

function complaintAbout(name: string, what: string): string | undefined {
  if (SHORT_NAME.test(name)) return undefined;
  const short = `the ${what}'s short name, as it stands in the dashboard's address`;
  if (/^https?:/i.test(name)) return `"${name}" is an address; expected ${short}: without http:// or https://`;
  if (name.includes('/')) return `"${name}" holds a slash; expected ${short}`;
  if (/\s/.test(name)) return `"${name}" holds a space; expected ${short}`;
  if (name === '') return `must not be empty; expected ${short}`;
  return `"${name}" is not a name; expected ${short}: letters, digits, dots, dashes, at most 128`;
}

const sites = z
  .array(shortName('site', 'A site, by its short name.'))
  .min(1, 'needs at least one site')
  .superRefine((names, context) => {
    names.forEach((name, i) => {
      const message = `"${name}" is in the list twice`;
      if (names.indexOf(name) < i) context.addIssue({ code: 'custom', message, path: [i] });
    });
  })
  .meta({ description: 'The sites to pull, by their short names; each is a stream.', uniqueItems: true });

// As in the vendor's lists (SQLI, LOG4J-JNDI); signals that customers define carry the scope they were defined in.
const SIGNAL = /^(?:[A-Z0-9][A-Z0-9-]*|(?:corp|site)\.[a-z0-9-]+)$/;

const signal = z
  .string()
  .superRefine((name, context) => {
    if (SIGNAL.test(name)) return;
    const upper = name.trim().toUpperCase();
    const hint = SIGNAL.test(upper) ? `; did you mean \`${upper}\`?` : '';
    const message = `"${name}" is not a signal: expected capitals, digits and dashes, such as \`SQLI\`${hint}`;
    context.addIssue({ code: 'custom', message });
  })
  .meta({ pattern: SIGNAL.source });

const email = z
  .string()
  .regex(/^[^\s@]+@[^\s@]+$/, { error: ({ input }) => `expected an email address, found "${String(input)}"` })
  .meta({ description: 'The email address of the account that logs in.' });

// It goes into a header: printable ASCII.
const user = z
  .string()
  .regex(/^[\x21-\x7e]+$/, 'expected the email address that the API token belongs to')
  .meta({ description: 'The email address of the account that the API token belongs to.' });

const auth = z
  .strictObject({
    email: email.optional(),
    password: secret('The password of the account: a reference.').optional(),
    user: user.optional(),
    token: secret('The API token: a reference.').optional(),
  })
  .meta({
    description: 'Either `email` and `password` (a login), or `user` and `token` (an API token).',
    oneOf: [{ required: ['email', 'password'] }, { required: ['user', 'token'] }],
  })
  .transform((written, context): Login | ApiToken => {
    const { email, password, user, token } = written;
    const login = email !== undefined || password !== undefined;
    const api = user !== undefined || token !== undefined;
    if (!(login && api)) {
      if (email !== undefined && password !== undefined) return { email, password };
      if (user !== undefined && token !== undefined) return { user, token };
    }
    context.addIssue({ code: 'custom', message: authComplaint(written, login && api) });
    return z.NEVER;
  });

/** Says which half is missing, or which one is too much. */
function authComplaint(written: Readonly<Record<string, unknown>>, both: boolean): string {
  if (both)
    return 'has keys of a login (`email`, `password`) and of an API token (`user`, `token`); keep one of the two pairs';
  const partners = { email: 'password', password: 'email', user: 'token', token: 'user' };
  for (const [there, missing] of Object.entries(partners)) {
    if (written[there] !== undefined) return `has \`${there}\` without \`${missing}\``;
  }
  return 'is empty; expected `email` and `password` (a login), or `user` and `token` (an API token)';
}

/** The settings of a source of this type, beyond those that every source takes. */
export const signalSciencesSettings: z.ZodType<SignalSciencesSettings> = z.strictObject({
  corp: shortName('corp', "The corp's short name, as it stands in the dashboard's address."),
  sites,
  auth,
  tags: z
    .array(signal)
    .min(1, 'needs at least one signal; leave `tags` out to get all requests')
    .optional()
    .meta({ description: 'Signals: only requests with one of them. Absent: all requests.' }),
  limit: z
    .int()
    .min(1)
    .max(LARGEST_PAGE, {
      error: ({ input }) =>
        `expected at most ${LARGEST_PAGE}, which is what the vendor's pages hold, found ${String(input)}`,
    })
    .default(LARGEST_PAGE)
    .meta({ description: 'Records a page.' }),
});

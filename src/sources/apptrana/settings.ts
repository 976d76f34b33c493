import { z } from 'zod';
import type { Secret, VendorLimits } from '../../core/contract.ts';
import { DAY, HOUR, MINUTE, SECOND } from '../../core/time.ts';
import { secret } from '../fields.ts';

export interface ApptranaSettings {
  /** The websites to pull, each a stream; absent or none: all that the account sees, in one stream. */
  readonly websites?: readonly string[] | undefined;
  /** Only attacks that were logged, or only those that were blocked; absent: both. */
  readonly eventType?: 'Log' | 'Block' | undefined;
  readonly auth: Auth;
  /** The header that carries the token. */
  readonly header: HeaderName;
}

export type Auth = Connector & (WithoutCode | WithCode);
export type HeaderName = (typeof HEADERS)[number];

interface Connector {
  readonly clientId: string;
  readonly clientSecret: Secret;
}

interface WithoutCode {
  readonly grant: 'client_credentials' | 'basic';
}

interface WithCode {
  readonly grant: 'authorization_code';
  /** The pre-configured redirection URL (indusface.txt:30). */
  readonly redirectUrl: string;
}

const GRANTS = ['client_credentials', 'authorization_code', 'basic'] as const;
const HEADERS = ['Authorization', 'Authorisation', 'both'] as const;

/** What the vendor document promises, and what is ours where it is silent. */
export const apptranaLimits: VendorLimits = {
  // "maximum time range allowed is 5 mins" (indusface.txt:67).
  longest: 5 * MINUTE,
  // Ours: the vendor takes milliseconds (indusface.txt:67).
  grain: SECOND,
  // Ours: nothing is said on how late attacks arrive.
  settling: 10 * MINUTE,
  // "details are available up to 30 days" (indusface.txt:65).
  retention: 30 * DAY,
  // Ours: against clock skew, and the time a request takes, at the moving floor. What is asked for too late is recorded as lost, not as empty, so
  // more would only give up what can still be had.
  safety: 30 * SECOND,
  // A cursor is only bounds of ours.
  cursorValidity: Infinity,
  // Ours: nothing is said on how late attacks arrive.
  reconcile: { after: [HOUR], beforeDeadline: DAY },
  // Ours: the document names no limit. Ten answers of half a second at once read thirty days of a website within a quarter of an hour.
  perSource: 10,
  // Ours: an account of one website may catch up with all of them.
  perStream: 10,
};

/** As it stands in the portal: a host name, or a pattern of one. */
const WEBSITE = /^[\p{L}\p{N}*][\p{L}\p{N}.*:_-]{0,252}$/u;

function websiteComplaint(name: string): string | undefined {
  if (WEBSITE.test(name)) return undefined;
  const expected = "expected a website's name as it stands in the portal, such as `www.example.com`";
  if (/^https?:/i.test(name)) return `"${name}" is an address; ${expected}: without http:// or https://`;
  if (name.includes('/')) return `"${name}" holds a slash; ${expected}`;
  if (/\s/.test(name)) return `"${name}" holds a space; ${expected}`;
  if (name === '') return `must not be empty; ${expected}`;
  return `"${name}" is not a name; ${expected}`;
}

const website = z
  .string()
  .superRefine((name, context) => {
    const message = websiteComplaint(name);
    if (message !== undefined) context.addIssue({ code: 'custom', message });
  })
  .meta({ description: 'A website, by its name in the portal.', pattern: WEBSITE.source });

const websites = z
  .array(website)
  .superRefine((names, context) => {
    const lower = names.map((name) => name.toLowerCase());
    names.forEach((name, i) => {
      const message = `"${name}" is in the list twice`;
      if (lower.indexOf(name.toLowerCase()) < i) context.addIssue({ code: 'custom', message, path: [i] });
    });
  })
  .meta({
    description: 'The websites to pull; each is a stream. Absent: all that the account sees, in one stream.',
    uniqueItems: true,
  });

// RFC 7617: a colon would end it.
const clientId = z
  .string()
  .regex(/^[\x21-\x39\x3b-\x7e]+$/, "expected the connector's API ID, as the portal shows it")
  .meta({ description: "The connector's API ID, as the portal shows it under API Integration." });

const redirectUrl = z
  .string()
  .superRefine((text, context) => {
    if (isRedirectUrl(text)) return;
    const message = `"${text}" is not an address; expected the redirection URL of the connector, such as \`https://siem.example.com/callback\``;
    context.addIssue({ code: 'custom', message });
  })
  .meta({ description: 'The redirection URL that is configured for the connector; nothing has to listen there.' });

function isRedirectUrl(text: string): boolean {
  const url = URL.canParse(text) ? new URL(text) : undefined;
  return url !== undefined && /^https?:$/.test(url.protocol) && url.username === '' && url.hash === '';
}

const auth = z
  .strictObject({
    clientId,
    clientSecret: secret("The connector's Key: a reference."),
    grant: z.enum(GRANTS).default('client_credentials').meta({
      description: 'How a token is asked for. `authorization_code` is the way of the vendor document.',
    }),
    redirectUrl: redirectUrl.optional(),
  })
  .transform(({ grant, redirectUrl, ...connector }, context): Auth => {
    if (grant !== 'authorization_code') {
      if (redirectUrl === undefined) return { ...connector, grant };
      const message = `only \`grant: authorization_code\` has a redirection URL; with \`${grant}\` there is none`;
      context.addIssue({ code: 'custom', message, path: ['redirectUrl'] });
      return z.NEVER;
    }
    if (redirectUrl !== undefined) return { ...connector, grant, redirectUrl };
    const message = 'has no `redirectUrl`: with `grant: authorization_code` the code comes in a redirection to it';
    context.addIssue({ code: 'custom', message });
    return z.NEVER;
  })
  .meta({ description: 'The connector: its API ID and Key, and how they are shown.' });

/** The settings of a source of this type, beyond those that every source takes. */
export const apptranaSettings: z.ZodType<ApptranaSettings> = z.strictObject({
  websites: websites.optional(),
  eventType: z
    .enum(['Log', 'Block'])
    .optional()
    .meta({ description: 'Only attacks that were logged, or only those that were blocked. Absent: both.' }),
  auth,
  header: z.enum(HEADERS).default('Authorization').meta({
    description: 'The header that carries the token; the vendor document spells it `Authorisation`.',
  }),
});

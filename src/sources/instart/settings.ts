import { z } from 'zod';
import type { Secret, VendorLimits } from '../../core/contract.ts';
import { DAY, HOUR, MINUTE, SECOND } from '../../core/time.ts';
import { duration, secret, writeLength } from '../fields.ts';
import { parseFilters } from './filters.ts';
import { CATEGORIES, GRANULARITIES, KINDS } from './kinds.ts';
import { readStreams, type StreamSettings } from './stream-settings.ts';

export interface InstartSettings {
  /** The customer's name in the API, as it stands in the path. */
  readonly customer: string;
  readonly auth: { readonly username: string; readonly password: Secret };
  readonly streams: Readonly<Record<string, StreamSettings>>;
  /** The largest answer asked for, rows. */
  readonly rowsPerPage: number;
}

/** What the vendor document promises of raw events, and what is ours where it is silent; aggregates have limits of their own. */
export const instartLimits: VendorLimits = {
  // Ours: the examples ask for a day and for three (instart.txt:408-411, 496-499).
  longest: DAY,
  // Times are written in whole seconds (instart.txt:410).
  grain: SECOND,
  // Ours: nothing is said on how late events arrive.
  settling: 15 * MINUTE,
  // "the previous three days plus whatever time has elapsed in the current day" (instart.txt:19): a midnight takes a day at once.
  retention: 3 * DAY,
  retentionStep: DAY,
  // Ours: against clock skew, and the time a request takes, at that midnight.
  safety: 60 * SECOND,
  // Bounds, offset and counts: a cursor of ours, which does not die.
  cursorValidity: Infinity,
  // Ours: nothing is said on how late events arrive. Events only: of trends and lists a later answer is another one, not more of the same.
  reconcile: { after: [HOUR, 6 * HOUR], beforeDeadline: 3 * HOUR },
  // Ours: the document names no limit. Two streams can catch up at once, and a vendor that computes each answer is not flooded.
  perSource: 4,
  // Ours: one to catch up with, and one for the newest window.
  perStream: 2,
};

/** Ours: 10,000 rows of a dozen dimensions are a few megabytes, answered in seconds. */
const ROWS_PER_PAGE = 10_000;
/** The vendor has "no upper limit" (instart.txt:110); an answer has to fit in memory. */
const MOST_ROWS = 100_000;

const CUSTOMER = /^[A-Za-z0-9][A-Za-z0-9._-]{0,127}$/;

const customer = z
  .string()
  .regex(CUSTOMER, {
    error: ({ input }) =>
      `"${String(input)}" is no customer name: expected the one in the API's address, such as \`acme\``,
  })
  .meta({ description: "The customer's name in the API: the first part of the path of its address." });

const auth = z
  .strictObject({
    // RFC 7617: the colon ends it.
    username: z
      .string()
      .regex(/^[^:\p{Cc}]+$/u, 'expected a user name, without `:` and control characters')
      .meta({ description: 'The user name of the account.' }),
    password: secret('The password of the account: a reference.'),
  })
  .meta({ description: 'The account that asks, by HTTP Basic.' });

const NAME = /^[A-Za-z_][A-Za-z0-9_.]*$/;

/** Dimensions and metrics are joined by commas in the query. */
const names = (what: string, about: string) =>
  z
    .array(
      z.string().regex(NAME, {
        error: ({ input }) => `"${String(input)}" cannot be a ${what}: expected letters, digits and \`_\``,
      }),
    )
    .min(1)
    .superRefine((list, context) => {
      list.forEach((name, i) => {
        const message = `"${name}" is in the list twice`;
        if (list.indexOf(name) < i) context.addIssue({ code: 'custom', message, path: [i] });
      });
    })
    .meta({ description: about, uniqueItems: true });

const filters = z
  .string()
  .superRefine((text, context) => {
    const parsed = parseFilters(text);
    if (typeof parsed === 'string') context.addIssue({ code: 'custom', message: parsed });
  })
  .meta({
    description:
      'A filter as the vendor writes them: `==` and `!=`, joined by `;` (and) or `,` (or); literal ones are `\\;` and `\\,`.',
    examples: ['property==public;client_browser!=Chrome'],
  });

const window = duration('How much time one top list covers.').superRefine((length, context) => {
  if (length >= 5 * MINUTE && length <= DAY && DAY % length === 0 && length % (5 * MINUTE) === 0) return;
  const message = `expected whole five minutes that divide the day, such as 1h, found ${writeLength(length)}`;
  context.addIssue({ code: 'custom', message });
});

/** Every key that some kind of stream takes; which kind takes which is checked afterwards. */
const stream = z.strictObject({
  kind: z.enum(KINDS).optional().meta({ description: 'What is asked for; absent: the name of the stream says it.' }),
  dimensions: names('dimension', 'The columns to ask for. `sluice discover` lists them.').optional(),
  metrics: names('metric', 'The numbers to ask for.').optional(),
  granularity: z
    // The document's prose has it the other way (instart.txt:176).
    .enum(GRANULARITIES, { error: ({ input }) => (input === '5min' ? 'the vendor spells it `5minute`' : undefined) })
    .optional()
    .meta({ description: 'The length of a bucket of a trend.' }),
  category: z
    .enum([...new Set(Object.values(CATEGORIES).flat())])
    .optional()
    .meta({ description: 'What a top list is about.' }),
  filters: filters.optional(),
  window: window.optional(),
});

/** The settings of a source of this type, beyond those that every source takes. */
export const instartSettings: z.ZodType<InstartSettings> = z.strictObject({
  customer,
  auth,
  streams: z.record(z.string(), stream).transform(readStreams).meta({
    description:
      'What to pull: a query for each stream, under a name of its own. A name that is a kind needs no `kind`.',
  }),
  rowsPerPage: z
    .int()
    .min(1)
    .max(MOST_ROWS)
    .default(ROWS_PER_PAGE)
    .meta({ description: 'The most rows to ask for at once.' }),
});

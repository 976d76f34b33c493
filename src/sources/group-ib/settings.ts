import { z } from 'zod';
import type { Secret, VendorLimits } from '../../core/contract.ts';
import { DAY, HOUR, MINUTE } from '../../core/time.ts';
import { secret } from '../fields.ts';
import { validateIocKeys, validateKeys, type Problem } from '../../parser/index.ts';
import { checkCollections } from './collection-rules.ts';
import { LARGEST_LIMIT, PARAMETERS, type Parameter } from './collections.ts';
import { mapOfTexts } from './maps.ts';

export interface GroupIbSettings {
  readonly auth: { readonly username: string; readonly apiKey: Secret };
  readonly collections: readonly CollectionSettings[];
  readonly drp?: DrpSettings | undefined;
  /** Whether names that are not known are taken as they are. */
  readonly ignoreValidation: boolean;
  /** Over all collections of the account in this process. */
  readonly requestsPerSecond: number;
}

export interface CollectionSettings {
  readonly name: string;
  readonly parameters?: Readonly<Partial<Record<Parameter, boolean | undefined>>> | undefined;
  /** A template: names of the result to paths in the feed. */
  readonly keys?: Template | undefined;
  readonly iocs?: Readonly<Record<string, string>> | undefined;
  readonly limit?: number | undefined;
}

export interface Template {
  readonly [name: string]: string | Template;
}

/** What of the violations to pull; absent ones narrow nothing. */
export interface DrpSettings {
  readonly baseUrl?: string | undefined;
  readonly section?: string | undefined;
  readonly brandIds?: readonly string[] | undefined;
  readonly approveState?: readonly string[] | undefined;
  readonly subtypes?: readonly string[] | undefined;
  readonly typoSquatting?: boolean | undefined;
}

/** For the collections that are searched by upload day, and for connections; the vendor document has no such numbers. */
export const groupIbLimits: VendorLimits = {
  longest: DAY,
  // Dates are given as days (group-ib.txt:74-75).
  grain: DAY,
  // Ours: nothing is said on how late uploads appear.
  settling: HOUR,
  // The vendor forgets nothing; a limit has to be a length of time.
  retention: 3650 * DAY,
  safety: 5 * MINUTE,
  // When a resultId ends is not said; one that is refused opens the window again.
  cursorValidity: Infinity,
  // Ours, for the same reason as the settling delay.
  reconcile: { after: [DAY] },
  // Ours: the pace is what limits; the rest waits for answers.
  perSource: 4,
  perStream: 2,
};

const text = z.string().min(1);
const texts = z.array(text).min(1);

const auth = z
  .strictObject({
    // RFC 7617: the colon ends it.
    username: z
      .string()
      .regex(/^[^:\p{Cc}]+$/u, 'expected the user name of the account, without `:` and control characters')
      .meta({ description: 'The user name of the account: its email address.' }),
    apiKey: secret('The API key of the account: a reference.'),
  })
  .meta({ description: 'The account that asks, by HTTP Basic.' });

/** The template language's own rules: see src/parser/README.md. */
function complain(problems: readonly Problem[], context: z.core.$RefinementCtx): void {
  for (const { path, message } of problems) context.addIssue({ code: 'custom', message, path: [...path] });
}

const entry = z.strictObject({
  name: z.string(),
  parameters: z
    .strictObject(Object.fromEntries(PARAMETERS.map((name) => [name, z.boolean().optional()])))
    .optional()
    .meta({ description: "The vendor's switches for this collection." }),
  keys: mapOfTexts(true, 'What to take out of each record: a template of paths.')
    .superRefine((keys, context) => complain(validateKeys(keys), context))
    .optional(),
  iocs: mapOfTexts(false, 'Which indicators to take out of each record: a path for each kind.')
    .superRefine((keys, context) => complain(validateIocKeys(keys), context))
    .optional(),
  limit: z
    .int()
    .min(1)
    .max(LARGEST_LIMIT)
    .optional()
    .meta({ description: 'How many records to ask for at once, instead of what suits the collection.' }),
});

const drp = z
  .strictObject({
    baseUrl: z
      .string()
      .refine((address) => /^https?:\/\//.test(address) && URL.canParse(address), {
        error: 'expected an address that begins with https:// or http://',
      })
      .optional()
      .meta({ description: "Where the vendor's DRP API is, instead of its usual address.", pattern: '^https?://' }),
    section: text.optional().meta({ description: 'Only violations of this section.' }),
    brandIds: texts.optional().meta({ description: 'Only violations against these brands.' }),
    approveState: texts.optional().meta({ description: 'Only violations in one of these states.' }),
    subtypes: texts.optional().meta({ description: 'Only violations of one of these subtypes.' }),
    typoSquatting: z.boolean().optional().meta({ description: 'Only domains with names like those of the brands.' }),
  })
  .meta({ description: 'Which violations to pull, for the collection `drp/violation`.' });

const written = z.strictObject({
  auth,
  collections: z
    .array(z.union([z.string(), entry]))
    .min(1, 'needs at least one collection, such as `apt/threat`')
    .meta({ description: 'The collections to pull, by their names or as maps with a `name`; each is a stream.' }),
  drp: drp.optional(),
  ignoreValidation: z
    .boolean()
    .default(false)
    .meta({ description: 'Whether collections that sluice does not know are taken as they are.' }),
  requestsPerSecond: z
    .number()
    .gt(0)
    .max(1000)
    .default(1)
    .meta({ description: 'How often to ask, over all collections of the account on one machine.' }),
});

export type WrittenSettings = z.output<typeof written>;

/** The settings of a source of this type, beyond those that every source takes. */
export const groupIbSettings: z.ZodType<GroupIbSettings> = written
  .superRefine((settings, context) => checkCollections(settings, context))
  .transform((settings) => ({
    ...settings,
    collections: settings.collections.map((one) =>
      typeof one === 'string' ? { name: one } : (one as CollectionSettings),
    ),
  }));

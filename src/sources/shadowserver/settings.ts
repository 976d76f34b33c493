import { z } from 'zod';
import type { Secret, VendorLimits } from '../../core/contract.ts';
import { DAY, MINUTE } from '../../core/time.ts';
import { secret } from '../fields.ts';

export interface ShadowserverSettings {
  readonly auth: Auth;
  readonly reports?: ReportsSettings | undefined;
  readonly queries: Readonly<Record<string, QuerySettings>>;
  /** Whether to pull the vendor's own counts, a stream `stats`. */
  readonly stats: boolean;
  /** Where files are downloaded from. */
  readonly downloadUrl: string;
  /** Which way is tried first: the download host, or `reports/download`. */
  readonly download: 'dl' | 'api';
}

export interface Auth {
  readonly apiKey: Secret;
  readonly secret: Secret;
}

export interface ReportsSettings {
  readonly lists: readonly string[];
  readonly types: 'all' | readonly string[];
}

export interface QuerySettings {
  readonly query: Readonly<Record<string, string | number>>;
  readonly sort: 'ascending' | 'descending';
  readonly facet?: string | undefined;
}

/** For windows, and for connections; the vendor document names none of these but the length of a page. */
export const shadowserverLimits: VendorLimits = {
  // Dates are days (shadowserver.txt:88, 245); a query hands out 10,000 records at most, so each day is asked for by itself.
  longest: DAY,
  grain: DAY,
  // Ours: what belongs to a day appears in the hours after it.
  settling: DAY,
  // Not said. A list without a date begins 30 days back (shadowserver.txt:98-104).
  retention: 30 * DAY,
  retentionStep: DAY,
  safety: 5 * MINUTE,
  // A day and the number of a page: a cursor of ours, which does not die.
  cursorValidity: Infinity,
  // Ours, for queries: nothing is said on how late records appear. Reports are listed again anyway; counts are another answer later, not more of one.
  reconcile: { after: [3 * DAY] },
  // Ours: there is "no rate limiting", and a vendor that gives its data away is not flooded.
  perSource: 4,
  perStream: 2,
};

/** The name of the stream of the vendor's own counts. */
export const STATS = 'stats';

const LIST = /^[A-Za-z0-9][A-Za-z0-9._-]{0,62}$/;
const TYPE = /^[A-Za-z0-9][A-Za-z0-9_-]{0,62}$/;
const ATTRIBUTE = /^[A-Za-z_][A-Za-z0-9_.]*$/;

const auth = z
  .strictObject({
    apiKey: secret('The API key: a reference.'),
    secret: secret('The secret that requests are signed with: a reference.'),
  })
  .meta({ description: 'The key and the secret that Shadowserver gave you.' });

/** A list in which nothing stands twice. */
const names = (pattern: RegExp, complaint: (name: string) => string, about: string) =>
  z
    .array(z.string().regex(pattern, { error: ({ input }) => complaint(String(input)) }))
    .min(1)
    .superRefine((list, context) => {
      list.forEach((name, i) => {
        if (list.indexOf(name) < i)
          context.addIssue({ code: 'custom', message: `"${name}" is in the list twice`, path: [i] });
      });
    })
    .meta({ description: about, uniqueItems: true });

function listComplaint(name: string): string {
  const bare = name.replace(/@.*$/, '');
  if (bare !== name && LIST.test(bare)) return `the vendor asks for the bare name of a list: \`${bare}\``;
  return `"${name}" is no name of a list: expected one such as \`united-states\``;
}

const types = z
  .union([
    z.literal('all'),
    names(
      TYPE,
      (name) => `"${name}" is no type of report: expected one such as \`scan_ssl\``,
      'Only files of these types.',
    ),
  ])
  .default('all')
  .meta({ description: 'Which types of reports to pull: `all`, or a list. `sluice discover` lists them.' });

const reports = z
  .strictObject({
    lists: names(
      LIST,
      listComplaint,
      'The lists that you are subscribed to; each is a stream. `sluice discover` lists them.',
    ),
    types,
  })
  .meta({ description: 'The daily reports to pull.' });

const query = z.strictObject({
  query: z
    .record(
      z.string().regex(ATTRIBUTE, { error: ({ input }) => `"${String(input)}" cannot be an attribute` }),
      z.union([z.string().min(1), z.number()]),
    )
    .refine((attributes) => Object.keys(attributes).length > 0, {
      error: 'needs an attribute that matches your own report filters, such as `geo: US`',
    })
    .meta({
      description: 'Attributes and the values that they must have; one of them must match your own report filters.',
    }),
  sort: z
    .enum(['ascending', 'descending'])
    .default('ascending')
    .meta({ description: 'In which order to page through.' }),
  facet: z
    .string()
    .regex(ATTRIBUTE, { error: ({ input }) => `"${String(input)}" cannot be an attribute` })
    .optional()
    .meta({ description: 'Instead of records: how many there are of each value of this attribute.' }),
});

const queryName = z.string().regex(LIST, {
  error: ({ input }) =>
    `"${String(input)}" cannot be a stream's name: expected letters, digits, dots, dashes and \`_\``,
});

const downloadUrl = z
  .string()
  .refine((address) => /^https?:\/\//.test(address) && URL.canParse(address), {
    error: 'expected an address that begins with https:// or http://',
  })
  .default('https://dl.shadowserver.org')
  .meta({ description: 'Where files are downloaded from.', pattern: '^https?://' });

const written = z.strictObject({
  auth,
  reports: reports.optional(),
  queries: z.record(queryName, query).default({}).meta({
    description: 'Searches in the data behind the reports, day by day; each is a stream, under a name of its own.',
  }),
  stats: z
    .boolean()
    .default(false)
    .meta({ description: "Whether to pull the vendor's own counts, as a stream `stats`." }),
  downloadUrl,
  download: z.enum(['dl', 'api']).default('dl').meta({
    description: 'Which way to download first: `dl`, the download host, or `api`, the older reports/download.',
  }),
});

/** The settings of a source of this type, beyond those that every source takes. */
export const shadowserverSettings: z.ZodType<ShadowserverSettings> = written.superRefine((settings, context) => {
  const { reports, queries, stats } = settings;
  const complain = (message: string, path: (string | number)[]): void => {
    context.addIssue({ code: 'custom', message, path });
  };
  if (reports === undefined && Object.keys(queries).length === 0 && !stats)
    complain('needs something to pull: `reports`, `queries` or `stats: true`', []);
  const taken = new Set(stats ? [STATS] : []);
  reports?.lists.forEach((name, i) => {
    if (taken.has(name)) complain(`"${name}" is the name of another stream`, ['reports', 'lists', i]);
    taken.add(name);
  });
  for (const name of Object.keys(queries)) {
    if (taken.has(name)) complain(`"${name}" is the name of another stream`, ['queries', name]);
  }
});

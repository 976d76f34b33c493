import { z } from 'zod';
import type { SourceType, VendorLimits } from '../core/contract.ts';
import { parseFieldPath, redactionPolicies, type RedactionSetting } from '../core/redaction.ts';
import { DAY, fromIso, toIso } from '../core/time.ts';
import { duration, secret, writeLength } from '../sources/fields.ts';

/** A source's common settings as written, before the rules that join them (`timing.ts`) and before files are read. */
export type WrittenCommon = z.output<ReturnType<typeof commonSettings>>;

/** The settings that every source of a type takes, with that type's defaults. `now` in ms since the epoch. */
export function commonSettings({ name, defaults, limits }: SourceType, now: () => number) {
  return z.strictObject({
    type: z.literal(name).meta({ description: 'The source type: which vendor this is.' }),
    baseUrl: baseUrl.optional(),
    proxy: proxy.optional(),
    ca: z
      .string()
      .min(1)
      .optional()
      .meta({ description: "A PEM file, or its text, with further certificate authorities, beside the system's." }),
    start: start(now).optional(),
    schedule: z
      .strictObject({
        every: duration('How often to look for what is due.').prefault(writeLength(defaults.every)),
        offset: duration('How long after each multiple of `every`.').optional(),
      })
      .prefault({})
      .meta({
        description: `When to pull. By default every ${writeLength(defaults.every)}, ${writeLength(defaults.offset)} after.`,
      }),
    window: duration('How much time is extracted and committed as one piece.').prefault(writeLength(defaults.window)),
    limits: tightenedLimits(limits).prefault({}),
    redaction: redaction.prefault('mask'),
    reconcile: z
      .boolean()
      .default(limits.reconcile !== undefined)
      .meta({ description: 'Whether sealed windows are looked at again for events that came late.' }),
  });
}

const baseUrl = z
  .string()
  .superRefine((text, context) => {
    const message = baseUrlComplaint(text);
    if (message !== undefined) context.addIssue({ code: 'custom', message });
  })
  .meta({
    description: "Where the vendor's API is, instead of its usual address: a gateway or a test server.",
    pattern: '^https?://',
  });

function baseUrlComplaint(text: string): string | undefined {
  const url = httpUrl(text);
  if (url === undefined)
    return 'expected an address that begins with https:// or http://, such as https://api.example.com';
  if (url.username !== '' || url.password !== '')
    return 'must not hold a user name or password: they belong into `auth`';
  if (url.search !== '' || url.hash !== '') return 'must end with its path: without `?` and `#`';
  return undefined;
}

/** A proxy's address may hold its password; one that does not may stand in the file. */
const proxy = secret('The HTTP proxy to the vendor; with a user name and password in it, a reference.', {
  mayBeWritten: (text) => !text.includes('@'),
  complaint(value) {
    if (httpUrl(value) !== undefined) return undefined;
    return 'expected the address of an HTTP proxy, such as http://proxy.example.com:3128';
  },
});

function httpUrl(text: string): URL | undefined {
  const url = URL.canParse(text) ? new URL(text) : undefined;
  return url !== undefined && /^https?:$/.test(url.protocol) ? url : undefined;
}

const policy = z.enum(redactionPolicies);

const fieldPath = z.string().refine((text) => parseFieldPath(text) !== undefined, {
  error: 'expected names with dots between them, such as `cardInfo.number`, or `**.password` for any depth',
});

/** A word alone is the policy for all streams. */
const redaction = z
  .union([
    policy,
    z.strictObject({
      policy: policy.default('mask').meta({ description: 'For streams that are not named.' }),
      streams: z.record(z.string(), policy).default({}).meta({ description: 'Streams with another policy.' }),
      fields: z
        .array(fieldPath)
        .default([])
        .meta({ description: 'Secrets beside those that the source type knows: `cardInfo.number`, `**.password`.' }),
      key: secret('The key of the hash: a reference.').optional(),
    }),
  ])
  .meta({
    description:
      'What is done with secrets inside the data when it leaves the archive: `mask` (the default), `hash` (needs a key) or `keep`.',
  })
  .transform((written): RedactionSetting =>
    typeof written === 'string' ? { policy: written, streams: {}, fields: [] } : written,
  );

/** What is wrong with a policy beyond each of its values, and where below the source. */
export function redactionConflicts(
  { policy: general, streams, key }: RedactionSetting,
  known: readonly string[],
): readonly { readonly path: readonly string[]; readonly message: string; readonly known?: readonly string[] }[] {
  const strangers = Object.keys(streams).filter((name) => !known.includes(name));
  const hashes = [general, ...Object.values(streams)].includes('hash');
  return [
    ...strangers.map((name) => ({
      path: ['redaction', 'streams', name],
      message: `the source has no stream \`${name}\``,
      known,
    })),
    ...(hashes && key === undefined
      ? [
          {
            path: ['redaction'],
            message:
              '`hash` needs a `key`: a reference to a secret, without which card numbers could be found by trying all',
          },
        ]
      : []),
  ];
}

function start(now: () => number) {
  return z
    .string()
    .meta({
      description:
        'Where coverage begins: a date (midnight UTC), a time with its zone, or `all` that the vendor keeps. Absent: 24 hours before the stream was first applied.',
      examples: ['2026-11-01', '2026-11-01T09:00:00Z', 'all'],
      pattern: '^(all|\\d{4}-\\d\\d-\\d\\d(T.*)?)$',
    })
    .transform((text, context): 'all' | number => {
      if (text === 'all') return text;
      const instant = isCalendarDay(text) ? fromIso(text) : undefined;
      if (instant !== undefined && instant <= now()) return instant;
      context.addIssue({ code: 'custom', message: startComplaint(text, instant) });
      return z.NEVER;
    });
}

/** `Date.parse` takes the 31st of February for the 3rd of March. */
function isCalendarDay(text: string): boolean {
  const match = /^(\d{4}-\d\d-\d\d)/.exec(text);
  const midnight = match === null ? NaN : Date.parse(`${match[1]}T00:00:00Z`);
  return !Number.isNaN(midnight) && toIso(midnight).slice(0, 10) === match?.[1];
}

function startComplaint(text: string, instant: number | undefined): string {
  if (instant !== undefined) return `${toIso(instant)} is in the future`;
  if (/^\d{4}-\d\d-\d\d[T ]\d\d:\d\d(?::\d\d(?:\.\d+)?)?$/.test(text)) {
    return `the time "${text}" needs a zone, such as \`${text.replace(' ', 'T')}Z\``;
  }
  if (/^\d{4}-\d\d-\d\d/.test(text)) return `"${text}" is no date or time of the calendar`;
  return `expected a date (\`2026-11-01\`), a time with its zone (\`2026-11-01T09:00:00Z\`) or \`all\`, found "${text}"`;
}

interface LengthRule {
  readonly about: string;
  /** Whether the vendor's own is the most, or the least, that may be set. */
  readonly bound: 'most' | 'least';
}

const LENGTHS: Readonly<Record<'longest' | 'settling' | 'retention' | 'safety' | 'cursorValidity', LengthRule>> = {
  longest: { about: 'The longest window.', bound: 'most' },
  settling: { about: 'How long after its end a window is complete at the vendor.', bound: 'least' },
  retention: { about: 'How far back the vendor serves.', bound: 'most' },
  safety: { about: 'Kept from both ends against clock skew.', bound: 'least' },
  cursorValidity: { about: 'How long a cursor is honoured.', bound: 'most' },
};

/** Each of the vendor's limits may be made stricter. Absent ones stay undefined here and are the vendor's. */
function tightenedLimits(vendor: VendorLimits) {
  const length = (key: keyof typeof LENGTHS) => tightenedLength(key, vendor[key]).optional();
  return z
    .strictObject({
      longest: length('longest'),
      grain: grain(vendor.grain).optional(),
      settling: length('settling'),
      retention: length('retention'),
      safety: length('safety'),
      cursorValidity: length('cursorValidity'),
      perSource: connections('How many connections at once, over all workers.', vendor.perSource).optional(),
      perStream: connections('How many of them for one stream.', vendor.perStream).optional(),
    })
    .meta({ description: "The vendor's limits, made stricter. They cannot be loosened." });
}

function tightenedLength(key: keyof typeof LENGTHS, vendor: number): z.ZodType<number, string> {
  const { about, bound } = LENGTHS[key];
  const own = Number.isFinite(vendor) ? ` The vendor's: ${writeLength(vendor)}.` : '';
  return duration(`${about}${own}`).superRefine((length, context) => {
    if (bound === 'most' ? length > vendor : length < vendor) {
      const message = `${writeLength(length)} is looser than the vendor's limit: at ${bound} ${writeLength(vendor)}`;
      context.addIssue({ code: 'custom', message });
    } else if (length === 0 && vendor > 0) context.addIssue({ code: 'custom', message: 'must be more than nothing' });
  });
}

function grain(vendor: number): z.ZodType<number, string> {
  const about = `Bounds of windows are multiples of this. The vendor's: ${writeLength(vendor)}.`;
  return duration(about).superRefine((length, context) => {
    if (length > 0 && length % vendor === 0 && DAY % length === 0) return;
    const message = `expected a multiple of the vendor's ${writeLength(vendor)} that divides the day, found ${writeLength(length)}`;
    context.addIssue({ code: 'custom', message });
  });
}

function connections(about: string, vendor: number) {
  const message = `looser than the vendor's limit: at most ${vendor}`;
  return z
    .int()
    .min(1)
    .max(vendor, { error: ({ input }) => `${String(input)} is ${message}` })
    .meta({ description: `${about} The vendor's: ${vendor}.` });
}

import { z } from 'zod';
import type { Secret } from '../core/contract.ts';
import { DAY, HOUR, MINUTE, SECOND } from '../core/time.ts';

/**
 * The kinds of fields that a source type's settings need beyond zod's own. A settings schema says *what* a field is; how a secret or a
 * reference is read, and where in the file it stands, is the business of src/config, which finds these marks in the schema.
 */
export type FieldKind = SecretKind | { readonly kind: 'duration' };

export interface SecretKind {
  readonly kind: 'secret';
  /** Whether this text may stand in the file as it is, because it is no secret: a proxy's address without a password. */
  readonly mayBeWritten?: ((text: string) => boolean) | undefined;
  /** What is wrong with the value, without the value; `undefined` when nothing is. */
  readonly complaint?: ((value: string) => string | undefined) | undefined;
}

const kinds = z.registry<FieldKind>();

/** The mark of a field made by {@link secret} or {@link duration}. */
export function fieldKind(schema: z.core.$ZodType): FieldKind | undefined {
  return kinds.get(schema);
}

export const SECRET_EXPECTED = 'expected a reference to a secret: `${env:NAME}` or `${file:/run/secrets/name}`';

/**
 * A field whose value must not be written into the file: in the file a reference, in the settings a `Secret` that reads it at each use.
 * @param about what an editor shows, and a message when the field is missing
 */
export function secret(about: string, options: Omit<SecretKind, 'kind'> = {}): z.ZodType<Secret> {
  const pattern = '^\\$\\{(env|file):[^}]+\\}$';
  const meta = options.mayBeWritten ? { type: 'string' } : { type: 'string', pattern };
  return z
    .custom<Secret>(isSecret, { error: SECRET_EXPECTED })
    .meta({ ...meta, description: about })
    .register(kinds, { kind: 'secret', ...options });
}

function isSecret(value: unknown): boolean {
  if (typeof value !== 'object' || value === null) return false;
  return 'place' in value && 'reveal' in value && typeof value.reveal === 'function';
}

const LENGTH = /^(?:(\d{1,6})d)?(?:(\d{1,6})h)?(?:(\d{1,6})m)?(?:(\d{1,9})s)?$/;

/** A length of time: in the file text with units (`24h5m`), in the settings milliseconds. */
export function duration(about: string): z.ZodType<number, string> {
  return z
    .string({ error: ({ input }) => (typeof input === 'number' ? needsUnit(String(input)) : undefined) })
    .meta({ description: about, pattern: '^(\\d+d)?(\\d+h)?(\\d+m)?(\\d+s)?$', minLength: 2 })
    .transform((text, context) => {
      const length = parseLength(text);
      if (length !== undefined) return length;
      context.addIssue({ code: 'custom', message: /^\d+(\.\d+)?$/.test(text) ? needsUnit(text) : notALength(text) });
      return z.NEVER;
    })
    .register(kinds, { kind: 'duration' });
}

const needsUnit = (text: string): string =>
  `a length of time needs a unit: \`${text}s\`, \`${text}m\` or \`${text}h\`?`;

const notALength = (text: string): string =>
  `expected a length of time such as \`90s\`, \`5m\`, \`1h\` or \`24h5m\` (units d, h, m, s; the largest first), found "${text}"`;

/** `24h5m` → ms; `undefined` when the text is no length of time. */
export function parseLength(text: string): number | undefined {
  const match = text === '' ? null : LENGTH.exec(text);
  if (match === null) return undefined;
  const parts: readonly (string | undefined)[] = match.slice(1);
  const [days = 0, hours = 0, minutes = 0, seconds = 0] = parts.map((part) => Number(part ?? 0));
  return days * DAY + hours * HOUR + minutes * MINUTE + seconds * SECOND;
}

/** The inverse of {@link parseLength} for whole seconds, hours being the largest unit: `24h5m`, `0s`. */
export function writeLength(length: number): string {
  const hours = Math.floor(length / HOUR);
  const minutes = Math.floor((length % HOUR) / MINUTE);
  const seconds = (length % MINUTE) / SECOND;
  const parts = [hours > 0 && `${hours}h`, minutes > 0 && `${minutes}m`, seconds > 0 && `${seconds}s`];
  return parts.filter((part) => part !== false).join('') || '0s';
}

import { CredentialsRejected } from '../../core/failures.ts';
import { SECOND } from '../../core/time.ts';
import type { Http } from '../../http/client.ts';
import type { HttpStream } from '../../http/stream.ts';
import type { VendorClock } from '../vendor-clock.ts';
import { failureOf, readAnswer, type Asked } from './answers.ts';
import type { Keys, Signed } from './keys.ts';

export type Fields = Readonly<Record<string, unknown>>;

/** An answer in JSON. */
export interface Answer {
  /** Right wherever it is ASCII: see `sketchOf`. */
  readonly value: unknown;
  /** The JSON's bytes. */
  readonly bytes: Buffer;
  /** The whole answer, for quarantine. */
  readonly body: Buffer;
}

/** The methods of the vendor's API: signs, sends, and names what a refusal means. */
export interface Api {
  /** @param method `reports/list` @param fields without the key @param patience how long it may take, ms, if that is less than what others may */
  call(method: string, fields: Fields, asked: Asked, signal: AbortSignal, patience?: number): Promise<Answer>;
  /** The same for an answer of any size; what it says is for the caller to read. */
  stream(method: string, fields: Fields, asked: Asked, signal: AbortSignal): Promise<HttpStream>;
  /** The vendor's clock, ms since the epoch. */
  readonly vendor: VendorClock;
}

export interface ApiOptions {
  readonly http: Http;
  readonly keys: Keys;
  readonly vendor: VendorClock;
  /** Our own clock, ms since the epoch. */
  readonly clock: () => number;
  /** How long a call may take, ms. */
  readonly patience?: number | undefined;
}

/** "Read operation timed out", says the vendor's own client after 45 s, and means a heavy query: more patience helps. */
const PATIENCE = 120 * SECOND;

export function openApi({ http, keys, vendor, clock, patience = PATIENCE }: ApiOptions): Api {
  return {
    async call(method, fields, asked, signal, own = patience) {
      const sent = clock();
      const answer = await once(keys, fields, asked, async (signed) => {
        const got = await http.request({
          method: 'POST',
          path: `/${method}`,
          ...signed,
          signal,
          deadlineMs: Math.min(own, patience),
        });
        return got.status === 401 ? { refused: failureOf(got, asked, keys.place) } : { got };
      });
      if (answer.status !== 200) throw failureOf(answer, asked, keys.place);
      const read = readAnswer(answer.body, asked);
      // Only what is the vendor's own answer tells its clock: a proxy in between would write its own `Date`.
      vendor.observe(sent, clock(), answer.vendorTime);
      return { ...read, body: answer.body };
    },
    stream: (method, fields, asked, signal) =>
      once(keys, fields, asked, async (signed) => {
        const request = { method: 'POST', path: `/${method}`, ...signed, signal, deadlineMs: patience } as const;
        try {
          return { got: await http.stream(request, (answer) => failureOf(answer, asked, keys.place)) };
        } catch (error) {
          if (error instanceof CredentialsRejected) return { refused: error };
          throw error;
        }
      }),
    vendor,
  };
}

/** Sends once more when the key or the secret was refused and has been changed meanwhile: secrets rotate. */
async function once<T>(
  keys: Keys,
  fields: Fields,
  { what }: Asked,
  send: (signed: Signed) => Promise<{ readonly got: T } | { readonly refused: Error }>,
): Promise<T> {
  const version = keys.version();
  const first = await send(keys.sign(fields));
  if ('got' in first) return first.got;
  if (keys.version() === version) throw first.refused;
  const again = await send(keys.sign(fields));
  if ('got' in again) return again.got;
  throw new CredentialsRejected(`${what}: refused again with fresh credentials`, keys.place);
}

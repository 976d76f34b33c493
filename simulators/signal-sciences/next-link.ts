import { createHmac } from 'node:crypto';

/** Where a walk stands. The vendor's clients see it only as opaque text. */
export interface Place {
  readonly site: string;
  /** ms. */
  readonly from: number;
  /** ms. */
  readonly until: number;
  readonly tags: readonly string[] | null;
  /** What the store's version of the window was: another one has other events at these positions. */
  readonly version: number;
  /** From 1. */
  readonly page: number;
  /** How many events the pages before held, repeats not counted. */
  readonly offset: number;
  /** The vendor's clock, ms: "valid for one minute from the time it's generated" (signal-sciences.txt:36). */
  readonly issued: number;
}

/**
 * Writes a place as the opaque value of a next link. It always holds `+`, `/`, `=` and an escape `%2B` that belongs to the value: a client
 * that decodes twice, encodes twice or not at all sends something else back.
 */
export function writeNext(place: Place, secret: string, atLeast: number): string {
  const text = Buffer.from(JSON.stringify(place)).toString('base64url');
  const filler = 'x'.repeat(Math.max(0, atLeast - text.length - 33));
  return `v1+%2B/${text}/${filler}/${sign(text, secret)}==`;
}

/** The inverse of {@link writeNext}; `undefined` for a value that was not written with this secret. */
export function readNext(value: string, secret: string): Place | undefined {
  const [, text, mac] = /^v1\+%2B\/([\w-]+)\/x*\/([\w-]+)==$/.exec(value) ?? [];
  if (text === undefined || mac !== sign(text, secret)) return undefined;
  return JSON.parse(Buffer.from(text, 'base64url').toString()) as Place;
}

/** What a client may have done to a value that cannot be read, for the people who debug it. */
export function explainForgery(value: string, secret: string): string {
  const repairs: readonly (readonly [string, () => string])[] = [
    ['it was encoded twice', () => decodeURIComponent(value)],
    ['its + was sent unencoded', () => value.replaceAll(' ', '+')],
    ['its %2B was decoded twice', () => value.replace('v1++/', 'v1+%2B/')],
    ['it was decoded twice, and sent unencoded', () => value.replace(/^v1[ +]{2}\//, 'v1+%2B/')],
  ];
  const found = repairs.find(([, repair]) => {
    try {
      return readNext(repair(), secret) !== undefined;
    } catch {
      return false;
    }
  });
  return found?.[0] ?? 'it was never issued';
}

function sign(text: string, secret: string): string {
  return createHmac('sha256', secret).update(text).digest('base64url').slice(0, 22);
}

import { inspect } from 'node:util';
import type { Secret } from '../core/contract.ts';
import { registerSecret } from '../http/redaction.ts';
import { readReference, type Reference, type Surroundings } from './references.ts';

/** A secret that is read anew at every use. Throws from `reveal`: a BadReference, which names the place. */
export function referredSecret(reference: Reference, surroundings: Surroundings): Secret {
  return secretOf(reference.text, () => readReference(reference, surroundings));
}

/** A value that was written into the file itself, where that is allowed. */
export function writtenSecret(value: string): Secret {
  return secretOf(WRITTEN, () => value);
}

const WRITTEN = '(written in the file)';

/** What is no secret, where a secret could be: shown as it is. */
export function openValue(value: string): Secret {
  return guarded(value, () => value);
}

function secretOf(place: string, read: () => string): Secret {
  return guarded(place, () => {
    const value = read();
    registerSecret(value);
    return value;
  });
}

/** However it is printed, it shows its place. */
function guarded(place: string, reveal: () => string): Secret {
  const show = (): string => place;
  const secret = { place, reveal };
  for (const name of ['toJSON', 'toString', inspect.custom]) Object.defineProperty(secret, name, { value: show });
  return Object.freeze(secret);
}

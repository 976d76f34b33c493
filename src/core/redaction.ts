/**
 * What is done with secrets inside the data, passwords and card numbers say, when records leave the archive; from the most open to the strictest.
 * The archive itself holds the vendor's bytes.
 *
 * - `keep`: nothing
 * - `hash`: a keyed hash in place of each secret, so that equal ones can still be told
 * - `mask`: `***` in place of each secret
 */
export const redactionPolicies = ['keep', 'hash', 'mask'] as const;
export type RedactionPolicy = (typeof redactionPolicies)[number];

/** A source's setting. */
export interface RedactionSetting {
  readonly policy: RedactionPolicy;
  /** Streams that have another policy. */
  readonly streams: Readonly<Record<string, RedactionPolicy>>;
  /** Fields beside those that the source type knows to be secret: see {@link parseFieldPath}. */
  readonly fields: readonly string[];
  /** The key of the hash: without it, a card number would be found by trying all of them. */
  readonly key?: { readonly place: string; reveal(): string } | undefined;
}

const defaultRedaction: RedactionSetting = { policy: 'mask', streams: {}, fields: [] };

function policyOf({ policy, streams }: RedactionSetting, stream: string): RedactionPolicy {
  return Object.hasOwn(streams, stream) ? (streams[stream] ?? policy) : policy;
}

/** The stricter one: what was sealed under a policy does not leave under a more open one. */
export function stricter(a: RedactionPolicy, b: RedactionPolicy): RedactionPolicy {
  return redactionPolicies.indexOf(a) > redactionPolicies.indexOf(b) ? a : b;
}

/** `cardInfo.number` as its names; lists on the way are passed through. `**` at the beginning stands for any depth. `undefined` where it is no path. */
export function parseFieldPath(text: string): readonly string[] | undefined {
  const names = text.split('.');
  const isPath = names.every((name, i) => name !== '' && (name !== '**' || (i === 0 && names.length > 1)));
  return isPath ? names : undefined;
}

/** What holds for a stream. */
export interface StreamRedaction {
  readonly policy: RedactionPolicy;
  /** Where its secrets are, at least one. */
  readonly fields: readonly string[];
}

/** @returns `undefined` for a stream without secrets */
export function redactionOf(
  stream: { readonly name: string; readonly secrets?: readonly string[] | undefined },
  setting: RedactionSetting = defaultRedaction,
): StreamRedaction | undefined {
  const fields = [...new Set([...(stream.secrets ?? []), ...setting.fields])];
  return fields.length === 0 ? undefined : { policy: policyOf(setting, stream.name), fields };
}

import type { Secret } from '../core/contract.ts';
import { parseFieldPath, stricter, type RedactionPolicy, type StreamRedaction } from '../core/redaction.ts';
import { redactor } from '../json/redact.ts';

export const asItIs = (record: Buffer): Buffer => record;

/**
 * What hides the secrets in the records of a slice that was sealed under a policy. The stricter of that and today's holds; where a hash is asked for and
 * there is no key for it, secrets are masked.
 */
export function redaction(
  key: Pick<Secret, 'reveal'> | undefined,
  today: StreamRedaction | undefined,
): (sealed: RedactionPolicy | undefined) => (record: Buffer) => Buffer {
  if (today === undefined) return () => asItIs;
  const paths = today.fields.map((field) => parseFieldPath(field) ?? []);
  const makers: Readonly<Record<RedactionPolicy, () => (record: Buffer) => Buffer>> = {
    keep: () => asItIs,
    hash: () => redactor(paths, key?.reveal()),
    mask: () => redactor(paths),
  };
  return (sealed = today.policy) => makers[stricter(sealed, today.policy)]();
}

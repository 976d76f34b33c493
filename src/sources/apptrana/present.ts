import type { RecordContext } from '../../core/contract.ts';

/**
 * An attack as the text of a JSON object that says which website it was on: `websiteName` comes first when the attack has no member of that
 * name itself. The rest is as the vendor wrote it.
 */
export function presentAttack({ bytes, context }: { bytes: Uint8Array; context: RecordContext | undefined }): string {
  const text = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('utf8');
  const website = context?.['website'];
  if (typeof website !== 'string' || !text.startsWith('{')) return text;
  const members = Object.keys(JSON.parse(text) as object);
  if (members.includes('websiteName')) return text;
  return `{"websiteName":${JSON.stringify(website)}${members.length === 0 ? '' : ','}${text.slice(1)}`;
}

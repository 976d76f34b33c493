import { Failure } from '../core/failures.ts';
import type { Receipt } from '../core/manifest.ts';
import { breather, type Breathe } from './breath.ts';
import { digestOf } from './digest.ts';
import { HashList } from './hashes.ts';
import { keyBeside } from './layout.ts';
import { decodeManifest, samePart } from './manifest.ts';
import { readPart } from './part-reader.ts';
import type { Store } from './store.ts';
import { verbatimFindings } from './verbatim.ts';

/**
 * Reads a receipt's manifest and parts again, and compares all that can be compared: sizes, hashes, counts, the digest.
 * @returns the findings, a sentence each that names the file; none when all is well
 */
export async function verifyReceipt(store: Store, { manifest, key }: Receipt): Promise<readonly string[]> {
  const breathe = breather();
  const hashes = new HashList();
  const findings = await manifestFindings(store, { manifest, key });
  const before = findings.length;
  for (const part of manifest.parts) {
    try {
      for await (const line of readPart(store, keyBeside(key, part.file), part)) {
        hashes.add(line);
        if (hashes.count % 1024 === 0) await breathe();
      }
    } catch (error) {
      findings.push(sentence(error));
    }
  }
  const { verbatim } = manifest;
  if (verbatim !== undefined) {
    findings.push(...(await verbatimFindings(store, keyBeside(key, verbatim.file), verbatim)));
  }
  // With a part that is damaged the digest cannot be right, and says nothing more.
  if (findings.length === before) findings.push(...(await digestFindings(hashes, { manifest, key }, breathe)));
  return findings;
}

/** Whether the manifest in the archive says what the receipt says, which may come from the ledger. */
async function manifestFindings(store: Store, { manifest, key }: Receipt): Promise<string[]> {
  try {
    const bytes = await store.read(key);
    if (bytes === undefined) return [`${key} is missing`];
    const found = decodeManifest(bytes, key);
    const same =
      found.digest === manifest.digest &&
      found.parts.length === manifest.parts.length &&
      found.parts.every((part, i) => samePart(part, manifest.parts[i] ?? part));
    return same ? [] : [`${key} names other parts, or another digest, than the receipt`];
  } catch (error) {
    return [sentence(error)];
  }
}

async function digestFindings(hashes: HashList, { manifest, key }: Receipt, breathe: Breathe): Promise<string[]> {
  const { count } = hashes;
  if (count !== manifest.records) return [`${key} says ${manifest.records} records, its parts hold ${count}`];
  const records = Uint32Array.from({ length: count }, (_, i) => i);
  const digest = await digestOf(hashes.bytes, records, breathe);
  return digest === manifest.digest ? [] : [`${key} has another digest than the records of its parts`];
}

function sentence(error: unknown): string {
  if (!(error instanceof Failure)) throw error;
  return error.message;
}

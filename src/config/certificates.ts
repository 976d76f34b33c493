import { X509Certificate } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { readingFailed } from './read.ts';

const BLOCK = /-----BEGIN CERTIFICATE-----[\s\S]+?-----END CERTIFICATE-----/g;

/**
 * The text of `ca:`, itself PEM or the path of a PEM file relative to `folder`.
 * @returns the PEM text, or what is wrong with it
 */
export function readCertificates(
  value: string,
  folder: string,
): { readonly pem: string } | { readonly complaint: string } {
  if (value.includes('-----BEGIN')) return checked(value, '');
  try {
    return checked(readFileSync(resolve(folder, value), 'utf8'), `${value}: `);
  } catch (error) {
    return { complaint: `${value}: ${readingFailed(error)}` };
  }
}

function checked(pem: string, prefix: string): { readonly pem: string } | { readonly complaint: string } {
  if (/-----BEGIN [A-Z ]*PRIVATE KEY-----/.test(pem)) {
    return { complaint: `${prefix}holds a private key; expected certificates only` };
  }
  const blocks = pem.match(BLOCK) ?? [];
  if (blocks.length === 0)
    return { complaint: `${prefix}holds no certificate in PEM (\`-----BEGIN CERTIFICATE-----\`)` };
  const broken = blocks.findIndex((block) => !isCertificate(block));
  if (broken === -1) return { pem };
  return { complaint: `${prefix}certificate ${broken + 1} of ${blocks.length} is damaged` };
}

function isCertificate(block: string): boolean {
  try {
    return new X509Certificate(block).raw.length > 0;
  } catch {
    return false;
  }
}

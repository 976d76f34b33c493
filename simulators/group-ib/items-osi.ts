import { createHash } from 'node:crypto';
import { SEQ, type Make } from './facts.ts';
import { date, evaluation, oddDate, part, pick, text } from './shape.ts';

export const gitRepository: Make = ({ id, first, time, traits, random, canary }) => ({
  contributors: part(random, [{ authorEmail: traits.email, authorName: 'Jo Doe' }]),
  dateCreated: oddDate(random, first),
  dateDetected: oddDate(random, first),
  dateUpdated: date(time),
  evaluation: evaluation(random),
  files: Array.from({ length: random() % 3 }, (_, index) => ({
    id: `${id.slice(0, 38)}${10 + index}`,
    name: `config/${index}.env`,
    revisions: part(random, [
      { hash: traits.hash, data: { snippet: `PASSWORD="${canary}${index}"\n` }, timestamp: date(first) },
    ]),
  })),
  id,
  name: `example/${traits.hash.slice(0, 6)}`,
  seqUpdate: SEQ,
  source: 'github',
});

export const publicLeak: Make = ({ id, first, time, traits, random, canary }) => ({
  created: oddDate(random, first),
  data: `${traits.email}:${canary}${traits.hash.slice(0, 8)}\r\n<script>\u2028`,
  evaluation: evaluation(random),
  hash: traits.hash,
  id,
  language: 'text',
  linkList:
    random() % 4 === 0
      ? []
      : [{ author: '', dateDetected: date(first), datePublished: '', link: `https://paste.example/${id}`, title: '' }],
  matches: random() % 2 === 0 ? [] : { email: { [traits.domain]: [traits.email] } },
  seqUpdate: SEQ,
  updated: date(time),
});

/** The id is the CVE's. */
export const vulnerability: Make = ({ id, first, time, traits, random }) => ({
  affectedSoftware: part(random, [{ name: 'openssl', operator: 'le', version: '1.0.2' }]),
  cpeTable: random() % 4 === 0 ? [] : [{ product: 'openssl', type: 'a', vendor: 'openssl', version: '*' }],
  cvss: part(random, { score: (random() % 101) / 10, vector: 'AV:N/AC:L/Au:N/C:P/I:P/A:P' }),
  dateLastSeen: date(time),
  datePublished: oddDate(random, first, 'basic-offset'),
  evaluation: evaluation(random),
  hasExploit: (traits.bits & 4) !== 0,
  id,
  seqUpdate: SEQ,
  title: text(random, id),
});

/** For the collections of which no field but these is known. */
export const other: Make = ({ id, first, time, traits, random }) => ({
  dateDetected: oddDate(random, first),
  dateUpdated: date(time),
  domain: traits.domain,
  evaluation: evaluation(random),
  id,
  ipv4: { ip: traits.ip },
  seqUpdate: SEQ,
  title: pick(random, ['', 'Ohne Titel', 'Sans titre']),
});

const FILE_BYTES = 2048;

/** A file of a report: bytes that no text decoder leaves as they are. */
export function fileBytes(id: string): Buffer {
  const pieces = [Buffer.from('%PDF-1.4\n\u0000')];
  for (let size = 0; size < FILE_BYTES; size += 32) pieces.push(createHash('sha256').update(`${id}:${size}`).digest());
  return Buffer.concat(pieces).subarray(0, FILE_BYTES);
}

import { SEQ, type Facts, type Make } from './facts.ts';
import { date, evaluation, oddDate, part, pick, text } from './shape.ts';

/** Reports have files; each is a pure function of its id. */
export function fileIdsOf(id: string): readonly string[] {
  return id.endsWith('0') ? [] : [`${id.slice(0, 20)}${id.slice(0, 20)}`];
}

/** The fields of the page's sample (group-ib.txt:318-348). */
export const threat: Make = (facts) => {
  const { id, first, time, traits, random } = facts;
  const indicators = Array.from({ length: random() % 5 }, (_, index) => indicator(facts, index));
  return {
    author: null,
    companyId: [],
    createdAt: oddDate(random, first),
    dateFirstSeen: date(first, 'day'),
    datePublished: oddDate(random, first),
    description: 'A campaign against “Example”: <b>phishing</b> & a loader',
    evaluation: evaluation(random),
    files: fileIdsOf(id).map((file) => ({ hash: file, mime: 'application/pdf', name: file, size: 2048 })),
    id,
    indicators,
    indicatorsIds: indicators.map((each) => each.id),
    isPublished: true,
    isTailored: (traits.bits & 2) !== 0,
    labels: [],
    langs: ['en'],
    malwareList: part(random, [{ id: 'f9b36ea2d0d4a3e5b1c7', name: 'loader' }]),
    mitreMatrix: part(random, [{ attackPatternId: 'attack-pattern--92d7da27', attackTactic: 'command-and-control' }]),
    seqUpdate: SEQ,
    threatActor: part(random, { id: 'a6f0d0a3e5', name: 'PaperLantern', isAPT: true, country: null }),
    title: pick(random, ['New wave of attacks', 'Новая волна', '新しい攻撃']),
    updatedAt: date(time),
  };
};

function indicator(
  { id, first, traits, random }: Facts,
  index: number,
): { readonly id: string; readonly [field: string]: unknown } {
  return {
    dateFirstSeen: random() % 2 === 0 ? null : oddDate(random, first),
    dateLastSeen: null,
    deleted: false,
    description: null,
    domain: traits.domain,
    id: `${id.slice(0, 38)}${10 + index}`,
    params: part(random, {
      domain: text(random, traits.domain),
      hashes: { md5: traits.hash, sha1: id, sha256: traits.hash + traits.hash },
      ipv4: random() % 4 === 0 ? [] : [traits.ip],
      url: text(random, `http://${traits.domain}/${index}`),
    }),
    type: pick(random, ['network', 'file']),
  };
}

export const threatActor: Make = ({ id, first, time, traits, random }) => ({
  aliases: random() % 4 === 0 ? [] : [`Group ${traits.hash.slice(0, 4)}`],
  country: text(random, 'XX'),
  createdAt: oddDate(random, first),
  description: null,
  id,
  isAPT: true,
  labels: [],
  name: `Actor ${traits.hash.slice(0, 6)}`,
  seqUpdate: SEQ,
  stat: part(random, { countries: [], dateFirstSeen: oddDate(random, first), dateLastSeen: null, reports: [] }),
  updatedAt: date(time),
});

export const cnc: Make = ({ id, first, time, traits, random }) => ({
  cnc: `http://${traits.domain}/gate.php`,
  dateDetected: oddDate(random, first),
  dateFirstSeen: oddDate(random, first - 60_000),
  dateLastSeen: date(time),
  domain: traits.domain,
  evaluation: evaluation(random),
  id,
  ipv4: random() % 8 === 0 ? [] : [{ ip: traits.ip, asn: null, countryName: null }],
  malwareList: part(random, [{ id: 'f9b36ea2d0d4a3e5b1c7', name: 'loader' }]),
  seqUpdate: SEQ,
  threatActor: part(random, { id: 'a6f0d0a3e5', name: 'PaperLantern' }),
  url: text(random, `http://${traits.domain}/gate.php`),
});

export const malware: Make = ({ id, first, time, traits, random }) => ({
  aliases: [],
  category: pick(random, [[], ['Stealer'], ['RAT', 'Loader']]),
  createdAt: oddDate(random, first),
  description: 'Steals «cookies»',
  id,
  name: `Malware-${traits.hash.slice(0, 6)}`,
  seqUpdate: SEQ,
  updatedAt: date(time, 'zulu'),
});

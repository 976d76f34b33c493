import { SEQ, type Make } from './facts.ts';
import { date, oddDate, part, pick } from './shape.ts';
import type { Traits } from './traits.ts';

export const BRANDS = [
  { name: 'Example Bank', id: 'b1e2f3a4c5' },
  { name: 'Müller & Söhne', id: 'c6d7e8f9a0' },
] as const;

export const SUBSCRIPTIONS = ['scam', 'trademark', 'piracy'] as const;

const SUBTYPES = [
  'counterfeit',
  'piracy',
  'partner_policy_compliance',
  'trademark',
  'malware',
  'phishing',
  'fraud',
] as const;
const APPROVE_STATES = ['under_review', 'approved', 'rejected'] as const;

/** What the list of violations can be filtered by. */
export function violationFacets({
  bits,
}: Traits): Readonly<Record<'section' | 'brandIds[]' | 'approveState[]' | 'subtypes[]', string>> {
  return {
    section: String(1 + ((bits >>> 8) % 6)),
    'brandIds[]': BRANDS[(bits >>> 12) % BRANDS.length]?.id ?? '',
    'approveState[]': APPROVE_STATES[(bits >>> 16) % APPROVE_STATES.length] ?? '',
    'subtypes[]': String(1 + ((bits >>> 20) % SUBTYPES.length)),
  };
}

/** The seqUpdate is inside of `violation`. */
export const violation: Make = ({ id, first, time, traits, random }) => {
  const facets = violationFacets(traits);
  return {
    brand: BRANDS.find((brand) => brand.id === facets['brandIds[]'])?.name,
    company: 'Example Corp.',
    id,
    images: random() % 2 === 0 ? null : [`${id.slice(0, 20)}.png`],
    link: `https://drp.example.com/p/violation/${id}`,
    violation: {
      approveState: facets['approveState[]'],
      dates: part(random, { createdDate: date(first, 'basic-offset'), approvedDate: null, closedDate: '' }),
      detected: oddDate(random, first, 'basic-offset'),
      id: id.slice(0, 24),
      scores: part(random, [{ type: 'risk', value: random() % 100 }]),
      section: Number(facets.section),
      seqUpdate: SEQ,
      stages: random() % 4 === 0 ? [] : [{ date: date(time, 'basic-offset'), name: 'detected' }],
      status: pick(random, ['detected', 'in_response', 'solved']),
      typosquatting: (traits.bits & 64) !== 0,
      uri: `http://${traits.domain}/${id.slice(0, 6)}`,
      violationSubtype: SUBTYPES[Number(facets['subtypes[]']) - 1],
      violationType: 'scam',
    },
  };
};

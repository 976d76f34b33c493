import { SEQ, type Facts, type Make } from './facts.ts';
import { date, evaluation, ipv4, oddDate, part, pick, text } from './shape.ts';

const threatActor = { id: '6c26d5dbd8ba1d0f8a4b3dd5a2e0a4e1', name: 'SilentOtter', isAPT: false, stixGuid: null };
const malware = { id: '411ac9df6c5515922a56e30013e8b8b366eeec80', name: 'RedLine Stealer', stixGuid: null };

export const accountGroup: Make = (facts) => {
  const { id, first, time, traits, random, canary } = facts;
  const events = Array.from({ length: random() % 4 }, (_, index) => accountEvent(facts, index));
  return {
    companyId: random() % 2 === 0 ? [] : [random() % 9999],
    dateFirstCompromised: oddDate(random, first - 86_400_000),
    dateFirstSeen: oddDate(random, first),
    dateLastSeen: date(time),
    evaluation: evaluation(random),
    eventCount: events.length,
    events,
    id,
    login: traits.email,
    parsedLogin: part(random, { domain: traits.domain, ip: null }),
    password: text(random, `${canary}${traits.hash.slice(0, 12)}"\\ü`),
    portalLink: `https://tap.example.com/cd/accounts?id=${id}`,
    probableCorporateAccess: (traits.bits & 8) !== 0,
    combolist: (traits.bits & 32) !== 0,
    service: part(random, {
      domain: traits.domain,
      host: `www.${traits.domain}`,
      ip: text(random, traits.ip),
      url: `https://${traits.domain}/login?a=1&b=ü`,
    }),
    seqUpdate: SEQ,
    sourceType: [pick(random, ['Botnet', 'Phishing', 'Combolist'])],
    unique: (traits.bits & 16) !== 0,
  };
};

function accountEvent({ id, first, traits, random }: Facts, index: number): object {
  return {
    id: `${id.slice(0, 36)}${(1000 + index).toString(16)}`,
    client: part(random, { ipv4: ipv4(random, traits.ip) }),
    cnc: part(random, { cnc: `http://${traits.domain}/gate.php`, domain: traits.domain, ipv4: null }),
    dateCompromised: oddDate(random, first - 172_800_000 + index * 1000),
    dateDetected: oddDate(random, first + index * 1000),
    malware: part(random, malware),
    threatActor: part(random, threatActor),
  };
}

export const bankCardGroup: Make = ({ id, first, time, traits, random, canary }) => ({
  cardInfo: part(random, {
    number: `${canary}4${traits.hash.replace(/\D/g, '0').slice(0, 15)}`,
    cvv: text(random, `${canary}${String(random() % 1000).padStart(3, '0')}`),
    type: pick(random, ['CLASSIC', 'GOLD', null]),
    system: pick(random, ['VISA', 'MASTERCARD']),
    issuer: part(random, { countryCode: 'US', issuer: 'EXAMPLE BANK' }),
  }),
  companyId: [],
  dateFirstCompromised: oddDate(random, first - 3_600_000),
  dateFirstSeen: oddDate(random, first),
  dateLastSeen: date(time),
  eventCount: 1,
  events: [
    {
      id: id.slice(0, 38),
      client: part(random, { ipv4: ipv4(random, traits.ip) }),
      dateDetected: oddDate(random, first),
    },
  ],
  evaluation: evaluation(random),
  id,
  malware: random() % 2 === 0 ? [] : [malware],
  seqUpdate: SEQ,
  threatActor: random() % 2 === 0 ? [] : [threatActor],
});

/** No seqUpdate; the time of upload has no zone, and UTC is meant. Its `df` and `dt` go by this time. */
export const breached: Make = ({ id, first, traits, random, canary }) => ({
  addInfo: part(random, { address: '', name: [traits.email.split('@', 1)[0]] }),
  description: text(random, 'Übernommen aus a forum «leaks»'),
  email: random() % 16 === 0 ? [] : [traits.email],
  evaluation: evaluation(random),
  id,
  leakName: pick(random, ['collection-1', 'example.net_2021', '']),
  leakPublished: random() % 2 === 0 ? '' : date(first - 86_400_000, 'day'),
  password: random() % 16 === 0 ? [] : [`${canary}${traits.hash.slice(0, 10)}`],
  reaperMessageId: null,
  updateTime: oddDate(random, first, 'no-zone'),
  uploadTime: date(first, 'no-zone'),
});

export const mule: Make = ({ id, first, traits, random, canary }) => ({
  account: `${canary}${traits.hash.slice(0, 16)}`,
  cnc: part(random, { cnc: `http://${traits.domain}/`, domain: traits.domain, ipv4: ipv4(random, traits.ip) }),
  dateAdd: oddDate(random, first),
  dateIncident: oddDate(random, first - 86_400_000),
  evaluation: evaluation(random),
  hash: traits.hash,
  id,
  info: null,
  organization: part(random, { bic: null, name: 'Example Bank', swift: 'EXAMUS33' }),
  seqUpdate: SEQ,
  threatActor: part(random, threatActor),
});

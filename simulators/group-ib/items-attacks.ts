import { SEQ, type Make } from './facts.ts';
import { date, evaluation, ipv4, oddDate, part, pick, text } from './shape.ts';

const threatActor = { id: '02bb3b1b8b1f0a6e9a8f5e1d4c3b2a19', name: 'PaperLantern', isAPT: false };

/** The fields of the page's sample (group-ib.txt:437-452). */
export const ddos: Make = ({ id, first, time, traits, random }) => ({
  body: null,
  cnc: part(random, { cnc: `http://${traits.domain}/drv/`, domain: traits.domain, ipv4: ipv4(random, traits.ip) }),
  company: null,
  companyId: null,
  dateBegin: oddDate(random, first - 600_000),
  dateEnd: time > first ? date(time) : null,
  dateReg: oddDate(random, first),
  duration: random() % 2 === 0 ? null : random() % 86_400,
  evaluation: evaluation(random) ?? {},
  favouriteForCompanies: [],
  headers: [],
  hideForCompanies: [],
  id,
  isFavourite: false,
  protocol: pick(random, ['tcp', 'udp', 'http']),
  seqUpdate: SEQ,
  target: part(random, {
    domain: traits.domain,
    ipv4: ipv4(random, traits.ip),
    port: random() % 65_536,
    url: text(random, `http://${traits.domain}/`),
  }),
  type: pick(random, ['DNS Reflection', 'SYN flood', null]),
});

export const deface: Make = ({ id, first, traits, random }) => ({
  date: oddDate(random, first),
  evaluation: evaluation(random),
  id,
  mirrorLink: text(random, `https://mirror.example.org/${id}`),
  seqUpdate: SEQ,
  targetDomain: traits.domain,
  targetIp: ipv4(random, traits.ip),
  threatActor: part(random, threatActor),
  url: `http://${traits.domain}/index.html`,
});

export const phishingGroup: Make = ({ id, first, time, traits, random }) => ({
  brand: pick(random, ['Example Bank', 'Müller', '']),
  date: part(random, {
    added: date(first),
    blocked: random() % 2 === 0 ? null : date(time),
    detected: oddDate(random, first),
    updated: date(time),
  }),
  domain: traits.domain,
  domainInfo: part(random, {
    domain: traits.domain,
    registrar: 'NameExample',
    expirationDate: oddDate(random, first + 3e10),
  }),
  evaluation: evaluation(random),
  id,
  phishing: Array.from({ length: random() % 3 }, (_, index) => ({
    id: `${id.slice(0, 38)}${index + 10}`,
    ip: random() % 8 === 0 ? [] : [{ ip: traits.ip, countryCode: null }],
    url: `http://${traits.domain}/${index}/sign-in`,
  })),
  seqUpdate: SEQ,
  status: 'Active',
});

export const phishingKit: Make = ({ id, first, time, traits, random }) => ({
  dateFirstSeen: oddDate(random, first),
  dateLastSeen: date(time),
  downloadedFrom: part(random, [
    { date: date(first), domain: traits.domain, url: `http://${traits.domain}/kit.zip`, fileName: 'kit.zip' },
  ]),
  emails: random() % 4 === 0 ? [] : [traits.email],
  evaluation: evaluation(random),
  hash: traits.hash,
  id,
  seqUpdate: SEQ,
  source: [],
});

export const suspiciousIp: Make = ({ id, first, time, traits, random }) => ({
  dateFirstSeen: oddDate(random, first),
  dateLastSeen: date(time),
  evaluation: evaluation(random),
  id,
  ipv4: ipv4(random, traits.ip),
  isActive: true,
  port: pick(random, [80, 1080, 8080, null]),
  seqUpdate: SEQ,
  source: text(random, 'blocklist.example.org'),
  sources: random() % 2 === 0 ? [] : ['blocklist.example.org'],
  type: pick(random, ['http', 'socks5', 'elite']),
});

import { ddos, deface, phishingGroup, phishingKit, suspiciousIp } from './items-attacks.ts';
import { accountGroup, bankCardGroup, breached, mule } from './items-compromised.ts';
import { gitRepository, other, publicLeak, vulnerability } from './items-osi.ts';
import { cnc, malware, threat, threatActor } from './items-threats.ts';
import { violation } from './items-violations.ts';
import type { Make } from './facts.ts';
import type { Unit } from './sequence.ts';
import type { Tag } from './traits.ts';

/** A collection of the vendor, with what only it has. */
export interface Collection {
  readonly name: string;
  readonly api: 'ti' | 'drp';
  /** How long a second is in its seqUpdate; `null`: it has none and can only be searched (group-ib.txt:68-71). */
  readonly unit: Unit | null;
  /** Items of a page when the client does not say: 10 for the threats, 100 elsewhere (group-ib.txt:380-385, 489). */
  readonly limit: number;
  /** "Due to different size of feeds there are different limits" (group-ib.txt:489): what is above is cut without a word. */
  readonly maxLimit: number;
  /** Whether `granted_collections` says that the customer's rules apply. */
  readonly huntingRules: boolean;
  readonly searchable: readonly Tag[];
  readonly make: Make;
}

type Row = readonly [name: string, unit: Unit | null, make: Make, searchable: readonly Tag[]];

/** Units: milliseconds, tenths of them and microseconds are all seen; the page's formula fits none of its samples (group-ib.txt:291, 346, 451). */
const ROWS: readonly Row[] = [
  ['apt/threat', 'tenth-ms', threat, ['ip', 'domain', 'hash']],
  ['apt/threat_actor', 'us', threatActor, []],
  ['hi/open_threats', 'us', other, ['ip', 'domain']],
  ['hi/threat', 'us', threat, ['ip', 'domain', 'hash']],
  ['hi/threat_actor', 'us', threatActor, []],
  ['attacks/ddos', 'ms', ddos, ['ip', 'domain']],
  ['attacks/deface', 'ms', deface, ['ip', 'domain']],
  ['attacks/phishing_group', 'us', phishingGroup, ['domain']],
  ['attacks/phishing_kit', 'ms', phishingKit, ['domain', 'email', 'hash']],
  ['compromised/access', 'us', other, ['ip', 'domain']],
  ['compromised/account_group', 'us', accountGroup, ['domain', 'email']],
  ['compromised/bank_card_group', 'ms', bankCardGroup, []],
  ['compromised/breached', null, breached, ['email']],
  ['compromised/discord', 'us', other, ['ip', 'domain']],
  ['compromised/masked_card', 'us', other, ['ip', 'domain']],
  ['compromised/messenger', 'us', other, ['ip', 'domain']],
  ['compromised/mule', 'us', mule, ['hash']],
  ['compromised/reaper', null, breached, ['email']],
  ['compromised/spd', 'us', other, ['ip', 'domain']],
  ['ioc/common', 'us', other, ['ip', 'domain']],
  ['malware/cnc', 'ms', cnc, ['domain']],
  ['malware/config', 'us', other, ['ip', 'domain']],
  ['malware/malware', 'us', malware, []],
  ['malware/signature', 'us', other, ['ip', 'domain']],
  ['malware/yara', 'us', other, ['ip', 'domain']],
  ['osi/git_repository', 'us', gitRepository, []],
  ['osi/public_leak', 'us', publicLeak, ['email', 'hash']],
  ['osi/vulnerability', 'ms', vulnerability, []],
  ['suspicious_ip/open_proxy', 'us', suspiciousIp, ['ip']],
  ['suspicious_ip/scanner', 'us', suspiciousIp, ['ip']],
  ['suspicious_ip/socks_proxy', 'us', suspiciousIp, ['ip']],
  ['suspicious_ip/tor_node', 'us', suspiciousIp, ['ip']],
  ['suspicious_ip/vpn', 'us', suspiciousIp, ['ip']],
  ['violation/list', 'us', violation, ['domain']],
];

const LARGE: ReadonlySet<string> = new Set(['apt/threat', 'hi/threat']);
const HUNTED: ReadonlySet<string> = new Set(['osi/git_repository', 'osi/public_leak', 'compromised/breached']);

/** The collections that the vendor's client names, and the list of violations of the other API. */
export const COLLECTIONS: readonly Collection[] = ROWS.map(([name, unit, make, searchable]) => ({
  name,
  api: name === 'violation/list' ? 'drp' : 'ti',
  unit,
  limit: LARGE.has(name) ? 10 : 100,
  maxLimit: LARGE.has(name) ? 500 : 1000,
  huntingRules: HUNTED.has(name),
  searchable,
  make,
}));

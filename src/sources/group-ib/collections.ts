// What is known of the vendor's collections beyond its document, which says that "all limits for different collections can be found at
// Portal documentation" (group-ib.txt:492): the names and parameters that its public client libraries know.

/** The violations of Digital Risk Protection; the vendor's own path is `violation/list`, on a host of its own. */
export const DRP_VIOLATIONS = 'drp/violation';

/** "Sequence update logic is not applied to these collections" (group-ib.txt:68-71): they are searched by upload day instead. */
export const SEARCH_ONLY: readonly string[] = ['compromised/breached', 'compromised/reaper'];

export const COLLECTIONS: readonly string[] = [
  ...under('apt', 'threat', 'threat_actor'),
  ...under('attacks', 'ddos', 'deface', 'phishing_group', 'phishing_kit'),
  ...under('compromised', 'access', 'account_group', 'bank_card_group', 'breached', 'discord', 'masked_card'),
  ...under('compromised', 'messenger', 'mule', 'reaper', 'spd'),
  ...under('darkweb', 'forums'),
  DRP_VIOLATIONS,
  ...under('hi', 'open_threats', 'threat', 'threat_actor'),
  ...under('ioc', 'common', 'primary'),
  ...under('malware', 'cnc', 'config', 'malware', 'signature', 'yara'),
  ...under('osi', 'git_repository', 'public_leak', 'vulnerability'),
  ...under('suspicious_ip', 'open_proxy', 'scanner', 'socks_proxy', 'tor_node', 'vpn'),
];

/** What took their place, where something did. */
const DEPRECATED: Readonly<Record<string, string | undefined>> = {
  'attacks/phishing': 'attacks/phishing_group',
  'compromised/account': 'compromised/account_group',
  'compromised/card': 'compromised/bank_card_group',
  'compromised/bank_card': 'compromised/bank_card_group',
  'compromised/imei': undefined,
  'osi/git_leak': 'osi/git_repository',
  'bp/phishing': 'attacks/phishing_group',
  'bp/phishing_kit': 'attacks/phishing_kit',
};

/** What the vendor still answers to and no longer wants: that it is so, and what to take instead. */
export function deprecation(name: string): string | undefined {
  if (!Object.hasOwn(DEPRECATED, name) && !name.startsWith('bp/')) return undefined;
  const instead = DEPRECATED[name];
  return `"${name}" is deprecated by the vendor${instead === undefined ? '' : `; \`${instead}\` took its place`}`;
}

/** The name becomes the path. */
export const COLLECTION_NAME = /^[a-z0-9][a-z0-9_-]{0,62}\/[a-z0-9][a-z0-9_-]{0,62}$/;

/** The vendor's parameters that narrow or widen a collection; all are switches. */
export const PARAMETERS = [
  'apply_hunting_rules',
  'apply_has_exploit',
  'combolist',
  'is_tailored',
  'probable_corporate_access',
  'unique',
] as const;

export type Parameter = (typeof PARAMETERS)[number];

const TAKES: Readonly<Record<Parameter, readonly string[]>> = {
  apply_hunting_rules: [
    ...under('apt', 'threat'),
    ...under('attacks', 'ddos'),
    ...under('compromised', 'breached', 'messenger', 'reaper'),
    ...under('hi', 'open_threats', 'threat'),
    ...under('osi', 'git_repository', 'public_leak', 'vulnerability'),
    ...under('suspicious_ip', 'open_proxy', 'scanner', 'socks_proxy', 'tor_node', 'vpn'),
  ],
  apply_has_exploit: ['osi/vulnerability'],
  combolist: ['compromised/account_group'],
  is_tailored: ['apt/threat', 'hi/threat'],
  probable_corporate_access: ['compromised/account_group'],
  unique: ['compromised/account_group'],
};

/** The parameters that a collection takes; of one that is not known, nothing can be said. */
export function parametersOf(collection: string): readonly Parameter[] {
  if (!COLLECTIONS.includes(collection)) return PARAMETERS;
  return PARAMETERS.filter((name) => TAKES[name].includes(collection));
}

/** Those that can only be had by the account's hunting rules, as the vendor's own integrations ask for them. */
const RULED: readonly string[] = ['compromised/breached', 'osi/git_repository', 'osi/public_leak'];

export function defaultParameters(collection: string): Readonly<Partial<Record<Parameter, boolean>>> {
  return RULED.includes(collection) ? { apply_hunting_rules: true } : {};
}

/** The largest the document asks for (group-ib.txt:490-493). What is too large for a collection is cut down without a word. */
export const LARGEST_LIMIT = 500;

/**
 * How many records to ask for. "Default limit is 100" and 10 for apt/threat (group-ib.txt:380-385, 489); public consumers of its reports
 * ask for at most 20 at once.
 */
export function sizeOf(collection: string, limit?: number): { readonly first: number; readonly most: number } {
  if (limit !== undefined) return { first: limit, most: limit };
  return /^(?:apt|hi)\/threat$/.test(collection) ? { first: 10, most: 20 } : { first: 100, most: LARGEST_LIMIT };
}

/** What stolen data is made of, wherever it stands, and what is nothing but a secret in one collection. */
const SECRETS: readonly string[] = [
  '**.password',
  '**.cvv',
  '**.pin',
  '**.dump',
  '**.track1',
  '**.track2',
  '**.passport',
];
const OWN_SECRETS: Readonly<Record<string, readonly string[]>> = {
  'compromised/bank_card_group': ['cardInfo.number'],
  'compromised/masked_card': ['cardInfo.number'],
  'compromised/mule': ['account'],
  'osi/git_repository': ['files.revisions.data'],
  'osi/public_leak': ['data'],
};

/** Where the records of a collection hold secrets; what the items have is not documented, so names are looked for at any depth. */
export function secretsOf(collection: string): readonly string[] {
  return [...SECRETS, ...(OWN_SECRETS[collection] ?? [])];
}

function under(group: string, ...names: readonly string[]): readonly string[] {
  return names.map((name) => `${group}/${name}`);
}

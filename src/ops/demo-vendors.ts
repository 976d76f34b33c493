import { DAY, floorTo, toIso } from '../core/time.ts';
import { startAppTrana } from '../../simulators/apptrana.ts';
import { startGroupIb } from '../../simulators/group-ib.ts';
import { startInstart } from '../../simulators/instart.ts';
import { startShadowserver } from '../../simulators/shadowserver.ts';
import { startSignalSciences } from '../../simulators/signal-sciences.ts';

/** A simulated vendor of the demo, and the account there as a configuration has it. */
export interface DemoVendor {
  readonly about: string;
  readonly url: string;
  /** The source's entry, without indentation; secrets as `\${file:<folder>/<name>}` of {@link secrets}. */
  readonly source: readonly string[];
  close(): Promise<void>;
}

/** Made-up secrets by the names of the files that hold them. */
export const secrets = {
  'waf-password': 'demo-password',
  'apptrana-key': 'demo-api-key',
  'gib-key': 'demo-gib-key',
  'cdn-password': 'demo-cdn-password',
  'shadow-key': 'demo-shadow-key',
  'shadow-secret': 'demo-shadow-secret',
} as const;

const SITES = ['www.example.com', 'shop.example.com'];
const SEED = 42;

/** @param place of a secret, by its file's name. Vendors are started in this order, and shown in it. */
export const demoVendors: readonly ((place: (secret: keyof typeof secrets) => string) => Promise<DemoVendor>)[] = [
  async (place) => {
    const account = { email: 'ops@example.com', password: secrets['waf-password'] };
    // Enough for more than one page an hour, so that there are next links to follow.
    const simulator = await startSignalSciences({
      corp: 'democorp',
      sites: SITES,
      accounts: [account],
      seed: SEED,
      rate: 20,
    });
    const source = [
      'acme-waf:',
      '  type: signal-sciences',
      `  baseUrl: ${simulator.url}`,
      '  corp: democorp',
      `  sites: [${SITES.join(', ')}]`,
      '  auth:',
      `    email: ${account.email}`,
      `    password: ${place('waf-password')}`,
    ];
    const close = (): Promise<void> => simulator.close();
    return { about: `Signal Sciences with ${SITES.length} sites, hourly`, url: simulator.url, source, close };
  },
  async (place) => {
    const [website = ''] = SITES;
    const simulator = await startAppTrana({
      websites: SITES,
      clients: [{ id: 'demo-api-id', secret: secrets['apptrana-key'] }],
      seed: SEED,
    });
    const source = [
      'acme-apptrana:',
      '  type: apptrana',
      `  baseUrl: ${simulator.baseUrl}`,
      `  websites: [${website}]`,
      '  auth:',
      '    clientId: demo-api-id',
      `    clientSecret: ${place('apptrana-key')}`,
    ];
    const close = (): Promise<void> => simulator.close();
    return { about: 'AppTrana with a website, every five minutes', url: simulator.url, source, close };
  },
  async (place) => {
    const username = 'ops@example.com';
    const simulator = await startInstart({
      user: { name: username, password: secrets['cdn-password'] },
      seed: SEED,
      // Aggregates are for ever, and counted when they are asked for: a week is enough to look at.
      since: floorTo(Date.now(), DAY) - 7 * DAY,
      rate: 10,
    });
    const source = [
      'acme-cdn:',
      '  type: instart',
      `  baseUrl: ${simulator.url}`,
      '  customer: acme',
      '  streams:',
      '    events: { dimensions: [client_ip, rule_id, event_type, event_action, domain] }',
      '    waf-trends: { dimensions: [waf_action], granularity: 5minute }',
      '  auth:',
      `    username: ${username}`,
      `    password: ${place('cdn-password')}`,
    ];
    const close = (): Promise<void> => simulator.close();
    return { about: 'Instart with events and WAF trends, hourly', url: simulator.url, source, close };
  },
  async (place) => {
    const username = 'ops@example.com';
    const simulator = await startGroupIb({ accounts: [{ username, apiKey: secrets['gib-key'] }], seed: SEED });
    const source = [
      'acme-gib:',
      '  type: group-ib',
      `  baseUrl: ${simulator.tiUrl}`,
      '  collections: [apt/threat, malware/cnc]',
      '  # The default, one a second, is for the vendor himself.',
      '  requestsPerSecond: 50',
      '  auth:',
      `    username: ${username}`,
      `    apiKey: ${place('gib-key')}`,
    ];
    const close = (): Promise<void> => simulator.close();
    return { about: 'Group-IB with two collections, hourly', url: simulator.url, source, close };
  },
  async (place) => {
    const [apiKey, secret] = [secrets['shadow-key'], secrets['shadow-secret']];
    const types = ['blocklist', 'scan_ssl', 'event4_sinkhole_http'];
    const simulator = await startShadowserver({ keys: [{ apiKey, secret }], types, seed: SEED });
    const source = [
      'acme-shadow:',
      '  type: shadowserver',
      `  baseUrl: ${simulator.apiUrl}`,
      `  downloadUrl: ${simulator.dlUrl}`,
      `  start: ${toIso(Date.now() - 4 * DAY).slice(0, 10)}`,
      '  reports: { lists: [united-states] }',
      '  queries:',
      '    by-port: { query: { geo: US }, facet: port }',
      '  auth:',
      `    apiKey: ${place('shadow-key')}`,
      `    secret: ${place('shadow-secret')}`,
    ];
    const close = (): Promise<void> => simulator.close();
    return { about: 'Shadowserver with a list of daily reports and a query', url: simulator.url, source, close };
  },
];

import { startAppTrana } from '../../simulators/apptrana.ts';
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
export const secrets = { 'waf-password': 'demo-password', 'apptrana-key': 'demo-api-key' } as const;

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
];

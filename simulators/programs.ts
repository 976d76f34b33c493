import { readFaults as readAppTranaFaults } from './apptrana/faults.ts';
import { DEFAULT_CLIENT, DEFAULT_REDIRECT_URL, startAppTrana } from './apptrana.ts';
import { DEFAULT_ACCOUNT as GROUP_IB_ACCOUNT, startGroupIb } from './group-ib.ts';
import { readFaults as readGroupIbFaults } from './group-ib/read-faults.ts';
import { DEFAULT_CUSTOMER, DEFAULT_USER, startInstart } from './instart.ts';
import { readFaults as readInstartFaults } from './instart/read-faults.ts';
import { DEFAULT_KEY, DEFAULT_LISTS, startShadowserver } from './shadowserver.ts';
import { readFaults as readShadowserverFaults } from './shadowserver/read-faults.ts';
import { readFaults as readSignalSciencesFaults } from './signal-sciences/faults.ts';
import { DEFAULT_ACCOUNT, startSignalSciences } from './signal-sciences.ts';

/** A vendor as a program: its flags with their defaults, and how it is started with what they say. */
export interface VendorProgram {
  readonly about: string;
  /** Flag → default and what it means, beside those that every vendor has. */
  readonly flags: Readonly<Record<string, readonly [preset: string, about: string]>>;
  /** @returns the addresses, and a line for a person. */
  start(settings: Settings): Promise<Started>;
}

export interface Settings {
  readonly host: string;
  readonly port: number;
  readonly seed: number;
  /** JSON. */
  readonly faults: unknown;
  readonly text: (flag: string) => string;
  /** Throws a TypeError for what is no number from 0 on. */
  readonly number: (flag: string) => number;
  readonly list: (flag: string) => readonly string[];
}

export interface Started {
  /** The base URL for a client, where it is not the simulator's own. */
  readonly urls: readonly string[];
  readonly hint: string;
  readonly close: () => Promise<void>;
}

/** By the source types' names. */
export const programs: Readonly<Record<string, VendorProgram>> = {
  'signal-sciences': {
    about: 'the Signal Sciences request feed',
    flags: {
      corp: ['testcorp', ''],
      sites: ['www.example.com', 'comma list'],
      rate: ['30', 'events a minute and site, on average'],
      'record-bytes': ['1200', ''],
      email: [DEFAULT_ACCOUNT.email, ''],
      password: [DEFAULT_ACCOUNT.password, ''],
      token: [DEFAULT_ACCOUNT.token, 'for x-api-user and x-api-token'],
    },
    async start({ text, number, list, faults, ...common }) {
      const [corp, sites, email] = [text('corp'), list('sites'), text('email')];
      const simulator = await startSignalSciences({
        ...common,
        corp,
        sites,
        rate: number('rate'),
        recordBytes: number('record-bytes'),
        accounts: [{ email, password: text('password'), token: text('token') }],
        faults: readSignalSciencesFaults(faults),
        control: true,
      });
      const hint = `corp ${corp}, sites ${sites.join(', ')}; log in as ${email}`;
      return { urls: [simulator.url], hint, close: () => simulator.close() };
    },
  },
  instart: {
    about: 'the Instart Security Stats API',
    flags: {
      customer: [DEFAULT_CUSTOMER, ''],
      rate: ['30', 'events a minute, on average'],
      username: [DEFAULT_USER.name, ''],
      password: [DEFAULT_USER.password, ''],
    },
    async start({ text, number, faults, ...common }) {
      const simulator = await startInstart({
        ...common,
        customer: text('customer'),
        rate: number('rate'),
        user: { name: text('username'), password: text('password') },
        faults: readInstartFaults(faults),
        control: true,
      });
      const hint = `customer ${text('customer')}; log in as ${text('username')}`;
      return { urls: [simulator.url], hint, close: () => simulator.close() };
    },
  },
  apptrana: {
    about: 'the SIEM API of Indusface AppTrana',
    flags: {
      websites: ['www.example.com', 'comma list'],
      rate: ['2', 'attacks a minute and website, on average'],
      'client-id': [DEFAULT_CLIENT.id, ''],
      'client-secret': [DEFAULT_CLIENT.secret, ''],
      'redirect-url': [DEFAULT_REDIRECT_URL, 'where an authorisation code is sent'],
    },
    async start({ text, number, list, faults, ...common }) {
      const websites = list('websites');
      const simulator = await startAppTrana({
        ...common,
        websites,
        rate: number('rate'),
        clients: [{ id: text('client-id'), secret: text('client-secret') }],
        redirectUrl: text('redirect-url'),
        faults: readAppTranaFaults(faults),
        control: true,
      });
      const hint = `websites ${websites.join(', ')}; baseUrl ${simulator.baseUrl}`;
      return { urls: [simulator.url], hint, close: () => simulator.close() };
    },
  },
  'group-ib': {
    about: 'Group-IB Threat Intelligence and Digital Risk Protection',
    flags: {
      'per-day': ['40', 'new versions a day and collection, on average'],
      'history-days': ['30', ''],
      counts: ['{}', 'JSON: collections that hold exactly so many items'],
      username: [GROUP_IB_ACCOUNT.username, ''],
      'api-key': [GROUP_IB_ACCOUNT.apiKey, ''],
    },
    async start({ text, number, faults, ...common }) {
      const simulator = await startGroupIb({
        ...common,
        perDay: number('per-day'),
        historyDays: number('history-days'),
        counts: JSON.parse(text('counts')) as Record<string, number>,
        accounts: [{ username: text('username'), apiKey: text('api-key') }],
        faults: readGroupIbFaults(faults),
        control: true,
      });
      const hint = `log in as ${text('username')}; baseUrl ${simulator.tiUrl}, drp: ${simulator.drpUrl}`;
      return { urls: [simulator.url], hint, close: () => simulator.close() };
    },
  },
  shadowserver: {
    about: 'the Shadowserver reports API and its download host',
    flags: {
      'dl-port': ['8191', 'of the download host; 0: any free port'],
      rows: ['40', 'of a file, on average'],
      'api-key': [DEFAULT_KEY.apiKey, ''],
      secret: [DEFAULT_KEY.secret, ''],
    },
    async start({ text, number, faults, ...common }) {
      const simulator = await startShadowserver({
        ...common,
        dlPort: number('dl-port'),
        rows: number('rows'),
        keys: [{ apiKey: text('api-key'), secret: text('secret') }],
        faults: readShadowserverFaults(faults),
        control: true,
      });
      const lists = DEFAULT_LISTS.map(({ name }) => name).join(', ');
      const hint = `lists ${lists}; baseUrl ${simulator.apiUrl}, downloadUrl ${simulator.dlUrl}`;
      return { urls: [simulator.url, simulator.dlUrl], hint, close: () => simulator.close() };
    },
  },
};

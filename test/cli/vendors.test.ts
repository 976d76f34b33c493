import { describe, expect, it, onTestFinished } from 'vitest';
import { startAppTrana } from '../../simulators/apptrana.ts';
import { startInstart } from '../../simulators/instart.ts';
import { startShadowserver, type SimulatorOptions as ShadowOptions } from '../../simulators/shadowserver.ts';
import { CANARY, dataOf, deployment } from './kit.ts';

/** A configuration with an Instart and an AppTrana account, on simulators that are closed with the test. */
async function vendors({
  dimensions = 'client_ip, rule_id',
  grouping = 'waf_action',
  website = 'www.abc.com',
  secret = CANARY,
} = {}) {
  const cdn = await startInstart({ user: { name: 'ops', password: secret } });
  const waf = await startAppTrana({ websites: ['www.abc.com'], clients: [{ id: 'api-id', secret: CANARY }] });
  onTestFinished(() => cdn.close());
  onTestFinished(() => waf.close());
  const yaml = [
    'version: 1',
    'data: ./data',
    'sources:',
    '  acme-cdn:',
    '    type: instart',
    `    baseUrl: ${cdn.url}`,
    '    customer: acme',
    '    auth: { username: ops, password: "${env:SIGSCI_PASSWORD}" }',
    '    streams:',
    '      events:',
    `        dimensions: [${dimensions}]`,
    '      waf-trends:',
    `        dimensions: [${grouping}]`,
    '        granularity: hour',
    '  acme-apptrana:',
    '    type: apptrana',
    `    baseUrl: ${waf.baseUrl}`,
    `    websites: [${website}]`,
    '    auth: { clientId: api-id, clientSecret: "${env:SIGSCI_PASSWORD}" }',
    '',
  ].join('\n');
  return await deployment(yaml);
}

describe('config check --online', () => {
  it('says that each vendor knows what is configured', async () => {
    const { run } = await vendors();
    const { code, stdout } = await run('config', 'check', '--online');
    expect(code).toBe(0);
    expect(stdout).toMatch(/acme-cdn +as the vendor has it/);
    expect(stdout).toMatch(/acme-apptrana +as the vendor has it/);
  });

  it('points at what a vendor does not know, with the word that was probably meant', async () => {
    const { run } = await vendors({
      dimensions: 'client_ip, rule_idd',
      grouping: 'waf_action, client_browser',
      website: 'www.abd.com',
    });
    const { code, stderr } = await run('config', 'check', '--online');
    expect(code).toBe(78);
    expect(stderr).toMatch(/sluice\.yaml:11:\d+ .*rule_idd/);
    expect(stderr).toContain('Did you mean `rule_id`?');
    expect(stderr).toMatch(/sluice\.yaml:13:\d+ /);
    expect(stderr).toMatch(/sluice\.yaml:18:\d+ .*www\.abd\.com/);
    expect(stderr).toContain('3 mistakes');
  });

  it('asks the other vendors though one refuses the credentials, and never shows them', async () => {
    const { run } = await vendors({ secret: 'another' });
    const { code, stdout, stderr } = await run('config', 'check', '--online');
    expect(code).toBe(77);
    expect(stdout).toMatch(/acme-cdn +not checked: credentials-rejected/);
    expect(stdout).toMatch(/acme-apptrana +as the vendor has it/);
    expect(stdout + stderr).not.toContain(CANARY);
  });

  it('without --online asks nobody', async () => {
    const { run } = await vendors({ dimensions: 'no_such_dimension' });
    expect((await run('config', 'check')).code).toBe(0);
  });
});

/** A configuration with a Shadowserver account. */
async function shadowserver({ list = 'united-states', attribute = 'tag', faults = {} }: ShadowAsked = {}) {
  const simulator = await startShadowserver({ keys: [{ apiKey: CANARY, secret: CANARY }], faults });
  onTestFinished(() => simulator.close());
  const yaml = [
    'version: 1',
    'data: ./data',
    'sources:',
    '  acme-shadow:',
    '    type: shadowserver',
    `    baseUrl: ${simulator.apiUrl}`,
    `    downloadUrl: ${simulator.dlUrl}`,
    `    reports: { lists: [${list}] }`,
    `    queries: { ssl: { query: { geo: US, ${attribute}: ssl } } }`,
    '    auth: { apiKey: "${env:SIGSCI_PASSWORD}", secret: "${env:SIGSCI_PASSWORD}" }',
    '',
  ].join('\n');
  return await deployment(yaml);
}

interface ShadowAsked {
  readonly list?: string;
  readonly attribute?: string;
  readonly faults?: ShadowOptions['faults'];
}

describe('an account with Shadowserver', () => {
  it('is compared with its subscriptions and the attributes that there are', async () => {
    const { run } = await shadowserver();
    expect((await run('config', 'check', '--online')).code).toBe(0);
    const { run: mistaken } = await shadowserver({ list: 'united-state', attribute: 'tagg' });
    const { code, stderr } = await mistaken('config', 'check', '--online');
    expect(code).toBe(78);
    expect(stderr).toMatch(/sluice\.yaml:8:\d+ .*not subscribed to `united-state`/);
    expect(stderr).toContain('Did you mean `united-states`?');
    expect(stderr).toMatch(/sluice\.yaml:9:\d+ .*no attribute `tagg`/);
  });

  it('that is subscribed to nothing is a complaint', async () => {
    const { run } = await shadowserver({ faults: { noSubscription: true } });
    const { code, stderr } = await run('config', 'check', '--online');
    expect(code).toBe(78);
    expect(stderr).toContain('subscribed to no list');
  });

  it('shows what there is to choose from', async () => {
    const { run } = await shadowserver();
    const { stdout } = await run('discover', 'acme-shadow');
    for (const word of ['united-states', 'california', 'scan_ssl', 'device_vendor']) expect(stdout).toContain(word);
    expect(stdout).not.toContain(CANARY);
  });
});

describe('discover', () => {
  it('lists dimensions, groupings and metrics of every kind as the vendor gives them', async () => {
    const { run } = await vendors();
    const { code, stdout } = await run('discover', 'acme-cdn');
    expect(code).toBe(0);
    for (const word of ['events dimensions', 'groupings', 'metrics', 'hits', 'client_country_code']) {
      expect(stdout).toContain(word);
    }
    const listings = dataOf<{ about: string; entries: string[] }[]>(await run('discover', 'acme-cdn', '-o', 'json'));
    expect(listings.find(({ about }) => about === 'events dimensions')?.entries).toContain('rule_id');
    expect((await run('discover', 'acme-apptrana')).stdout).toContain('www.abc.com');
  });

  it('tells a mistyped source, and one whose vendor has no lists', async () => {
    const { run } = await vendors();
    const mistyped = await run('discover', 'acme-cnd');
    expect(mistyped.code).toBe(64);
    expect(mistyped.stderr).toContain('Did you mean acme-cdn?');
    const { run: other } = await deployment();
    const none = await other('discover', 'acme-waf');
    expect(none.code).toBe(0);
    expect(none.stderr).toContain('no lists');
  });
});

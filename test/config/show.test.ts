import { describe, expect, it } from 'vitest';
import { loadConfig } from '../../src/config/load.ts';
import { showConfig } from '../../src/config/show.ts';
import { BASE, CANARY, changed, ENV, load, NOW, write } from './kit.ts';

describe('a configuration that is shown', () => {
  it('has every default, and secrets by their references', () => {
    const config = load(BASE);
    expect(showConfig(config, 'yaml')).toBe(
      [
        `# ${config.file}, with every default`,
        '',
        'version: 1',
        `data: ${config.data}`,
        'temporal:',
        '  port: 7233',
        '  uiPort: 8233',
        'sources:',
        '  acme-waf:',
        '    type: signal-sciences',
        '    corp: testcorp',
        '    sites:',
        '      - www.example.com',
        '    auth:',
        '      email: ops@example.com',
        '      password: ${env:SIGSCI_PASSWORD}',
        '    limit: 1000',
        '    redaction: mask',
        '    schedule:',
        '      every: 1h',
        '      offset: 6m',
        '    window: 1h',
        '    limits:',
        '      longest: 24h',
        '      grain: 1m',
        '      settling: 5m',
        '      retention: 24h5m',
        '      safety: 1m',
        '      cursorValidity: 1m',
        '      perSource: 5',
        '      perStream: 2',
        '    reconcile: true',
        '',
      ].join('\n'),
    );
  });

  it('says where metrics and health are served, and is silent where they are not', () => {
    const config = load(`${BASE}metrics: { listen: "0.0.0.0:9464" }\n`);
    expect(showConfig(config, 'yaml')).toContain('\nmetrics:\n  listen: 0.0.0.0:9464\n');
    expect(load(showConfig(config, 'yaml')).metrics).toEqual({ listen: '0.0.0.0:9464' });
    expect(showConfig(load(BASE), 'yaml')).not.toContain('metrics');
  });

  it('is JSON on request, with the same content', () => {
    expect(JSON.parse(showConfig(load(BASE), 'json'))).toMatchObject({
      version: 1,
      sources: {
        'acme-waf': { auth: { password: '${env:SIGSCI_PASSWORD}' }, schedule: { every: '1h', offset: '6m' } },
      },
    });
  });

  it('loads again as the same configuration', () => {
    const text =
      changed(
        ['testcorp', '${env:CORP}'],
        'tags: [SQLI]',
        'start: 2026-11-01',
        'proxy: ${env:PROXY}',
        'limits: { perSource: 1 }',
      ) + 'temporal: { address: "t:7233", namespace: waf, apiKey: "${env:SIGSCI_PASSWORD}" }\n';
    const env = { ...ENV, CORP: 'acme', PROXY: `http://me:${CANARY}@proxy:3128` };
    const first = load(text, { env });
    const again = loadConfig(write(showConfig(first, 'yaml')), { env, now: () => NOW });
    expect(JSON.stringify([...again.sources])).toBe(JSON.stringify([...first.sources]));
    expect(again.temporal).toMatchObject({ address: 't:7233', namespace: 'waf', tls: true });
    expect(again.data).toBe(first.data);
  });

  it('has the values that references stood for, and a literal ${ as such', () => {
    const text = changed(['ops@example.com', '"$${x}@example.com"'], 'baseUrl: ${env:GATEWAY}');
    const shown = showConfig(load(text, { env: { ...ENV, GATEWAY: 'https://gateway.example.com' } }), 'yaml');
    expect(shown).toContain('baseUrl: https://gateway.example.com\n');
    expect(shown).toContain('$${x}@example.com');
  });

  it('shows no secret that also stands where none belongs', () => {
    const shown = showConfig(load(changed(['testcorp', '${env:SIGSCI_PASSWORD}'])), 'yaml');
    expect(shown).not.toContain(CANARY);
  });
});

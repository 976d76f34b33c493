import { describe, expect, it } from 'vitest';
import { viewsOf } from '../../src/sources/group-ib/views.ts';
import { refusal } from '../config/kit.ts';

const ITEM = {
  id: 'x1',
  dateFirstSeen: '2026-11-20T08:00:00+00:00',
  login: 'somebody',
  evaluation: { tlp: 'amber', ttl: 30 },
  events: [{ client: { ipv4: { ip: '192.0.2.1' } } }, { client: { ipv4: { ip: '192.0.2.1' } } }, { client: null }],
};
const record = (value: unknown) => ({ bytes: Buffer.from(JSON.stringify(value)), context: undefined });
const parse = (lines: readonly string[] | undefined): unknown[] =>
  (lines ?? []).map((line) => JSON.parse(line) as unknown);

describe('the views of a collection', () => {
  it('parsed is what the template takes out of a record', () => {
    const { parsed } = viewsOf({
      name: 'compromised/account_group',
      keys: { login: 'login', type: '*account', where: { ips: 'events.client.ipv4.ip' } },
    });
    expect(parse(parsed?.(record(ITEM)))).toEqual([
      { login: 'somebody', type: 'account', where: { ips: ['192.0.2.1', '192.0.2.1', null] } },
    ]);
  });

  it('iocs is an object for each indicator, with where and when it comes from, each once a record', () => {
    const { iocs } = viewsOf({ name: 'compromised/account_group', iocs: { ip: 'events.client.ipv4.ip' } });
    expect(parse(iocs?.(record(ITEM)))).toEqual([
      {
        kind: 'ip',
        value: '192.0.2.1',
        collection: 'compromised/account_group',
        id: 'x1',
        firstSeen: '2026-11-20T08:00:00Z',
        tlp: 'amber',
        ttl: 30,
      },
    ]);
    expect(parse(iocs?.(record({ id: 'x2' })))).toEqual([]);
  });

  it('are those that the configuration asks for', () => {
    expect(Object.keys(viewsOf({ name: 'apt/threat' }))).toEqual([]);
  });

  it('of a template that cannot be are refused in the configuration, at their place', () => {
    const text = [
      'version: 1',
      'data: ./data',
      'sources:',
      '  acme-gib:',
      '    type: group-ib',
      '    auth: { username: ops, apiKey: "${env:SIGSCI_PASSWORD}" }',
      '    collections:',
      '      - name: apt/threat',
      '        keys:',
      '          hash: "#hashes[x]"',
      '',
    ].join('\n');
    const [finding] = refusal(text).findings;
    expect(finding).toMatchObject({ line: 10, path: 'sources.acme-gib.collections[0].keys.hash' });
  });
});

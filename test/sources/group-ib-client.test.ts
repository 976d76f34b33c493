import { randomBytes } from 'node:crypto';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { describe, expect, it, onTestFinished } from 'vitest';
import { CredentialsRejected, CursorStuck, RefusedTarget, UnexpectedAnswer } from '../../src/core/failures.ts';
import type { Page } from '../../src/core/contract.ts';
import { openGroupIbClient, type GroupIbClient } from '../../src/sources/group-ib/index.ts';
import { API_KEY, contextOf, held, openSource, queryOf, start, updated, type Held } from './group-ib.scripted.ts';
import { startScriptedVendor, type Reply, type ScriptedVendor, type Seen } from './scripted-vendor.ts';
import { texts } from './sequence-source.contract.ts';
import { everythingIn, failureOf, live } from './window-source.contract.ts';

process.env['TZ'] = 'America/New_York';

async function client(answer: (request: Seen) => Reply): Promise<{ client: GroupIbClient; vendor: ScriptedVendor }> {
  const vendor = await startScriptedVendor(answer);
  onTestFinished(() => vendor.close());
  const opened = openGroupIbClient(contextOf(vendor.url));
  onTestFinished(() => opened.close());
  return { client: opened, vendor };
}

async function all<T>(pieces: AsyncIterable<T>): Promise<readonly T[]> {
  const found: T[] = [];
  for await (const piece of pieces) found.push(piece);
  return found;
}

describe('a search', () => {
  const hits = [
    {
      apiPath: 'attacks/ddos',
      label: 'Attack :: DDoS',
      link: 'https://elsewhere',
      count: 250,
      time: 0.3,
      detailedLinks: null,
    },
    { apiPath: 'suspicious_ip/vpn', count: 0 },
  ];

  it('says which collections have something, and how much', async () => {
    const { client: gib, vendor } = await client(() => ({ body: hits }));
    expect(await gib.search('ip:8.8.8.8', live())).toEqual([
      { collection: 'attacks/ddos', label: 'Attack :: DDoS', count: 250 },
      { collection: 'suspicious_ip/vpn', label: 'suspicious_ip/vpn', count: 0 },
    ]);
    expect(queryOf(vendor.seen[0] as Seen).query.get('q')).toBe('ip:8.8.8.8');
  });

  it.each(['{}', '[{}]', '[{"apiPath":"a/b"}]', '[null]'])('is not made out of %s', async (body) => {
    const { client: gib } = await client(() => ({ body }));
    expect(await failureOf(gib.search('x', live()))).toBeInstanceOf(UnexpectedAnswer);
  });

  it('is walked along with its query on every portion, from the very beginning to an answer without items', async () => {
    const items: readonly Held[] = Array.from({ length: 250 }, (_, i) => held(`i${i}`, BigInt(10 + i)));
    const { client: gib, vendor } = await client((request) => updated(items, queryOf(request).query));
    const portions = await all(gib.walkSearch('attacks/ddos', 'domain:a&b=ü', live()));
    expect(portions.flatMap(texts)).toEqual(items.map(({ text }) => text));
    const asked = vendor.seen.map((request) => queryOf(request));
    expect(asked.every(({ path }) => path === '/api/v2/attacks/ddos/updated')).toBe(true);
    expect(asked.every(({ query }) => query.get('q') === 'domain:a&b=ü')).toBe(true);
    expect(asked[0]?.query.get('seqUpdate')).toBeNull();
    expect(asked[1]?.query.get('seqUpdate')).toBe('108');
  });

  it('goes on after a portion of an earlier walk', async () => {
    const items: readonly Held[] = Array.from({ length: 150 }, (_, i) => held(`i${i}`, BigInt(10 + i)));
    const { client: gib } = await client((request) => updated(items, queryOf(request).query));
    const [first] = await all(gib.walkSearch('attacks/ddos', 'x', live()));
    const rest = await all(gib.walkSearch('attacks/ddos', 'x', live(), first?.next ?? undefined));
    expect([...(first ? texts(first) : []), ...rest.flatMap(texts)]).toEqual(items.map(({ text }) => text));
  });

  it('asks for less where there is too much', async () => {
    const items: readonly Held[] = Array.from({ length: 60 }, (_, i) => held(`i${i}`, BigInt(10 + i)));
    const { client: gib } = await client((request) => updated(items, queryOf(request).query, { heaviest: 30 }));
    expect((await all(gib.walkSearch('attacks/ddos', 'x', live()))).flatMap(texts)).toHaveLength(60);
  });

  it('is stopped where it leads nowhere', async () => {
    const items = [held('a', 10n), held('b', 11n)];
    const { client: gib } = await client(() => updated(items, new URLSearchParams()));
    expect(await failureOf(all(gib.walkSearch('attacks/ddos', 'x', live())))).toBeInstanceOf(CursorStuck);
  });

  it('of a collection without a sequence is gone on with by resultId', async () => {
    const { client: gib, vendor } = await client((request) => {
      const at = Number(queryOf(request).query.get('resultId') ?? 0);
      return {
        body: {
          count: 3,
          resultId: String(at + 1),
          items: at < 3 ? [{ id: `u${at}`, uploadTime: '2026-11-20T00:00:00' }] : [],
        },
      };
    });
    const portions: readonly Page[] = await all(gib.walkSearch('compromised/breached', 'email:a@b.example', live()));
    expect(portions.flatMap(texts)).toHaveLength(3);
    expect(vendor.seen.map((request) => queryOf(request).query.get('q'))).toEqual([
      'email:a@b.example',
      null,
      null,
      null,
    ]);
  });
});

describe('a feed', () => {
  it('is found by its id, with the bytes that the vendor sent', async () => {
    const text = '{ "id":"a/b é", "n": 9007199254740993, "name":"é" }';
    const { client: gib, vendor } = await client(() => ({ body: ` ${text}\n` }));
    const found = await gib.find('apt/threat', 'a/b é', live());
    expect(Buffer.from(found?.bytes ?? []).toString()).toBe(text);
    expect(found?.value).toMatchObject({ name: 'é' });
    expect(vendor.seen[0]?.url).toBe('/api/v2/apt/threat/a%2Fb%20%C3%A9');
  });

  it('that is not there is none', async () => {
    const { client: gib } = await client(() => ({ status: 404, body: { message: 'Not found' } }));
    expect(await gib.find('apt/threat', 'x', live())).toBeUndefined();
  });
});

describe('a file of a report', () => {
  const bytes = randomBytes(3_000_000);

  async function serving(status: number, body: Buffer, headers: Record<string, string> = {}): Promise<GroupIbClient> {
    const server = createServer((request, response) => {
      const asked = request.url === '/api/v2/hi/threat/f1/file/a%20b';
      const trusted = request.headers.authorization?.startsWith('Basic ') === true;
      response.writeHead(asked && trusted ? status : 500, headers).end(body);
    });
    await new Promise<void>((resolve) => {
      server.listen(0, '127.0.0.1', resolve);
    });
    onTestFinished(() => void server.close());
    const opened = openGroupIbClient(contextOf(`http://127.0.0.1:${(server.address() as AddressInfo).port}`));
    onTestFinished(() => opened.close());
    return opened;
  }

  it('comes piece by piece, and all of it', async () => {
    const gib = await serving(200, bytes);
    const pieces = await all(gib.file('hi/threat', 'f1', 'a b', live()));
    expect(pieces.length).toBeGreaterThan(1);
    expect(Buffer.concat(pieces).equals(bytes)).toBe(true);
  });

  it('that is refused is a failure by name, and a redirect is not followed', async () => {
    const forbidden = await serving(403, Buffer.from(API_KEY));
    const failure = await failureOf(all(forbidden.file('hi/threat', 'f1', 'a b', live())));
    expect(failure).toBeInstanceOf(CredentialsRejected);
    expect(everythingIn(failure)).not.toContain(API_KEY);
    const moved = await serving(302, Buffer.alloc(0), { location: 'https://portal.example/' });
    expect(await failureOf(all(moved.file('hi/threat', 'f1', 'a b', live())))).toBeInstanceOf(RefusedTarget);
  });
});

describe('what the account may see', () => {
  const granted = [
    { collection: 'apt/threat', huntingRulesUsed: false },
    { collection: 'osi/public_leak', huntingRulesUsed: true },
    { collection: 'apt/threat', huntingRulesUsed: false },
    { collection: 'osi/vulnerability', huntingRulesUsed: 1 },
  ];
  const collections = [
    { name: 'apt/threat' },
    { name: 'hi/threats' },
    { name: 'drp/violation' },
    { name: 'hi/threat' },
  ];

  it('is a list of collections, each once', async () => {
    const { client: gib } = await client(() => ({ body: granted }));
    expect(await gib.granted(live())).toEqual([
      { collection: 'apt/threat', huntingRulesUsed: false },
      { collection: 'osi/public_leak', huntingRulesUsed: true },
      { collection: 'osi/vulnerability', huntingRulesUsed: true },
    ]);
  });

  it('is discovered, with what is narrowed to hunting rules and what is not pulled', async () => {
    const { source } = await start(() => ({ body: granted }), { settings: { collections } });
    expect((await source.discover?.(live()))?.map(({ about, setting, entries }) => [about, setting, entries])).toEqual([
      ['granted collections', 'collections', ['apt/threat', 'osi/public_leak', 'osi/vulnerability']],
      ['granted collections, with hunting rules used', 'collections', ['osi/public_leak', 'osi/vulnerability']],
      ['granted collections, not configured', 'collections', ['osi/public_leak', 'osi/vulnerability']],
    ]);
  });

  it('is compared with what is configured, but for the violations, which are not in the list', async () => {
    const { source } = await start(() => ({ body: granted }), { settings: { collections } });
    const complaints = await source.review?.(live());
    expect(complaints?.map(({ path, message }) => [path, message])).toEqual([
      [['collections', 1], '"hi/threats" is not granted to this account'],
      [['collections', 3], '"hi/threat" is not granted to this account'],
    ]);
    expect(complaints?.[0]?.known).toContain('apt/threat');
  });

  it('proves the credentials by one request; with nothing but violations, by one violation', async () => {
    const both = await start(() => ({ body: granted }), { settings: { collections } });
    await both.source.authenticate(live());
    expect(both.vendor.seen.map(({ url }) => url)).toEqual(['/api/v2/user/granted_collections']);
    const vendor = await startScriptedVendor(() => ({ body: { total: 0, items: [] } }));
    onTestFinished(() => vendor.close());
    const violations = openSource(vendor.url, { settings: { collections: [{ name: 'drp/violation' }] } });
    onTestFinished(() => violations.close());
    await violations.authenticate(live());
    expect(vendor.seen).toHaveLength(1);
    expect(vendor.seen[0]?.url).toMatch(/^\/client_api\/violation\/list\?seqUpdate=\d{16}&limit=1$/);
  });

  it.each(['{}', '[{}]', '[{"collection":3}]'])('is not made out of %s', async (body) => {
    const { client: gib } = await client(() => ({ body }));
    expect(await failureOf(gib.granted(live()))).toBeInstanceOf(UnexpectedAnswer);
  });
});

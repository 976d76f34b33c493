import { performance } from 'node:perf_hooks';
import { describe, expect, it, onTestFinished } from 'vitest';
import {
  CredentialsRejected,
  RateLimited,
  RefusedTarget,
  Unavailable,
  UnexpectedAnswer,
} from '../../src/core/failures.ts';
import { DAY, dayOf, floorTo, HOUR, SECOND } from '../../src/core/time.ts';
import {
  API_KEY,
  COLLECTION,
  held,
  holding,
  openSource,
  queryOf,
  secretOf,
  sequenceStream,
  start,
  updated,
} from './group-ib.scripted.ts';
import { startScriptedVendor, type Reply } from './scripted-vendor.ts';
import { follow, texts } from './sequence-source.contract.ts';
import { everythingIn, failureOf, live } from './window-source.contract.ts';

process.env['TZ'] = 'America/New_York';

const PASSWORD = 'hunter2-canary-5f0c';
const EMPTY = '{"count":0,"items":[]}';

describe('a request', () => {
  it('goes with user name and key in UTF-8, to the address of the collection', async () => {
    const { stream, vendor } = await holding([held('a', 10n)]);
    await stream.fetchPortion('10', 25, live());
    const [seen] = vendor.seen;
    const basic = Buffer.from(`ops@example.com:${API_KEY}`, 'utf8').toString('base64');
    expect(seen?.headers.authorization).toBe(`Basic ${basic}`);
    expect(seen?.url).toBe(`/api/v2/${COLLECTION}/updated?seqUpdate=9&limit=25`);
  });

  it('carries the parameters of its collection with every portion, and none that were not set', async () => {
    const { stream, vendor } = await start((request) => updated([held('a', 10n)], queryOf(request).query), {
      settings: {
        collections: [{ name: 'compromised/account_group', parameters: { unique: true, combolist: false } }],
      },
    });
    const { cursor } = await stream.fetchPortion('10', 5, live());
    await stream.fetchPortion(cursor, 5, live());
    for (const request of vendor.seen) {
      const { path, query } = queryOf(request);
      expect(path).toBe('/api/v2/compromised/account_group/updated');
      expect([query.get('unique'), query.get('combolist'), query.get('probable_corporate_access')]).toEqual([
        '1',
        '0',
        null,
      ]);
    }
  });

  it.each(['osi/public_leak', 'osi/git_repository'])(
    'asks for %s by hunting rules, which it cannot be had without',
    async (name) => {
      const { stream, vendor } = await start(() => ({ body: EMPTY }), { settings: { collections: [{ name }] } });
      await stream.fetchPortion('10', 5, live());
      expect(vendor.seen[0]?.url).toContain('apply_hunting_rules=1');
    },
  );

  it('asks for as many as suits the collection, or as it is told', async () => {
    const sizes = (name: string, limit?: number) => {
      const source = openSource('http://127.0.0.1:9', { settings: { collections: [{ name, limit }] } });
      onTestFinished(() => source.close());
      return sequenceStream(source).size;
    };
    expect(sizes('attacks/ddos')).toEqual({ first: 100, most: 500 });
    expect(sizes('apt/threat')).toEqual({ first: 10, most: 20 });
    expect(sizes('hi/threat')).toEqual({ first: 10, most: 20 });
    expect(sizes('attacks/ddos', 40)).toEqual({ first: 40, most: 40 });
  });
});

describe('the beginning', () => {
  const list = (body: unknown) =>
    start((request) => {
      const { path, query } = queryOf(request);
      if (path === '/api/v2/sequence_list') return { body };
      return updated([held('a', 10n), held('b', 11n)], query);
    });

  it('is what sequence_list says for the date, and the first item may carry that very number', async () => {
    for (const number of ['10', '"10"']) {
      const { stream, vendor } = await list(`{"list":{"apt/threat":3,"${COLLECTION}":${number}}}`);
      const cursor = await stream.start('2026-11-01', live());
      expect(cursor).toBe('10');
      expect(vendor.seen[0]?.url).toBe('/api/v2/sequence_list?date=2026-11-01&collection=attacks%2Fddos');
      const portions = await follow(stream, cursor, 10);
      expect(portions.flatMap(({ records }) => records)).toHaveLength(2);
    }
  });

  it.each(['{"list":{}}', '{"list":[]}', `{"list":{"${COLLECTION}":null}}`, `{"list":{"${COLLECTION}":0}}`])(
    'is the date itself where the list has nothing: %s',
    async (body) => {
      const { stream, vendor } = await list(body);
      const cursor = await stream.start('2026-11-01', live());
      const first = await stream.fetchPortion(cursor, 10, live());
      await stream.fetchPortion(first.cursor, 10, live());
      const [, one, two] = vendor.seen.map((request) => queryOf(request).query);
      expect([one?.get('df'), one?.get('seqUpdate')]).toEqual(['2026-11-01', null]);
      expect([two?.get('df'), two?.get('seqUpdate')]).toEqual([null, '10']);
    },
  );

  it('stays where it is as long as there is nothing since the date', async () => {
    const { stream } = await start((request) =>
      request.url.includes('sequence_list') ? { body: { list: {} } } : { body: EMPTY },
    );
    const cursor = await stream.start('2026-11-01', live());
    expect(await stream.fetchPortion(cursor, 10, live())).toEqual({ records: [], cursor, remaining: 0 });
  });

  it.each(['{}', '[]', '{"list":3}', `{"list":{"${COLLECTION}":"soon"}}`])('is not made out of %s', async (body) => {
    const { stream } = await list(body);
    expect(await failureOf(stream.start('2026-11-01', live()))).toBeInstanceOf(UnexpectedAnswer);
  });
});

describe('a refusal', () => {
  const refused = async (reply: Reply): Promise<Error> => {
    const { stream } = await start(() => reply);
    const failure = await failureOf(stream.fetchPortion('10', 10, live()));
    expect(everythingIn(failure)).not.toContain(API_KEY);
    expect(everythingIn(failure)).not.toContain(PASSWORD);
    return failure;
  };

  it('of the credentials is left to a person, by the place of the key', async () => {
    const failure = await refused({ status: 401, body: { message: `who is ${API_KEY}?` } });
    expect(failure).toBeInstanceOf(CredentialsRejected);
    expect(failure.message).toContain('${env:GIB_API_KEY}');
    expect(failure.message).toContain('API key');
  });

  it('of one collection says where to look, and leaves the others alone', async () => {
    const { source } = await start(
      (request) =>
        request.url.includes('hi/threat') ? { status: 403, body: { message: 'Forbidden' } } : { body: EMPTY },
      { settings: { collections: [{ name: 'hi/threat' }, { name: COLLECTION }] } },
    );
    const failure = await failureOf(sequenceStream(source, 'hi/threat').fetchPortion('10', 10, live()));
    expect(failure).toBeInstanceOf(CredentialsRejected);
    expect(failure.message).toContain('no access to this collection');
    expect(failure.message).toContain('user/granted_collections');
    expect(failure.message).toContain('acme-gib/hi/threat');
    expect((await sequenceStream(source, COLLECTION).fetchPortion('10', 10, live())).records).toEqual([]);
  });

  it('of everything is one of the address or the key', async () => {
    const { source } = await start(() => ({ status: 403, body: { message: 'Forbidden' } }));
    const failure = await failureOf(source.authenticate(live()));
    expect(failure).toBeInstanceOf(CredentialsRejected);
    expect(failure.message).toContain('not on the access list');
    expect(failure.message).not.toContain('no access to this collection');
  });

  it.each([301, 302])('by a redirect (%d) says that the address is not on the access list', async (status) => {
    const failure = await refused({ status, headers: { location: `https://portal.example/login?k=${PASSWORD}` } });
    expect(failure).toBeInstanceOf(RefusedTarget);
    expect(failure.message).toContain('https://portal.example');
    expect(failure.message).toContain('access list');
  });

  it.each([
    [400, 'wrong searchable tag'],
    [404, 'nothing of that name'],
  ])('by status %d names the collection and what it may be', async (status, words) => {
    const failure = await refused({ status, body: { message: 'No such tag', items: [PASSWORD] } });
    expect(failure).toBeInstanceOf(UnexpectedAnswer);
    expect(failure.message).toContain('No such tag');
    expect(failure.message).toContain(words);
    expect(failure.message).toContain('`attacks/ddos` in `collections`');
  });

  it('without words shows nothing of its body, which may be data', async () => {
    expect((await refused({ status: 400, body: { login: PASSWORD } })).message).toContain('no message');
  });

  it.each([500, 502, 503])('by status %d may pass', async (status) => {
    expect(await refused({ status, body: 'trouble', headers: { 'content-type': 'text/plain' } })).toBeInstanceOf(
      Unavailable,
    );
  });

  it('of one more request says when to come back', async () => {
    const failure = await refused({ status: 429, headers: { 'retry-after': '7' } });
    expect(failure).toBeInstanceOf(RateLimited);
    expect((failure as RateLimited).retryAfterMs).toBe(7 * SECOND);
  });

  it('that is gone once the key was changed in place is tried once', async () => {
    let key = 'the old one';
    const { stream, vendor } = await start(
      ({ headers }) => {
        key = 'the new one';
        const isNew =
          headers.authorization === `Basic ${Buffer.from('ops@example.com:the new one').toString('base64')}`;
        return isNew ? { body: EMPTY } : { status: 401 };
      },
      { settings: { auth: { username: 'ops@example.com', apiKey: secretOf(() => key) } } },
    );
    expect((await stream.fetchPortion('10', 10, live())).records).toEqual([]);
    expect(vendor.seen).toHaveLength(2);
  });

  it('comes before anything is sent where the key cannot be read', async () => {
    const apiKey = secretOf(() => {
      throw new Error('no such variable');
    });
    const { stream, vendor } = await start(() => ({}), { settings: { auth: { username: 'ops', apiKey } } });
    expect(await failureOf(stream.fetchPortion('10', 10, live()))).toBeInstanceOf(CredentialsRejected);
    expect(vendor.seen).toEqual([]);
  });
});

describe('an answer that does not fit', () => {
  it('goes to quarantine as it is, and shows nothing of what it holds', async () => {
    for (const body of [
      `{"items":[{"password":"${PASSWORD}"}]}`,
      `{"items":[{"id":"a","password":"${PASSWORD}"},]}`,
      `{"${PASSWORD}":1}`,
      `{"items":"${PASSWORD}"}`,
      `["${PASSWORD}"]`,
      PASSWORD,
    ]) {
      const { stream } = await start(() => ({ body }));
      const failure = await failureOf(stream.fetchPortion('10', 10, live()));
      expect(failure).toBeInstanceOf(UnexpectedAnswer);
      expect(Buffer.from((failure as UnexpectedAnswer).body ?? []).toString()).toBe(body);
      expect(everythingIn(failure)).not.toContain(PASSWORD);
    }
  });
});

describe('the pace', () => {
  const both = { settings: { collections: [{ name: 'hi/threat' }, { name: COLLECTION }], requestsPerSecond: 20 } };

  it('is kept over all collections of the account, and over all sources that have it', async () => {
    const times: number[] = [];
    const { source, vendor } = await start(() => {
      times.push(performance.now());
      return { body: EMPTY };
    }, both);
    const other = openSource(vendor.url, both);
    onTestFinished(() => other.close());
    const streams = [source, other].flatMap(({ streams }) => streams.filter((stream) => stream.shape === 'sequence'));
    await Promise.all(streams.map((stream) => stream.fetchPortion('10', 5, live())));
    expect(times).toHaveLength(4);
    // Four turns are three gaps of 50 ms; a timer may fire a little early.
    expect(Math.max(...times) - Math.min(...times)).toBeGreaterThan(140);
  });

  it('is not kept by another account', async () => {
    const { vendor, stream } = await holding([], {}, { settings: { requestsPerSecond: 0.01 } });
    await stream.fetchPortion('10', 5, live());
    const other = openSource(vendor.url, {
      settings: { auth: { username: 'other', apiKey: secretOf(() => API_KEY) } },
    });
    onTestFinished(() => other.close());
    expect((await sequenceStream(other).fetchPortion('10', 5, live())).records).toEqual([]);
  });

  it('leaves the vendor alone for as long as it asked, whichever collection was told so', async () => {
    const { source, vendor } = await start(() => ({ status: 429, headers: { 'retry-after': '60' } }), both);
    await failureOf(sequenceStream(source, 'hi/threat').fetchPortion('10', 5, live()));
    const failure = await failureOf(sequenceStream(source, COLLECTION).fetchPortion('10', 5, live()));
    expect(failure).toBeInstanceOf(RateLimited);
    expect((failure as RateLimited).retryAfterMs).toBeGreaterThan(50 * SECOND);
    expect(vendor.seen).toHaveLength(1);
  });

  it('is not waited for by one who is told to stop', async () => {
    const { stream } = await holding([], {}, { settings: { requestsPerSecond: 0.1 } });
    await stream.fetchPortion('10', 5, live());
    const controller = new AbortController();
    const waiting = stream.fetchPortion('10', 5, controller.signal);
    controller.abort(new Error('told to stop'));
    await expect(waiting).rejects.toThrow('told to stop');
  });
});

describe('violations of DRP', () => {
  const violation = (id: string, seq: bigint): string =>
    `{"id":"${id}","brand":"acme","violation":{"id":"v-${id}","detected":"2026-11-20T08:30:00+0000","seqUpdate":${seq}}}`;
  const drp = { section: 'web', brandIds: ['17', '18'], approveState: ['approved'], typoSquatting: undefined };

  it('are asked for on their own host, in one list that is not sorted by its nested numbers', async () => {
    const page = `{"total":3,"items":[${violation('a', 1_731_878_205_143_257n)},${violation('b', 1_731_878_205_143_255n)}],"seqUpdate":1731878205143257}`;
    let asked = 0;
    const vendor = await startScriptedVendor(() => ({ body: (asked += 1) === 1 ? page : '{"total":0,"items":[]}' }));
    onTestFinished(() => vendor.close());
    const source = openSource(vendor.url, {
      settings: { collections: [{ name: 'drp/violation' }], drp: { ...drp, baseUrl: `${vendor.url}/client_api` } },
    });
    onTestFinished(() => source.close());
    const stream = sequenceStream(source, 'drp/violation');
    const cursor = await stream.start('2024-11-17', live());
    expect(cursor).toBe(`${Date.UTC(2024, 10, 17)}000`);
    const portion = await stream.fetchPortion(cursor, 10, live());
    expect(portion.cursor.split('.')[0]).toBe('1731878205143257');
    expect(portion.remaining).toBe(1);
    expect(portion.records.map((record) => stream.identify(record))).toEqual([
      { id: 'a@1731878205143257', time: Date.UTC(2026, 10, 20, 8, 30) },
      { id: 'b@1731878205143255', time: Date.UTC(2026, 10, 20, 8, 30) },
    ]);
    expect(texts(portion)[0]).toBe(violation('a', 1_731_878_205_143_257n));
    const { path, query } = queryOf(vendor.seen[0] ?? { method: '', url: '', headers: {}, body: '' });
    expect(path).toBe('/client_api/violation/list');
    expect([...query]).toEqual([
      ['section', 'web'],
      ['brandIds[]', '17'],
      ['brandIds[]', '18'],
      ['approveState[]', 'approved'],
      ['seqUpdate', `${Date.UTC(2024, 10, 17) * 1000 - 1}`],
      ['limit', '10'],
    ]);
  });

  it('of domains like those of the brands begin at 1', async () => {
    const { vendor, stream } = await start(() => ({ body: '{"total":0,"items":[]}' }), {
      settings: { collections: [{ name: 'drp/violation' }] },
    });
    const source = openSource(vendor.url, {
      settings: {
        collections: [{ name: 'drp/violation' }],
        drp: { typoSquatting: true, baseUrl: `${vendor.url}/client_api` },
      },
    });
    onTestFinished(() => source.close());
    expect(stream.name).toBe('drp/violation');
    const typos = sequenceStream(source);
    await typos.fetchPortion(await typos.start('2026-11-20', live()), 10, live());
    expect(vendor.seen.at(-1)?.url).toBe('/client_api/violation/list?typoSquatting=1&seqUpdate=1&limit=10');
  });
});

describe('the vendor', () => {
  it('tells its clock by what it answers', async () => {
    const { source } = await start(() => ({
      body: '[]',
      headers: { date: new Date(Date.now() + HOUR).toUTCString() },
    }));
    expect(Math.abs((await source.authenticate(live())).skew - HOUR)).toBeLessThan(3 * SECOND);
    expect(Math.abs(source.now() - Date.now() - HOUR)).toBeLessThan(3 * SECOND);
  });

  it('is asked for one item of this day for each stream, and every refusal is looked at before one is told', async () => {
    const today = dayOf(floorTo(Date.now(), DAY));
    const { source, vendor } = await start(
      ({ url }) => {
        if (url.includes('granted')) return { body: [{ collection: COLLECTION }] };
        return url.includes('hi/threat') ? { status: 403 } : { body: '{"count":7,"items":[]}' };
      },
      { settings: { collections: [{ name: 'hi/threat' }, { name: COLLECTION }, { name: 'compromised/reaper' }] } },
    );
    const failure = await failureOf(source.check(live()));
    expect(failure.message).toContain('acme-gib/hi/threat');
    const yesterday = dayOf(floorTo(Date.now(), DAY) - DAY);
    expect(vendor.seen.map(({ url }) => url)).toEqual([
      '/api/v2/user/granted_collections',
      `/api/v2/hi/threat/updated?df=${today}&limit=1`,
      `/api/v2/${COLLECTION}/updated?df=${today}&limit=1`,
      `/api/v2/compromised/reaper?df=${yesterday}&dt=${today}&limit=1`,
    ]);
  });
});

import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { noFaults, type Faults, type GroupIbSimulator } from '../../simulators/group-ib.ts';
import { readFaults } from '../../simulators/group-ib/read-faults.ts';
import { ask, ids, items, parse, query, search, start, update, versions, type Trial } from './group-ib-client.ts';

const ACCOUNTS = 'compromised/account_group';
const UPDATED = `${ACCOUNTS}/updated`;

let trial: Trial;
let simulator: GroupIbSimulator;
let faults: Faults;
beforeEach(async () => {
  trial = await start({ control: true, perDay: 4 });
  simulator = trial.simulator;
  faults = simulator.faults;
  simulator.load(ACCOUNTS, 250);
});
afterEach(() => simulator.close());

function rules(): readonly string[] {
  return simulator.violations.map(({ rule }) => rule);
}

async function keys(): Promise<readonly string[]> {
  return Object.keys(JSON.parse((await ask(simulator.tiUrl, UPDATED)).text) as object);
}

describe('a fault strikes', () => {
  it('as often as it is told, and is counted; assigned again, it starts again', async () => {
    faults.html200 = { times: 2 };
    const types: unknown[] = [];
    for (let times = 0; times < 3; times++) types.push((await ask(simulator.tiUrl, UPDATED)).headers['content-type']);
    expect(types).toEqual(['text/html; charset=utf-8', 'text/html; charset=utf-8', 'application/json']);
    expect(simulator.struck).toEqual({ html200: 2 });
    faults.html200 = { times: 1 };
    expect((await ask(simulator.tiUrl, UPDATED)).headers['content-type']).toContain('html');
  });

  it('where it is tied to a collection, a request or an attempt', async () => {
    faults.serverError = { when: { collection: ACCOUNTS, attempt: 2 } };
    const statuses: number[] = [];
    for (let times = 0; times < 3; times++) statuses.push((await ask(simulator.tiUrl, UPDATED)).status);
    expect(statuses).toEqual([200, 500, 200]);
    faults.serverError = { when: ({ kind, request }) => kind === 'sequence_list' && request === 1, status: 503 };
    expect((await ask(simulator.tiUrl, 'sequence_list')).status).toBe(503);
    expect((await ask(simulator.tiUrl, 'sequence_list')).status).toBe(200);
  });
});

describe('ties', () => {
  beforeEach(() => {
    faults.ties = true;
  });

  it('go over the border of pages of 100 and of 10', async () => {
    for (const limit of [100, 10]) {
      const page = parse(await ask(simulator.tiUrl, `${UPDATED}?limit=${limit + 1}`));
      const [last, first] = page.items.slice(-2);
      expect(last?.seqUpdate).toBe(first?.seqUpdate);
    }
  });

  it('are lost by who trusts an exclusive cursor, and kept by who goes back by one', async () => {
    const trusting = await update(simulator, ACCOUNTS);
    expect(ids(trusting).length).toBeLessThan(250);
    const held = new Set<string>();
    for (let cursor = ''; ;) {
      const page = parse(await ask(simulator.tiUrl, `${UPDATED}?limit=10${cursor}`));
      const before = held.size;
      for (const { id } of page.items) held.add(id);
      if (held.size === before) break;
      cursor = `&seqUpdate=${BigInt(page.seqUpdate) - 1n}`;
    }
    expect(held.size).toBe(250);
    expect(rules()).toEqual([]);
  });

  it('are not lost by an inclusive cursor, which gives the last item again for ever', async () => {
    faults.cursorMode = 'inclusive';
    const held = new Set<string>();
    let cursor = '';
    for (let page = 0; page < 60; page++) {
      const { items: found, seqUpdate } = parse(await ask(simulator.tiUrl, `${UPDATED}?limit=10${cursor}`));
      expect(found.length).toBeGreaterThan(0);
      for (const { id } of found) held.add(id);
      cursor = `&seqUpdate=${seqUpdate}`;
    }
    expect(held.size).toBe(250);
    expect(rules()).toEqual([]);
  });

  it('come all at once, so that none appears behind a cursor', async () => {
    const slow = await start({ perDay: 30, faults: { ties: true } });
    const held = new Set<string>();
    let seqUpdate = '1';
    for (let step = 0; step < 100; step++) {
      slow.pass(1_500_000);
      const page = parse(await ask(slow.simulator.tiUrl, `hi/open_threats/updated?limit=1000&seqUpdate=${seqUpdate}`));
      for (const { id } of page.items) held.add(id);
      seqUpdate = page.seqUpdate === '' ? seqUpdate : page.seqUpdate;
    }
    for (const { id } of slow.simulator.latest('hi/open_threats')) expect(held).toContain(id);
    await slow.simulator.close();
  });
});

describe('numbers', () => {
  it('above 2^53 are exact to the digit, at the top and in the items', async () => {
    faults.seqAbove2to53 = true;
    const pages = await update(simulator, ACCOUNTS);
    expect(versions(items(pages))).toEqual(versions(simulator.truth(ACCOUNTS)));
    expect(pages.slice(0, -1).every(({ seqUpdate }) => BigInt(seqUpdate) > 2n ** 53n)).toBe(true);
    expect(items(pages).some(({ seqUpdate }) => String(Number(seqUpdate)) !== seqUpdate)).toBe(true);
    expect(rules()).toEqual([]);
  });

  it('can be texts, in the sequence list too', async () => {
    faults.seqAsString = true;
    const { text } = await ask(simulator.tiUrl, `${UPDATED}?limit=1`);
    expect(text.match(/"seqUpdate":"\d{16}"/g)).toHaveLength(2);
    expect((await ask(simulator.tiUrl, 'sequence_list?collection=apt/threat')).text).toMatch(
      /^\{"list":\{"apt\/threat":"\d{14}"\}\}$/,
    );
  });
});

describe('pages', () => {
  it.each([
    [{ missingTopSeqUpdate: true }, ['count', 'items']],
    [{ missingCount: true }, ['items', 'seqUpdate']],
    [{ missingItems: true }, ['count', 'seqUpdate']],
    [{ emptyObjectBody: true }, []],
  ])('lack what %j takes away', async (fault, left) => {
    Object.assign(faults, fault);
    expect(await keys()).toEqual(left);
  });

  it('come again when the vendor ignores the cursor, and who goes on asking is noted', async () => {
    const first = parse(await ask(simulator.tiUrl, UPDATED));
    const second = parse(await ask(simulator.tiUrl, `${UPDATED}?seqUpdate=${first.seqUpdate}`));
    faults.cursorIgnored = true;
    const again = parse(await ask(simulator.tiUrl, `${UPDATED}?seqUpdate=${second.seqUpdate}`));
    expect(ids([again])).toEqual(ids([second]));
    expect(again.seqUpdate).toBe(second.seqUpdate);
    expect(rules()).toEqual([]);
    for (let times = 0; times < 50; times++) await ask(simulator.tiUrl, `${UPDATED}?seqUpdate=${second.seqUpdate}`);
    expect(rules()).toContain('endless-loop');
    faults.cursorIgnored = { how: 'start' };
    expect(ids([parse(await ask(simulator.tiUrl, `${UPDATED}?seqUpdate=${second.seqUpdate}`))])).toEqual(ids([first]));
  });

  it('count more and more while the client walks', async () => {
    faults.countRises = { by: 500 };
    const counts = (await update(simulator, ACCOUNTS)).map((page) => page.count);
    expect(counts).toEqual([750, 1150, 1550, 2000]);
  });

  it('are cut without a word, and time out above a limit', async () => {
    faults.clampTo = 20;
    faults.gatewayTimeoutAbove = { 'hi/threat': 100 };
    const clamped = await update(simulator, ACCOUNTS, { limit: 500 });
    expect(clamped.slice(0, 3).map((page) => page.items.length)).toEqual([20, 20, 20]);
    expect(ids(clamped)).toHaveLength(250);
    expect((await ask(simulator.tiUrl, 'hi/threat/updated?limit=101')).status).toBe(504);
    expect((await ask(simulator.tiUrl, 'hi/threat/updated?limit=100')).status).toBe(200);
    faults.clampTo = { [ACCOUNTS]: 7 };
    expect(parse(await ask(simulator.tiUrl, UPDATED)).items).toHaveLength(7);
    expect(rules()).toEqual([]);
  });

  it('without items tell the cursor, null or nothing', async () => {
    const [page] = await update(simulator, ACCOUNTS, { limit: 500 });
    const end = `${UPDATED}?seqUpdate=${page?.seqUpdate}`;
    expect((await ask(simulator.tiUrl, end)).text).toBe('{"count":0,"items":[],"seqUpdate":null}');
    faults.emptyPageSeqUpdate = 'absent';
    expect((await ask(simulator.tiUrl, end)).text).toBe('{"count":0,"items":[]}');
    faults.emptyPageSeqUpdate = 'cursor';
    expect((await ask(simulator.tiUrl, end)).text).toBe(`{"count":0,"items":[],"seqUpdate":${page?.seqUpdate}}`);
  });

  it('can hold an item of 10 MB, which is in the truth as well', async () => {
    faults.itemTooLarge = true;
    const page = parse(await ask(simulator.tiUrl, `${UPDATED}?limit=10`));
    expect(page.items.map(({ bytes }) => bytes.length > 1_000_000)).toEqual(page.items.map((_, index) => index === 5));
    expect(page.items[5]?.bytes).toHaveLength(10 * 1024 * 1024);
    expect(page.items[5]?.sha256).toBe(simulator.truth(ACCOUNTS)[5]?.sha256);
  });

  it('of a search can come in no order', async () => {
    faults.searchOrder = 'unsorted';
    simulator.load('compromised/breached', 150);
    const walked = ids(await search(simulator, 'compromised/breached'));
    const truth = simulator.truth('compromised/breached').map(({ id }) => id);
    expect(walked).not.toEqual(truth.toReversed());
    expect(walked.toSorted()).toEqual(truth.toSorted());
  });

  it('end at the day that is named, or before it', async () => {
    const days = async (): Promise<number> => ids(await search(simulator, 'apt/threat', { dt: '2026-11-10' })).length;
    const inclusive = await days();
    faults.dateTo = 'exclusive';
    expect(inclusive).toBeGreaterThan(await days());
  });
});

describe('a resultId', () => {
  beforeEach(() => simulator.load('compromised/breached', 250));

  async function second(): Promise<string> {
    const { resultId } = parse(await ask(simulator.tiUrl, 'compromised/breached'));
    return `compromised/breached${query({ resultId })}`;
  }

  it('expires: after a while, and refused, begun again or answered with nothing', async () => {
    const path = await second();
    faults.resultIdExpires = { afterMs: 60_000 };
    expect((await ask(simulator.tiUrl, path)).status).toBe(200);
    trial.pass(60_000);
    expect((await ask(simulator.tiUrl, path)).status).toBe(400);
    faults.resultIdExpires = { how: 'empty' };
    expect(parse(await ask(simulator.tiUrl, path)).items).toEqual([]);
    faults.resultIdExpires = { how: 'restarts' };
    const restarted = parse(await ask(simulator.tiUrl, path));
    expect(ids([restarted])).toEqual(ids([parse(await ask(simulator.tiUrl, 'compromised/breached'))]));
    expect(rules()).toEqual([]);
  });

  it('can move on by itself, so that a page comes once', async () => {
    faults.resultIdAdvances = true;
    const path = await second();
    const pages = [parse(await ask(simulator.tiUrl, path)), parse(await ask(simulator.tiUrl, path))];
    expect(pages.map((page) => page.items.length)).toEqual([100, 50]);
    expect(new Set(pages.map(({ resultId }) => resultId)).size).toBe(1);
  });
});

describe('the vendor refuses', () => {
  it('one collection and lets the others through, and does not name it any more', async () => {
    faults.forbiddenCollections = [ACCOUNTS];
    expect((await ask(simulator.tiUrl, UPDATED)).status).toBe(403);
    expect((await ask(simulator.tiUrl, 'attacks/ddos/updated')).status).toBe(200);
    for (const path of ['user/granted_collections', 'sequence_list'])
      expect((await ask(simulator.tiUrl, path)).text).not.toContain(ACCOUNTS);
  });

  it('collections that an account has no access to, and keys and addresses', async () => {
    const account = { username: 'analyst@example.com', apiKey: 'simulator-api-key', collections: ['apt/threat'] };
    const small = await start({ accounts: [account] });
    expect((await ask(small.simulator.tiUrl, 'apt/threat/updated')).status).toBe(200);
    expect((await ask(small.simulator.tiUrl, UPDATED)).status).toBe(403);
    await small.simulator.close();
    faults.keyInactive = { times: 1 };
    expect((await ask(simulator.tiUrl, 'apt/threat/updated')).text).toContain('not active');
    faults.ipNotAllowed = { times: 1 };
    expect((await ask(simulator.tiUrl, 'apt/threat/updated')).text).toContain('not on the list');
  });

  it('too many requests in a second, and says when to come back if it is told to', async () => {
    faults.rateLimit = { perSecond: 2 };
    const burst = await Promise.all([1, 2, 3, 4].map(() => ask(simulator.tiUrl, UPDATED)));
    expect(burst.map(({ status }) => status).toSorted((one, other) => one - other)).toEqual([200, 200, 429, 429]);
    expect(burst.some(({ headers }) => headers['retry-after'] !== undefined)).toBe(false);
    expect(rules()).toEqual(['rate-limit-exceeded', 'rate-limit-exceeded']);
    faults.rateLimit = null;
    faults.tooManyRequests = { retryAfter: 30, times: 1 };
    expect((await ask(simulator.tiUrl, UPDATED)).headers['retry-after']).toBe('30');
    await ask(simulator.tiUrl, UPDATED);
    expect(rules().at(-1)).toBe('retry-after-ignored');
  });

  it('with a page of the portal, which is there for who follows', async () => {
    faults.redirect301 = { times: 1 };
    const moved = await ask(simulator.tiUrl, UPDATED);
    expect(moved.status).toBe(301);
    const portal = await ask(simulator.url, String(moved.headers['location']));
    expect([portal.status, portal.headers['content-type']]).toEqual([200, 'text/html; charset=utf-8']);
  });

  it('as a gateway does, with HTML', async () => {
    faults.badGateway = { times: 1 };
    const bad = await ask(simulator.tiUrl, UPDATED);
    expect([bad.status, bad.headers['content-type']]).toEqual([502, 'text/html; charset=utf-8']);
  });

  it('to tell where to begin', async () => {
    faults.emptySequenceList = true;
    expect((await ask(simulator.tiUrl, 'sequence_list')).text).toBe('{"list":{}}');
  });

  it('parameters that nobody names, unless it does not look', async () => {
    faults.unknownParameters = 'ignored';
    expect((await ask(simulator.tiUrl, `${UPDATED}?page=2`)).status).toBe(200);
  });
});

it('names collections twice, and some that are for searching only, when it is untidy', async () => {
  faults.grantedRepeats = true;
  const { text } = await ask(simulator.tiUrl, 'user/granted_collections');
  const granted = (JSON.parse(text) as { collection: string }[]).map(({ collection }) => collection);
  expect(new Set(granted).size).toBe(granted.length - 5);
  expect(granted).toContain('compromised/breacheddb');
});

describe('the transport', () => {
  it('hangs until the client gives up', async () => {
    faults.hang = { times: 1 };
    await expect(ask(simulator.tiUrl, UPDATED, { signal: AbortSignal.timeout(100) })).rejects.toThrow(
      /timeout|aborted/i,
    );
    expect((await ask(simulator.tiUrl, UPDATED)).status).toBe(200);
  });

  it.each([{ reset: true }, { truncated: true }, { truncated: { how: 'chunked' as const } }])(
    'breaks off with %j',
    async (fault) => {
      Object.assign(faults, fault);
      await expect(ask(simulator.tiUrl, UPDATED)).rejects.toThrow();
    },
  );

  it('drips, and is late, and its clock is off', async () => {
    faults.drip = { bytes: 100, everyMs: 5, times: 1 };
    faults.latencyMs = 50;
    faults.clockSkewMs = 3_600_000;
    const begun = performance.now();
    const answer = await ask(simulator.tiUrl, `${UPDATED}?limit=1`);
    expect(performance.now() - begun).toBeGreaterThan(70);
    expect(parse(answer).items).toHaveLength(1);
    expect(answer.headers['date']).toContain('13:00:30');
  });
});

describe('controls', () => {
  const put = (path: string, body?: string): ReturnType<typeof ask> =>
    ask(simulator.url, `/_simulator/${path}`, { method: 'PUT', headers: {}, ...(body === undefined ? {} : { body }) });
  const get = (path: string): ReturnType<typeof ask> => ask(simulator.url, `/_simulator/${path}`, { headers: {} });
  const lines = ({ text }: { readonly text: string }): readonly unknown[] =>
    text
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line) as unknown);

  it('tell the truth, and change it', async () => {
    expect((await put(`load?collection=${ACCOUNTS}&count=12`)).status).toBe(200);
    expect(
      (await put(`load?collection=${ACCOUNTS}`, '{"id":"a","seqUpdate":7}\n{"id":"b","seqUpdate":8}\n')).status,
    ).toBe(200);
    expect(lines(await get(`truth?collection=${ACCOUNTS}`))).toMatchObject([{ id: 'a', seqUpdate: '7' }, { id: 'b' }]);
    await put(`update?collection=${ACCOUNTS}&id=a`);
    await put(`add?collection=${ACCOUNTS}&count=2`);
    expect(lines(await get(`truth?collection=${ACCOUNTS}`))).toHaveLength(5);
    expect(lines(await get(`latest?collection=${ACCOUNTS}`))).toHaveLength(4);
    expect((await get('truth?collection=nowhere')).status).toBe(400);
  });

  it('set faults, and refuse those that there are not', async () => {
    await put('faults', '{"clampTo":3,"ties":true,"hang":{"times":0}}');
    expect(parse(await ask(simulator.tiUrl, UPDATED)).items).toHaveLength(3);
    await put('faults', '{"clampTo":null}');
    expect(faults.clampTo).toBe(null);
    expect((await put('faults', '{"gremlins":true}')).status).toBe(400);
    expect(JSON.parse((await get('faults')).text)).toMatchObject({ ties: true, struck: {} });
    expect(JSON.parse((await get('violations')).text)).toEqual([]);
    expect((JSON.parse((await get('requests')).text) as unknown[]).length).toBe(1);
  });

  it('are not there unless they are asked for', async () => {
    const closed = await start();
    expect((await ask(closed.simulator.url, '/_simulator/truth', { headers: {} })).status).toBe(401);
    await closed.simulator.close();
  });
});

describe('faults as JSON', () => {
  it('are all known, and take their defaults and null', () => {
    const defaults = noFaults();
    expect(readFaults(defaults)).toEqual(defaults);
    const nothing = Object.fromEntries(Object.keys(defaults).map((name) => [name, null]));
    expect(readFaults(nothing)).toEqual(defaults);
  });

  it.each([
    { ties: 1 },
    { cursorMode: 'both' },
    { clampTo: 'few' },
    { rateLimit: { retryAfter: 1 } },
    { hang: { seconds: 1 } },
    { forbiddenCollections: 'apt/threat' },
    { latencyMs: '1' },
  ])('cannot be %j', (json) => {
    expect(() => readFaults(json)).toThrow(TypeError);
  });
});

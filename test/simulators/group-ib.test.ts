import { createHash } from 'node:crypto';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { GroupIbSimulator } from '../../simulators/group-ib.ts';
import {
  ask,
  basic,
  DAY,
  ids,
  items,
  NOW,
  parse,
  query,
  search,
  start,
  update,
  versions,
  type Trial,
} from './group-ib-client.ts';

const ACCOUNTS = 'compromised/account_group';

let trial: Trial;
let simulator: GroupIbSimulator;
beforeEach(async () => {
  trial = await start({ perDay: 20 });
  simulator = trial.simulator;
});
afterEach(() => simulator.close());

async function sequenceList(parameters: Readonly<Record<string, string>> = {}): Promise<Record<string, number>> {
  const { text } = await ask(simulator.tiUrl, `sequence_list${query(parameters)}`);
  return (JSON.parse(text) as { list: Record<string, number> }).list;
}

function bodies(collection: string): readonly Record<string, unknown>[] {
  return simulator.truth(collection).map(({ bytes }) => JSON.parse(bytes.toString('utf8')) as Record<string, unknown>);
}

describe('the sequence iteration', () => {
  it('is 10, 10, 3 and none of 23 threats, and the count are those that are left', async () => {
    simulator.load('apt/threat', 23);
    const pages = await update(simulator, 'apt/threat');
    expect(pages.map((page) => page.items.length)).toEqual([10, 10, 3, 0]);
    expect(pages.map((page) => page.count)).toEqual([23, 13, 3, 0]);
    expect(simulator.violations).toEqual([]);
  });

  it('has pages of 100 elsewhere, unless the client says how many', async () => {
    simulator.load('attacks/ddos', 250);
    expect((await update(simulator, 'attacks/ddos')).map((page) => page.items.length)).toEqual([100, 100, 50, 0]);
    const small = await update(simulator, 'attacks/ddos', { limit: 200 });
    expect(small.map((page) => page.count)).toEqual([250, 50, 0]);
  });

  it.each([
    ACCOUNTS,
    'compromised/bank_card_group',
    'apt/threat',
    'osi/vulnerability',
    'malware/cnc',
    'violation/list',
  ])('collects the newest version of each item of %s, byte for byte, ascending', async (collection) => {
    const pages = await update(simulator, collection, { limit: 90 });
    const truth = simulator.latest(collection);
    expect(truth.length).toBeGreaterThan(400);
    expect(simulator.truth(collection).length).toBeGreaterThan(truth.length);
    expect(versions(items(pages))).toEqual(versions(truth));
    expect(new Set(ids(pages)).size).toBe(ids(pages).length);
    const tops = pages.slice(0, -1).map((page) => BigInt(page.seqUpdate));
    expect(tops).toEqual(tops.toSorted((one, other) => Number(one - other)));
    expect(simulator.violations).toEqual([]);
  });

  it('tells the last item of a page at the top', async () => {
    const [page] = await update(simulator, ACCOUNTS);
    expect(page?.seqUpdate).toBe(page?.items.at(-1)?.seqUpdate);
  });

  it('counts milliseconds in one collection and microseconds in another', async () => {
    const length = async (collection: string): Promise<number | undefined> =>
      (await update(simulator, collection, { limit: 500 }))[0]?.seqUpdate.length;
    expect(await length('compromised/bank_card_group')).toBe(13);
    expect(await length('apt/threat')).toBe(14);
    expect(await length(ACCOUNTS)).toBe(16);
  });

  it('gives an item that is updated during the walk again, higher up; both versions are true and the later is the latest', async () => {
    simulator.load(ACCOUNTS, 250);
    const first = parse(await ask(simulator.tiUrl, `${ACCOUNTS}/updated`));
    const id = first.items[3]?.id ?? '';
    const [after] = simulator.update(ACCOUNTS, [id]);
    const rest = await update(simulator, ACCOUNTS, { seqUpdate: first.seqUpdate });
    const walked = items([first, ...(await update(simulator, ACCOUNTS, { seqUpdate: first.seqUpdate }))]);
    expect(rest.at(-2)?.items.at(-1)?.seqUpdate).toBe(after?.seqUpdate);
    expect(walked.filter((item) => item.id === id)).toHaveLength(2);
    const truth = simulator.truth(ACCOUNTS).filter((version) => version.id === id);
    expect(truth.map((version) => version.current)).toEqual([false, true]);
    expect(simulator.latest(ACCOUNTS)).toHaveLength(250);
  });

  it('goes on when new items come', async () => {
    simulator.load(ACCOUNTS, 5);
    const pages = await update(simulator, ACCOUNTS);
    const added = simulator.add(ACCOUNTS, 3);
    const more = await update(simulator, ACCOUNTS, { seqUpdate: pages[0]?.seqUpdate ?? '' });
    expect(ids(more)).toEqual(added.map(({ id }) => id));
    expect(simulator.violations).toEqual([]);
  });

  it('brings new items as time goes by, and the same ones whoever watches', async () => {
    const before = simulator.truth(ACCOUNTS);
    trial.pass(DAY);
    const after = simulator.truth(ACCOUNTS);
    expect(after.length - before.length).toBe(20);
    expect(after.slice(0, before.length).map(({ id, seqUpdate }) => [id, seqUpdate])).toEqual(
      before.map(({ id, seqUpdate }) => [id, seqUpdate]),
    );
    const other = await start({ perDay: 20, clock: () => NOW + DAY, historyDays: 31 });
    expect(versions(other.simulator.truth(ACCOUNTS))).toEqual(versions(after));
    await other.simulator.close();
  });

  it('keeps the query on every page', async () => {
    const hits = JSON.parse((await ask(simulator.tiUrl, 'search?q=ip:8.8.8.8')).text) as Hit[];
    const { count } = hits.find(({ apiPath }) => apiPath === 'attacks/ddos') as Hit;
    const pages = await update(simulator, 'attacks/ddos', { q: 'ip:8.8.8.8', limit: 3 });
    expect(count).toBeGreaterThan(3);
    expect(pages[0]?.count).toBe(count);
    expect(ids(pages)).toHaveLength(count);
    const showing = simulator.latest('attacks/ddos').filter(({ bytes }) => bytes.includes('"8.8.8.8"'));
    expect(showing.length).toBeGreaterThan(count / 2);
    expect(ids(pages)).toEqual(expect.arrayContaining(showing.map(({ id }) => id)));
    expect(ids(await update(simulator, 'attacks/ddos', { limit: 500 })).length).toBeGreaterThan(count * 10);
  });

  it('leaves what the filters leave', async () => {
    const tailored = items(await update(simulator, 'apt/threat', { is_tailored: 1, limit: 100 }));
    const all = simulator.latest('apt/threat');
    expect(tailored.length).toBeLessThan(all.length);
    const wanted = all.filter(({ bytes }) => bytes.includes('"isTailored":true'));
    expect(versions(tailored)).toEqual(versions(wanted));
    const since = await update(simulator, 'apt/threat', { df: '2026-11-20', dt: '2026-11-20', limit: 100 });
    const day = all.filter(({ time }) => time >= Date.UTC(2026, 10, 20) && time < Date.UTC(2026, 10, 21));
    expect(versions(items(since))).toEqual(versions(day));
  });
});

interface Hit {
  readonly apiPath: string;
  readonly count: number;
}

describe('the sequence list', () => {
  it('tells for a day where all begins that came from then on', async () => {
    const { [ACCOUNTS]: seqUpdate } = await sequenceList({ date: '2026-11-10', collection: ACCOUNTS });
    const walked = items(await update(simulator, ACCOUNTS, { seqUpdate: seqUpdate ?? '' }));
    const wanted = simulator.latest(ACCOUNTS).filter(({ time }) => time >= Date.UTC(2026, 10, 10));
    expect(versions(walked)).toEqual(versions(wanted));
    expect(simulator.violations).toEqual([]);
  });

  it('names all collections but those for searching, or the one that is asked for, and none for a day to come', async () => {
    const all = await sequenceList();
    expect(Object.keys(all)).toContain('suspicious_ip/vpn');
    expect(Object.keys(all)).not.toContain('compromised/breached');
    expect(Object.keys(await sequenceList({ collection: 'apt/threat' }))).toEqual(['apt/threat']);
    expect(await sequenceList({ date: '2030-01-01' })).toEqual({});
  });

  it('begins at the beginning for a day before all days', async () => {
    const { [ACCOUNTS]: seqUpdate } = await sequenceList({ date: '2001-01-01' });
    const walked = await update(simulator, ACCOUNTS, { seqUpdate: seqUpdate ?? '', limit: 500 });
    expect(versions(items(walked))).toEqual(versions(simulator.latest(ACCOUNTS)));
  });

  it('is not found by the name that the page misspells', async () => {
    expect((await ask(simulator.tiUrl, 'sequnce_list')).status).toBe(404);
    expect(simulator.violations.map(({ rule }) => rule)).toEqual(['unknown-path']);
  });
});

describe('the walk by resultId', () => {
  it('descends through the whole search, and counts all of it on each page', async () => {
    simulator.load('compromised/breached', 230);
    const pages = await search(simulator, 'compromised/breached');
    expect(pages.map((page) => page.items.length)).toEqual([100, 100, 30, 0]);
    expect(pages.map((page) => page.count)).toEqual([230, 230, 230, 230]);
    expect(ids(pages)).toEqual(
      simulator
        .truth('compromised/breached')
        .map(({ id }) => id)
        .toReversed(),
    );
    expect(simulator.truth('compromised/breached').every(({ seqUpdate }) => seqUpdate === null)).toBe(true);
    expect(simulator.violations).toEqual([]);
  });

  it('covers two windows without loss and without overlap, by an upload time that has no zone', async () => {
    const windows = [
      { df: '2026-11-19', dt: '2026-11-19' },
      { df: '2026-11-20', dt: '2026-11-20' },
    ];
    const pages = await Promise.all(windows.map((window) => search(simulator, 'compromised/breached', window)));
    const wanted = simulator
      .truth('compromised/breached')
      .filter(({ time }) => time >= Date.UTC(2026, 10, 19) && time < Date.UTC(2026, 10, 21));
    expect(ids(pages.flat()).toSorted()).toEqual(wanted.map(({ id }) => id).toSorted());
    for (const { bytes, time } of wanted) {
      const { uploadTime } = JSON.parse(bytes.toString('utf8')) as { uploadTime: string };
      expect(Date.parse(`${uploadTime}Z`)).toBe(Math.floor(time / 1000) * 1000);
    }
  });

  it('does not see what comes after it began', async () => {
    simulator.load('compromised/reaper', 150);
    const first = parse(await ask(simulator.tiUrl, 'compromised/reaper'));
    simulator.add('compromised/reaper', 10);
    const rest = parse(await ask(simulator.tiUrl, `compromised/reaper${query({ resultId: first.resultId })}`));
    expect([rest.count, rest.items.length]).toEqual([150, 50]);
  });

  it('gives a page again for the same resultId', async () => {
    const first = parse(await ask(simulator.tiUrl, 'compromised/breached'));
    const path = `compromised/breached${query({ resultId: first.resultId })}`;
    expect(ids([parse(await ask(simulator.tiUrl, path))])).toEqual(ids([parse(await ask(simulator.tiUrl, path))]));
  });

  it('is the only way through the collections that have no seqUpdate', async () => {
    expect((await ask(simulator.tiUrl, 'compromised/breached/updated')).status).toBe(404);
    expect(simulator.violations.map(({ rule }) => rule)).toEqual(['updated-on-search-only']);
  });

  it('refuses a resultId that was never issued, and that of another collection', async () => {
    const { resultId } = parse(await ask(simulator.tiUrl, 'compromised/breached'));
    expect((await ask(simulator.tiUrl, 'compromised/breached?resultId=x')).status).toBe(400);
    expect((await ask(simulator.tiUrl, `compromised/reaper${query({ resultId })}`)).status).toBe(400);
    expect(simulator.violations.map(({ rule }) => rule)).toEqual([
      'result-id-not-issued',
      'collection-of-other-result-id',
    ]);
  });
});

describe('looking up', () => {
  it('finds an item by its id, without anything around it', async () => {
    const [wanted] = simulator.latest('hi/threat');
    const found = await ask(simulator.tiUrl, `hi/threat/${wanted?.id}`);
    expect(found.bytes).toEqual(wanted?.bytes);
    expect((await ask(simulator.tiUrl, 'hi/threat/nowhere')).status).toBe(404);
  });

  it('serves the files that a report names, as bytes', async () => {
    const reports = bodies('apt/threat') as readonly { id: string; files: { name: string; size: number }[] }[];
    const report = reports.find(({ files }) => files.length > 0);
    const file = report?.files[0];
    const path = `apt/threat/${report?.id}/file/${file?.name}`;
    const { bytes, headers } = await ask(simulator.tiUrl, path);
    expect(headers['content-type']).toBe('application/octet-stream');
    expect(bytes).toHaveLength(file?.size ?? 0);
    expect((await ask(simulator.tiUrl, path)).bytes).toEqual(bytes);
    expect((await ask(simulator.tiUrl, `${path}x`)).status).toBe(404);
  });

  it('finds the collections that hold a value, tagged or not, and refuses tags that there are not', async () => {
    const hits = async (q: string): Promise<readonly Hit[]> =>
      JSON.parse((await ask(simulator.tiUrl, `search${query({ q })}`)).text) as Hit[];
    expect((await hits('domain:google.com')).map(({ apiPath }) => apiPath)).toContain(ACCOUNTS);
    expect((await hits('8.8.8.8')).length).toBe((await hits('ip:8.8.8.8')).length);
    expect(await hits('ip:203.0.114.1')).toEqual([]);
    expect((await ask(simulator.tiUrl, 'search?q=colour:red')).status).toBe(400);
    expect((await ask(simulator.tiUrl, 'search?date=2022-01-01&collection=apt/threat')).status).toBe(400);
  });

  it('tells what is granted', async () => {
    const { text } = await ask(simulator.tiUrl, 'user/granted_collections');
    const granted = (JSON.parse(text) as { collection: string }[]).map(({ collection }) => collection);
    expect(granted).toContain('compromised/breached');
    expect(new Set(granted).size).toBe(granted.length);
  });
});

describe('violations of a brand', () => {
  it('have their number inside, in no order, and the highest at the top', async () => {
    const pages = await update(simulator, 'violation/list', { limit: 50 });
    for (const page of pages.slice(0, -1)) {
      const numbers = page.items.map(({ seqUpdate }) => BigInt(seqUpdate));
      const sorted = numbers.toSorted((one, other) => Number(one - other));
      expect(numbers).not.toEqual(sorted);
      expect(page.seqUpdate).toBe(String(sorted.at(-1)));
    }
    const [body] = bodies('violation/list');
    expect(body).not.toHaveProperty('seqUpdate');
    expect(body).toHaveProperty('violation.seqUpdate');
  });

  it('are counted as total', async () => {
    expect((await ask(simulator.drpUrl, 'violation/list')).text).toMatch(/^\{"total":\d+,"items":\[/);
  });

  it('begin at a day in microseconds, or at 1', async () => {
    const seqUpdate = Date.UTC(2026, 10, 20) * 1000;
    const walked = await update(simulator, 'violation/list', { seqUpdate });
    const wanted = simulator.latest('violation/list').filter(({ time }) => time >= Date.UTC(2026, 10, 20));
    expect(versions(items(walked))).toEqual(versions(wanted));
    const typos = await update(simulator, 'violation/list', { seqUpdate: 1, typoSquatting: 'true' });
    expect(items(typos).every(({ bytes }) => bytes.includes('"typosquatting":true'))).toBe(true);
    expect(simulator.violations).toEqual([]);
  });

  it('are filtered by section and brand, and found by id', async () => {
    const { data } = JSON.parse((await ask(simulator.drpUrl, 'settings/brands')).text) as { data: { brands: Brand[] } };
    const [brand] = data.brands;
    const walked = items(await update(simulator, 'violation/list', { 'brandIds[]': brand?.id ?? '', section: 2 }));
    const wanted = simulator
      .latest('violation/list')
      .filter(({ bytes }) => bytes.includes(`"brand":"${brand?.name}"`) && bytes.includes('"section":2'));
    expect(wanted.length).toBeGreaterThan(0);
    expect(versions(walked)).toEqual(versions(wanted));
    expect((await ask(simulator.drpUrl, `violation/${wanted[0]?.id}`)).bytes).toEqual(wanted[0]?.bytes);
    expect(JSON.parse((await ask(simulator.drpUrl, 'settings/subscriptions')).text)).toHaveProperty(
      'data.subscriptions',
    );
  });
});

interface Brand {
  readonly id: string;
  readonly name: string;
}

describe('items', () => {
  it('have secrets that begin with the canary, and with no other', async () => {
    const other = await start({ perDay: 20, canary: 'decoy_' });
    const secrets = (of: GroupIbSimulator, collection: string): string =>
      of
        .truth(collection)
        .map(({ bytes }) => bytes.toString('utf8'))
        .join('');
    const passwords = (text: string): readonly string[] =>
      [...text.matchAll(/"password":"([^"]+)/g)].map(([, it = '']) => it);
    const mine = passwords(secrets(simulator, ACCOUNTS));
    const theirs = passwords(secrets(other.simulator, ACCOUNTS));
    expect(mine.length).toBeGreaterThan(300);
    expect(mine.every((password) => password.startsWith('canary-'))).toBe(true);
    expect(theirs.every((password) => password.startsWith('decoy_'))).toBe(true);
    expect(secrets(simulator, 'compromised/bank_card_group')).toMatch(/"number":"canary-4\d{15}"/);
    await other.simulator.close();
  });

  it('have null, [] and {} for their parts, and dates in every form', () => {
    const text = ['attacks/ddos', 'compromised/mule', 'apt/threat', 'osi/vulnerability']
      .flatMap((collection) => simulator.truth(collection).map(({ bytes }) => bytes.toString('utf8')))
      .join('\n');
    for (const form of [/"target":null/, /"target":\[\]/, /"target":\{\}/, /"ipv4":\[\{/, /"cvss":\{\}/]) {
      expect(text).toMatch(form);
    }
    for (const form of [
      /:"00\d\d-/,
      /:"0000-00-00/,
      /T\d\d:\d\d:\d\d"/,
      /\+00:00"/,
      /\+0000"/,
      /"dateReg":""/,
      /"dateReg":null/,
    ]) {
      expect(text).toMatch(form);
    }
  });

  it('hold what parsing and writing again would change', () => {
    const truth = simulator.truth('suspicious_ip/scanner');
    const changed = truth.filter(({ bytes }) => JSON.stringify(JSON.parse(bytes.toString())) !== bytes.toString());
    expect(changed.length).toBeGreaterThan(truth.length / 20);
    expect(changed.length).toBeLessThan(truth.length / 4);
  });
});

describe('loading', () => {
  it('serves given records as their own bytes, with the digits of their numbers', async () => {
    const records = [
      '{"id":"a", "n":1.00,"seqUpdate":9007199254740993}',
      '{"id":"b","seqUpdate":9007199254740995}',
      '{"id":"a","seqUpdate": 9007199254740997}',
    ];
    simulator.load(ACCOUNTS, records);
    const pages = await update(simulator, ACCOUNTS, { limit: 1 });
    expect(items(pages).map(({ bytes }) => bytes.toString())).toEqual([records[1], records[2]]);
    expect(pages.map((page) => page.seqUpdate)).toEqual(['9007199254740995', '9007199254740997', '']);
    expect(simulator.truth(ACCOUNTS).map(({ seqUpdate, current }) => [seqUpdate, current])).toEqual([
      ['9007199254740993', false],
      ['9007199254740995', true],
      ['9007199254740997', true],
    ]);
    expect(simulator.violations).toEqual([]);
  });

  it('updates given records too', () => {
    simulator.load(ACCOUNTS, ['{"id":"a","seqUpdate":10}']);
    const [version] = simulator.update(ACCOUNTS, ['a']);
    expect(version?.bytes.toString()).toBe('{"id":"a","seqUpdate":11}');
    expect(version?.sha256).toBe(createHash('sha256').update('{"id":"a","seqUpdate":11}').digest('hex'));
  });

  it('refuses records that it could not serve, and items that it does not know', () => {
    expect(() => simulator.load(ACCOUNTS, ['{"seqUpdate":1}'])).toThrow(TypeError);
    expect(() => simulator.load(ACCOUNTS, ['{"id":"a","seqUpdate":2}', '{"id":"b","seqUpdate":1}'])).toThrow(
      RangeError,
    );
    expect(() => simulator.add(ACCOUNTS, ['{"id":"a","seqUpdate":1}'])).toThrow(RangeError);
    expect(() => simulator.update(ACCOUNTS, ['nobody'])).toThrow(RangeError);
    expect(() => simulator.truth('compromised/account')).toThrow(RangeError);
  });

  it('spreads a number of items over the time that is told, some of them updates if wished', () => {
    const from = NOW - 5 * DAY;
    simulator.load(ACCOUNTS, 1000, { from, until: NOW, updates: 0.3 });
    const truth = simulator.truth(ACCOUNTS);
    expect(truth).toHaveLength(1000);
    expect(simulator.latest(ACCOUNTS).length).toBeLessThan(850);
    expect(truth.every(({ time }) => time >= from && time < NOW)).toBe(true);
  });
});

describe('a request', () => {
  it('is refused without credentials, and otherwise with wrong ones', async () => {
    expect((await ask(simulator.tiUrl, 'sequence_list', { headers: {} })).status).toBe(401);
    const wrong = { headers: { authorization: basic('analyst@example.com', 'wrong') } };
    expect((await ask(simulator.tiUrl, 'sequence_list', wrong)).status).toBe(403);
    expect(simulator.violations.map(({ rule }) => rule)).toEqual(['no-credentials', 'wrong-credentials']);
  });

  it.each([
    ['collections that there are not', 'compromised/account/updated', 404],
    ['collections of the other API', 'violation/list', 404],
    ['limits that are none', `${ACCOUNTS}/updated?limit=0`, 400],
    ['cursors that are no number', `${ACCOUNTS}/updated?seqUpdate=1e3`, 400],
    ['days that there are not', `${ACCOUNTS}/updated?df=2026-02-30`, 400],
    ['parameters that nobody names', `${ACCOUNTS}/updated?page=2`, 400],
    ['parameters that are there twice', `${ACCOUNTS}/updated?limit=1&limit=2`, 400],
  ])('is refused for %s', async (_what, path, status) => {
    expect((await ask(simulator.tiUrl, path)).status).toBe(status);
    expect(simulator.violations).toHaveLength(1);
  });

  it('is noted when its cursor was made up, or went through a double', async () => {
    simulator.faults.seqAbove2to53 = true;
    simulator.load(ACCOUNTS, 250);
    const { seqUpdate } = parse(await ask(simulator.tiUrl, `${ACCOUNTS}/updated`));
    await ask(simulator.tiUrl, `${ACCOUNTS}/updated?seqUpdate=${seqUpdate}`);
    await ask(simulator.tiUrl, `${ACCOUNTS}/updated?seqUpdate=${BigInt(seqUpdate) - 1n}`);
    expect(simulator.violations).toEqual([]);
    await ask(simulator.tiUrl, `${ACCOUNTS}/updated?seqUpdate=${BigInt(seqUpdate) + 5n}`);
    expect(simulator.violations.map(({ rule }) => rule)).toEqual(['cursor-not-issued']);
  });

  it('is written down without its credentials', async () => {
    await ask(simulator.tiUrl, `${ACCOUNTS}/updated?limit=1`);
    expect(simulator.requests.at(-1)).toMatchObject({ collection: ACCOUNTS, headers: { authorization: '[redacted]' } });
  });

  it('is told to who listens, before it is answered', async () => {
    const heard: unknown[] = [];
    const stop = simulator.onRequest((event) => void heard.push(event));
    await ask(simulator.tiUrl, `${ACCOUNTS}/updated?limit=7`);
    stop();
    await ask(simulator.tiUrl, `${ACCOUNTS}/updated?limit=7`);
    expect(heard).toEqual([{ kind: 'updated', collection: ACCOUNTS, limit: 7, request: 1, attempt: 1 }]);
  });
});

it('walks 20,000 items at 500 a page in a moment', { timeout: 20_000 }, async () => {
  simulator.load(ACCOUNTS, 20_000);
  const begun = performance.now();
  let cursor = '';
  for (let left = Infinity; left > 500;) {
    const { text } = await ask(simulator.tiUrl, `${ACCOUNTS}/updated?limit=500${cursor}`);
    left = Number(/"count":(\d+)/.exec(text)?.[1]);
    cursor = `&seqUpdate=${/"seqUpdate":(\d+)\}$/.exec(text)?.[1]}`;
  }
  expect(performance.now() - begun).toBeLessThan(10_000);
  expect(simulator.violations).toEqual([]);
});

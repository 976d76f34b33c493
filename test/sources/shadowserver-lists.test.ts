import { describe, expect, it } from 'vitest';
import { DAY, FILE, item, reportStream, start, type Called } from './shadowserver.scripted.ts';
import type { Reply } from './scripted-vendor.ts';
import { failureOf, live } from './window-source.contract.ts';

process.env['TZ'] = 'America/New_York';

const HTTP = FILE.replace('scan_ssl', 'scan_http');

/** A vendor that lists these, and counts so. */
function vendor(items: readonly unknown[] | object, stats?: Reply) {
  return ({ method }: Called): Reply | undefined => {
    if (method === 'reports/list') return { body: items };
    return method === 'reports/stats' ? stats : undefined;
  };
}

const table = (...rows: readonly (readonly unknown[])[]): Reply => ({ body: [['date', 'type', 'events'], ...rows] });

describe('the list of a day', () => {
  it('is asked for by list and day, and has each file with what the vendor counts', async () => {
    const stats = table([DAY, 'scan-ssl', 2055], [DAY, 'scan_http', 7], ['2026-11-19', 'scan-ssl', 1]);
    const { source, calls } = await start(vendor([item(FILE), item(HTTP)], stats));
    expect(await reportStream(source).list(DAY, live())).toEqual([
      { id: expect.any(String) as string, day: DAY, file: FILE, reported: 2055 },
      { id: expect.any(String) as string, day: DAY, file: HTTP, reported: 7 },
    ]);
    expect(calls('reports/list').map(({ fields }) => fields)).toEqual([
      { reports: ['united-states'], date: DAY, limit: 1_000 },
    ]);
    expect(calls('reports/stats').map(({ fields }) => fields)).toEqual([{ date: DAY, report: 'united-states' }]);
  });

  it('does not depend on the order of keys, nor on counts, types or urls', async () => {
    const plain = {
      timestamp: DAY,
      report: 'united-states',
      id: 'a',
      file: FILE,
      type: 'scan_ssl',
      url: 'https://dl.example/a',
    };
    const { source } = await start(vendor([plain], { status: 503, body: {} }));
    expect(await reportStream(source).list(DAY, live())).toEqual([{ id: 'a', day: DAY, file: FILE }]);
  });

  it('counts nothing for a type that has several files, or whose counts make no sense', async () => {
    const delayed = FILE.replace('.csv', '-delayed.csv');
    const two = await start(vendor([item(FILE), item(delayed)], table([DAY, 'scan_ssl', 5])));
    expect((await reportStream(two.source).list(DAY, live())).map(({ reported }) => reported)).toEqual([
      undefined,
      undefined,
    ]);
    for (const stats of [
      table([DAY, 'scan_ssl', 'many']),
      { body: 'nonsense' },
      { body: { error: 'no' } },
      table([DAY, 'scan_ssl']),
    ]) {
      const { source } = await start(vendor([item(FILE)], stats));
      expect((await reportStream(source).list(DAY, live()))[0]).not.toHaveProperty('reported');
    }
  });

  it.each([[[]], [{}]])('of a day without any is empty (%j)', async (none) => {
    const { source, calls } = await start(vendor(none));
    expect(await reportStream(source).list(DAY, live())).toEqual([]);
    expect(calls('reports/stats')).toEqual([]);
  });

  it('has only the types that are wanted, by what the item or its name says', async () => {
    const items = [item(FILE), item(HTTP), item(`${DAY}-odd.csv`), item(`${DAY}-x-y.csv`, { type: 'scan_rdp' })];
    const settings = { reports: { lists: ['united-states'], types: ['scan-ssl', 'scan_rdp'] } };
    const { source } = await start(vendor(items), { settings });
    const files = (await reportStream(source).list(DAY, live())).map(({ file }) => file);
    expect(files).toEqual([FILE, `${DAY}-odd.csv`, `${DAY}-x-y.csv`]);
  });

  it('leaves out what says it is of another list of the account', async () => {
    const items = [item(FILE), item(HTTP, { report: 'california@shadowserver.org' })];
    const { source } = await start(vendor(items));
    expect((await reportStream(source).list(DAY, live())).map(({ file }) => file)).toEqual([FILE]);
  });

  it('has a file once, by the id that is listed last', async () => {
    const { source } = await start(vendor([item(FILE, { id: 'old' }), item(FILE, { id: 'new' })]));
    expect(await reportStream(source).list(DAY, live())).toMatchObject([{ id: 'new' }]);
  });

  it('that is as long as an answer may be is asked for type by type', async () => {
    const files = (type: string, count: number): readonly object[] =>
      Array.from({ length: count }, (_, i) => item(`${DAY}-${type}-${i}-us-geo.csv`, { id: `${type}-${i}` }));
    const all = { scan_ssl: files('scan_ssl', 800), scan_http: files('scan_http', 620) };
    const answer = ({ method, fields }: Called): Reply | undefined => {
      if (method !== 'reports/list') return undefined;
      const { type } = fields;
      return {
        body: (typeof type === 'string' ? all[type as keyof typeof all] : Object.values(all).flat()).slice(0, 1_000),
      };
    };
    const { source, calls } = await start(answer);
    expect(await reportStream(source).list(DAY, live())).toHaveLength(1_420);
    const settings = { reports: { lists: ['united-states'], types: ['scan_http'] } };
    const some = await start(answer, { settings });
    expect(await reportStream(some.source).list(DAY, live())).toHaveLength(620);
    expect(calls('reports/types')).toHaveLength(1);
    expect(some.calls('reports/types')).toHaveLength(0);
  });

  it('fails where even one type has more files than an answer may', async () => {
    const many = Array.from({ length: 1_000 }, (_, i) => item(`${DAY}-scan_ssl-${i}-us-geo.csv`, { id: `${i}` }));
    const { source } = await start(vendor(many));
    const failure = await failureOf(reportStream(source).list(DAY, live()));
    expect(failure).toMatchObject({
      name: 'unexpected-answer',
      message: expect.stringContaining('scan_ssl') as string,
    });
  });

  it.each([
    ['an item without an id', [{ file: FILE, timestamp: DAY, report: 'united-states' }]],
    ['an id with a line break', [item(FILE, { id: 'a\nb' })]],
    ['a file of another day', [item(FILE.replace(DAY, '2026-11-19'))]],
    ['a list of texts', ['a', 'b']],
  ])('with %s is not taken', async (_, items) => {
    const { source } = await start(vendor(items));
    expect((await failureOf(reportStream(source).list(DAY, live()))).name).toBe('unexpected-answer');
  });

  it('ends when it is told to, also while it counts', async () => {
    const controller = new AbortController();
    const { source } = await start(({ method }) => {
      if (method === 'reports/list') return { body: [item(FILE)] };
      if (method !== 'reports/stats') return undefined;
      controller.abort(new Error('told to stop'));
      return new Promise<Reply>(() => undefined);
    });
    await expect(reportStream(source).list(DAY, controller.signal)).rejects.toThrow('told to stop');
  });
});

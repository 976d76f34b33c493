import { Ajv2020 } from 'ajv/dist/2020.js';
import { describe, expect, it } from 'vitest';
import { ceilTo, floorTo, HOUR, MINUTE, toIso } from '../../src/core/time.ts';
import type { AgreedPlan } from '../../src/ops/backfill-plan.ts';
import { waitFor } from '../support/wait.ts';
import { noActions, seal, serve, withLedger } from './kit.ts';

const SITE = 'www.example.com';
const WINDOW = 5 * MINUTE;

/** A stream that is held but for one window, some hours ago. */
async function withGap(options: Parameters<typeof serve>[1] = {}) {
  const now = Date.now();
  const start = ceilTo(now - 6 * HOUR, WINDOW);
  const gap = { from: start + HOUR, until: start + HOUR + WINDOW };
  const page = await serve({ sites: [SITE], start }, options);
  const end = floorTo(now - 7 * MINUTE, WINDOW);
  await withLedger(page.config, async (ledger) => {
    await ledger.apply({ source: 'acme-waf', stream: SITE }, start);
    for (let from = start; from < end; from += WINDOW) {
      if (from !== gap.from) await seal(ledger, SITE, { from, until: from + WINDOW }, from % HOUR === 0 ? 0 : 3);
    }
    await ledger.fail(
      { source: 'acme-waf', stream: SITE },
      gap,
      { name: 'unavailable', message: 'status 502 <b>' },
      now,
    );
  });
  return { ...page, gap, start, end };
}

const text = async (url: string, init?: RequestInit): Promise<string> => (await fetch(url, init)).text();

describe('the page', () => {
  it('says in one sentence how things are, and shows where', async () => {
    const { url, gap } = await withGap();
    const page = await text(url);
    expect(page).toContain('<h1>1 source, 1 stream, 0 current; 1 gap, healable for');
    expect(page).toContain('✗ failed');
    expect(page).toMatch(/class="failed"[^>]*>\s*<title>✗ failed last time/);
    expect(page).not.toContain('status 502 <b>');
    expect(page).not.toContain('canary');
    expect(page).toContain(toIso(gap.from).slice(0, 10));
  });

  it('tells the alarms that stand, of all on the first page and of each stream on its own, until they are no more', async () => {
    const { url, config } = await withGap();
    const mine = { source: 'acme-waf', stream: SITE, kind: 'schedule-missing', message: 'there is none <b>' } as const;
    const whole = { source: '', stream: '', kind: 'ledger-damaged', message: 'the disk is at fault' } as const;
    const watch = (alarms: readonly (typeof mine | typeof whole)[], at: number): Promise<void> =>
      withLedger(config, (ledger) => ledger.watch({ alarms, streams: [] }, at));
    await watch([mine, whole], Date.now() - MINUTE);
    const first = await text(url);
    expect(first).toContain('<b>schedule-missing</b>');
    expect(first).toContain('the disk is at fault');
    expect(first).toContain('there is none &lt;b&gt;');
    expect(first).toContain('sluice explain schedule-missing');
    const own = await text(`${url}/stream/acme-waf/${SITE}`);
    expect(own).toContain('<b>schedule-missing</b>');
    expect(own).not.toContain('the disk is at fault');
    const { data } = (await (await fetch(`${url}/api/v1/alarms`)).json()) as { data: readonly unknown[] };
    expect(data).toHaveLength(2);
    expect(data).toContainEqual(expect.objectContaining({ stream: `acme-waf/${SITE}`, kind: 'schedule-missing' }));
    expect(data).toContainEqual(expect.objectContaining({ stream: null, kind: 'ledger-damaged' }));
    await watch([], Date.now());
    await waitFor(
      () => text(url),
      (page) => !page.includes('schedule-missing'),
    );
  });

  it('says so when the watchdog itself has not looked for long', async () => {
    const { url, config } = await withGap();
    await withLedger(config, (ledger) => ledger.watch({ alarms: [], streams: [] }, Date.now() - 3 * HOUR));
    expect(await text(url)).toContain('the watchdog has not looked for 3 h');
  });

  it('tells of a piece what it is made of, what the vendor said, and what to type', async () => {
    const { url, gap } = await withGap();
    const range = `from=${toIso(gap.from - WINDOW)}&until=${toIso(gap.until + WINDOW)}`;
    const page = await text(`${url}/stream/acme-waf/${SITE}?${range}`);
    expect(page).toContain('1 piece to extract; what is held is left as it is');
    expect(page).toContain(`sluice pull acme-waf/${SITE} --from ${toIso(gap.from)} --until ${toIso(gap.until)}`);
    expect(page).toContain('unavailable (1 run in vain): status 502 &lt;b&gt;');
    expect(page).toContain('manifest.json');
    expect(page.match(/█ sealed|▒ empty/g)?.length).toBeGreaterThanOrEqual(2);
  });

  it('is not found under a name that is not its own, and allows nothing that it did not bring', async () => {
    const { url } = await withGap();
    const answer = await fetch(url);
    expect(answer.headers.get('content-security-policy')).toContain("default-src 'none'");
    expect(answer.headers.get('x-frame-options')).toBe('DENY');
    const port = new URL(url).port;
    const { request } = await import('undici');
    const stranger = await request(url, { headers: { host: `evil.example:${port}` } });
    expect(stranger.statusCode).toBe(421);
    await stranger.body.dump();
  });

  it('says in its own frame that something is not there, and leads on', async () => {
    const { url } = await withGap();
    for (const path of ['/stream/acme-waf/nowhere', '/backfills/bf-none', '/nope']) {
      const answer = await fetch(url + path);
      expect(answer.status, path).toBe(404);
      const text = await answer.text();
      expect(text).toContain('There is no such');
      expect(text).toContain('<a href="/">all streams</a>');
      expect(text).not.toContain('nope');
    }
  });

  it('acts only for a form of its own', async () => {
    const asked: string[] = [];
    const { url, gap } = await withGap({
      actions: {
        ...noActions,
        heal: async (stream, range) => {
          asked.push(`${stream.stream} ${range.from}`);
          return 'pull:acme-waf runs';
        },
      },
    });
    const address = `${url}/stream/acme-waf/${SITE}?from=${toIso(gap.from)}&until=${toIso(gap.until)}`;
    const shown = await fetch(address);
    const cookie = shown.headers.get('set-cookie')?.split(';')[0] ?? '';
    const form = /name="form" value="([^"]+)"/.exec(await shown.text())?.[1] ?? '';
    const post = (body: Record<string, string>, headers: Record<string, string> = {}) =>
      text(address, { method: 'POST', body: new URLSearchParams(body), headers });
    expect(await post({ do: 'heal', form })).toContain('the form is stale');
    expect(await post({ do: 'heal', form: 'x'.repeat(24) }, { cookie })).toContain('the form is stale');
    expect(await post({ do: 'heal', form }, { cookie, origin: 'http://evil.example' })).toContain(
      'from this page alone',
    );
    expect(await post({ do: 'heal', form }, { cookie, 'sec-fetch-site': 'cross-site' })).toContain(
      'from this page alone',
    );
    expect(asked).toEqual([]);
    expect(await post({ do: 'heal', form }, { cookie })).toContain('pull:acme-waf runs');
    expect(asked).toEqual([`${SITE} ${gap.from}`]);
  });

  it('plans a backfill of a picked range, starts exactly what was shown, and leads to it', async () => {
    const started: AgreedPlan[] = [];
    const { url, gap } = await withGap({
      actions: {
        ...noActions,
        startBackfill: async (plan) => {
          started.push(plan);
          return 'it runs';
        },
      },
    });
    // Before the stream's own start: that is nobody's business but a backfill's.
    const from = floorTo(gap.from - 4 * HOUR, HOUR);
    const address = `${url}/stream/acme-waf/${SITE}?from=${toIso(from)}&until=${toIso(from + HOUR)}`;
    const shown = await fetch(address);
    const cookie = shown.headers.get('set-cookie')?.split(';')[0] ?? '';
    const page = await shown.text();
    expect(page).toMatch(/<th scope="row">12<\/th>\s*<td>windows of 5 min<\/td>/);
    expect(page).toMatch(/<th scope="row">12<\/th>\s*<td>to extract, the nearest deadline first/);
    expect(page).toContain(`sluice backfill start acme-waf/${SITE} --from ${toIso(from)} --to ${toIso(from + HOUR)}`);
    const field = (name: string): string => new RegExp(`name="${name}" value="([^"]+)"`).exec(page)?.[1] ?? '';
    const fields = { do: 'backfill', id: field('id'), plannedAt: field('plannedAt'), basis: field('basis') };
    const post = (body: Record<string, string>) =>
      fetch(address, { method: 'POST', body: new URLSearchParams(body), headers: { cookie }, redirect: 'manual' });
    expect(await (await post(fields)).text()).toContain('the form is stale');
    const foreign = await post({ ...fields, form: field('form'), id: '../../etc' });
    expect(await foreign.text()).toContain('Nothing was done.');
    expect(started).toEqual([]);
    const done = await post({ ...fields, form: field('form') });
    expect([done.status, done.headers.get('location')]).toEqual([303, `/backfills/${fields.id}`]);
    expect(started).toMatchObject([
      { id: fields.id, stream: `acme-waf/${SITE}`, from: toIso(from), until: toIso(from + HOUR), basis: fields.basis },
    ]);
  });

  it('is not brought down by what nobody would ask for', async () => {
    const { url } = await withGap();
    const address = `${url}/stream/acme-waf/${SITE}?from=0001-01-01T00:00Z&until=${toIso(Date.now())}`;
    expect(await text(address)).toContain('a backfill may have 20,000');
    for (const span of ['constructor', '__proto__']) expect((await fetch(`${url}/?span=${span}`)).status).toBe(200);
    const broken = { method: 'POST', body: '--', headers: { 'content-type': 'multipart/form-data; boundary=x' } };
    expect(await text(`${url}/stream/acme-waf/${SITE}`, broken)).toContain('Nothing was done');
  });

  it('says of a range that has not settled that there is nothing to plan', async () => {
    const { url } = await withGap();
    const [from, until] = [toIso(Date.now() - MINUTE), toIso(Date.now() + HOUR)];
    expect(await text(`${url}/stream/acme-waf/${SITE}?from=${from}&until=${until}`)).toContain('has not settled yet');
  });

  it.each([
    ['from=yesterday&until=today', '`from` and `until` are no times such as 2026-11-21T09:00Z', ['yesterday', 'today']],
    ['from=2026-11-21T09:00Z&until=now', '`until` is no time such as', ['2026-11-21T09:00Z', 'now']],
    ['from=2026-11-21T09:00Z', '`until` is no time such as', ['2026-11-21T09:00Z', '']],
    [
      'from=2026-11-21T09:00Z&until=2026-11-21T08:00Z',
      '`from` has to come before `until`',
      ['2026-11-21T09:00Z', '2026-11-21T08:00Z'],
    ],
  ])('says what is wrong with %s, and leaves it to be mended', async (query, words, [from, until]) => {
    const { url } = await withGap();
    const page = await text(`${url}/stream/acme-waf/${SITE}?${query}`);
    expect(page).toContain(words);
    expect(page).toContain(`name="from" value="${from}"`);
    expect(page).toContain(`name="until" value="${until}"`);
  });

  it('offers a range of whole minutes to who has picked none', async () => {
    const { url } = await withGap();
    const page = await text(`${url}/stream/acme-waf/${SITE}`);
    expect(page).toMatch(/name="until" value="\d{4}-\d\d-\d\dT\d\d:\d\d:00Z"/);
  });

  it('shows backfills with how far they are, and passes on an operator’s word', async () => {
    const words: string[] = [];
    const { url, config, start } = await withGap({
      actions: {
        ...noActions,
        steerBackfill: async (id, word) => {
          words.push(`${word} ${id}`);
          return `${id} is paused`;
        },
      },
    });
    expect(await text(`${url}/backfills`)).toContain('<h1>No backfills</h1>');
    const id = 'bf-20261123-0a1b2c';
    await withLedger(config, (ledger) =>
      ledger.beginBackfill(
        {
          id,
          workflowId: `backfill:${id}`,
          source: 'acme-waf',
          stream: SITE,
          from: start - HOUR,
          until: start + 2 * HOUR,
        },
        Date.now(),
      ),
    );
    // Twelve windows before the start, and the gap.
    const squeezed = async (path: string): Promise<string> => (await text(url + path)).replaceAll(/\s+/g, ' ');
    const left = '13 of 36 windows left';
    expect(await squeezed('/backfills')).toContain(left);
    expect(await squeezed(`/backfills/${id}`)).toContain('23 of 36 windows held');
    // The first page shows a look that is up to a second old.
    await waitFor(
      () => squeezed('/'),
      (page) => page.includes(left),
    );
    const address = `${url}/backfills/${id}`;
    const shown = await fetch(address);
    const cookie = shown.headers.get('set-cookie')?.split(';')[0] ?? '';
    const form = /name="form" value="([^"]+)"/.exec(await shown.text())?.[1] ?? '';
    const post = (word: string, key = form) =>
      text(address, { method: 'POST', body: new URLSearchParams({ do: word, form: key }), headers: { cookie } });
    expect(await post('pause', 'x'.repeat(24))).toContain('the form is stale');
    expect(await post('destroy')).toContain('Nothing was done.');
    expect(words).toEqual([]);
    expect(await post('pause')).toContain(`${id} is paused`);
    expect(words).toEqual([`pause ${id}`]);
    expect((await fetch(`${url}/backfills/bf-none`)).status).toBe(404);
  });

  it('unfolds what lies behind a sealed window, and says so where its manifest is gone', async () => {
    const { url, start } = await withGap();
    const page = await text(`${url}/stream/acme-waf/${SITE}?from=${toIso(start)}&until=${toIso(start + WINDOW)}`);
    expect(page).toContain('<details open');
    expect(page).toContain('archive-damaged');
    expect(page).toContain('not looked at again yet');
    expect(page).toContain(`sluice records acme-waf/${SITE} --from ${toIso(start)} --until ${toIso(start + WINDOW)}`);
  });

  it('only shows where others can reach it, unless there is a token', async () => {
    const { url, gap } = await withGap({ isLocal: false });
    const address = `${url}/stream/acme-waf/${SITE}?from=${toIso(gap.from)}&until=${toIso(gap.until)}`;
    expect(await text(address)).not.toContain('Extract what is missing');
    expect(await text(address, { method: 'POST', body: new URLSearchParams({ do: 'heal' }) })).toContain('only shows');
    const guarded = await withGap({ isLocal: false, token: 'a-token-of-some-length' });
    const there = `${guarded.url}/stream/acme-waf/${SITE}?from=${toIso(guarded.gap.from)}&until=${toIso(guarded.gap.until)}`;
    const shown = await fetch(there);
    const cookie = shown.headers.get('set-cookie')?.split(';')[0] ?? '';
    const page = await shown.text();
    expect(page).toContain('name="token"');
    expect(page).not.toContain('a-token-of-some-length');
    const form = /name="form" value="([^"]+)"/.exec(page)?.[1] ?? '';
    const post = (token: string) =>
      text(there, { method: 'POST', body: new URLSearchParams({ do: 'heal', form, token }), headers: { cookie } });
    expect(await post('wrong')).toContain('that is not the token');
    expect(await post('a-token-of-some-length')).toContain('pull:test runs');
  });
});

describe('the API', () => {
  it('answers as its description says', async () => {
    const { url, gap, config } = await withGap();
    const get = async (path: string): Promise<unknown> => (await fetch(`${url}/api/v1${path}`)).json();
    const description = (await get('/openapi.json')) as {
      paths: Record<string, { get: { responses: { '200': { content: { 'application/json': { schema: object } } } } } }>;
      components: { schemas: Record<string, object> };
    };
    const id = 'bf-20261123-0a1b2c';
    const range = { source: 'acme-waf', stream: SITE, from: gap.from, until: gap.until };
    await withLedger(config, (ledger) =>
      ledger.beginBackfill({ id, workflowId: `backfill:${id}`, ...range }, Date.now()),
    );
    const ajv = new Ajv2020({ strict: false, validateFormats: false });
    for (const [path, { get: operation }] of Object.entries(description.paths)) {
      const schema = JSON.parse(
        JSON.stringify({
          ...operation.responses['200'].content['application/json'].schema,
          $defs: description.components.schemas,
        }).replaceAll('#/components/schemas/', '#/$defs/'),
      ) as object;
      const validate = ajv.compile(schema);
      const answer = await get(path.replace('{source}/{stream}', `acme-waf/${SITE}`).replace('{id}', id));
      expect(validate(answer), `${path}: ${ajv.errorsText(validate.errors)}`).toBe(true);
    }
    const gaps = (await get('/gaps')) as { data: { from: string; until: string; state: string }[] };
    expect(gaps.data[0]).toMatchObject({ from: toIso(gap.from), until: toIso(gap.until), state: 'failed' });
    const runs = (await get(`/coverage/acme-waf/${SITE}`)) as {
      data: { from: string; until: string; state: string }[];
    };
    expect(runs.data.filter(({ state }) => state === 'failed')).toEqual([
      { from: toIso(gap.from), until: toIso(gap.until), state: 'failed' },
    ]);
  });

  it('says what is wrong with what was asked', async () => {
    const { url } = await withGap();
    const wrong = await fetch(`${url}/api/v1/coverage/acme-waf/${SITE}?from=yesterday`);
    expect(wrong.status).toBe(400);
    expect(await wrong.text()).toContain('ISO 8601');
    expect((await fetch(`${url}/api/v1/streams/acme-waf/nowhere`)).status).toBe(404);
    const nowhere = await fetch(`${url}/api/v1/nope`);
    expect(nowhere.status).toBe(404);
    expect(await nowhere.json()).toMatchObject({ error: expect.stringContaining('/api/v1/nope') as string });
  });

  it('lists what can be asked for', async () => {
    const { url } = await withGap();
    const { data } = (await (await fetch(`${url}/api/v1`)).json()) as { data: readonly string[] };
    expect(data).toContain('/streams');
    expect(data).toContain('/slices/{source}/{stream}');
  });
});

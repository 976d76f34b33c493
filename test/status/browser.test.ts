import { readFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import Libsql from 'libsql';
import { chromium, type Browser, type Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { locations } from '../../src/config/locations.ts';
import type { Config } from '../../src/config/load.ts';
import { ceilTo, DAY, floorTo, HOUR, MINUTE, SECOND } from '../../src/core/time.ts';
import { executablePath, noActions, seal, serve, withLedger } from './kit.ts';

const WINDOW = 5 * MINUTE;
const axe = await readFile(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');

let browser: Browser | undefined;
beforeAll(async () => {
  // A sandbox within a container is refused; what is opened is our own page.
  if (executablePath !== undefined) browser = await chromium.launch({ executablePath, args: ['--no-sandbox'] });
});
afterAll(() => browser?.close());

async function open(options: Parameters<Browser['newPage']>[0] = {}): Promise<Page> {
  if (browser === undefined) throw new Error('no browser');
  const page = await browser.newPage({ ...options, bypassCSP: false });
  return page;
}

/** Writes slices as rows, for 100,000 commits would take minutes. */
function fill(config: Config, sites: readonly string[], windows: readonly number[]): void {
  const db = new Libsql(locations(config).ledger);
  db.exec('begin');
  const insert = db.prepare(
    `insert into slices (source, stream, kind, from_at, until_at, revision, records, repeats, pages, parts, bytes, digest, sealed_at, manifest, workflow_id) values ('acme-waf', ?, 'window', ?, ?, 1, ?, 0, 1, 1, 100, 'd', ?, ?, 'extract:acme-waf')`,
  );
  for (const site of sites) {
    for (const from of windows) {
      insert.run(
        site,
        from,
        from + WINDOW,
        (from / WINDOW) % 7 === 0 ? 0 : 3,
        from + WINDOW,
        `${site}/${from}/manifest.json`,
      );
    }
  }
  db.exec('commit');
  db.close();
}

/** A stream with a gap of one window. */
async function withGap(sites = ['www.example.com']) {
  const now = Date.now();
  const start = ceilTo(now - 6 * HOUR, WINDOW);
  const gap = { from: start + HOUR, until: start + HOUR + WINDOW };
  const heal: { fill?: () => Promise<void> } = {};
  const page = await serve(
    { sites, start },
    {
      actions: {
        ...noActions,
        heal: async () => {
          await heal.fill?.();
          return 'pull:acme-waf runs';
        },
      },
    },
  );
  const [site = ''] = sites;
  heal.fill = () => withLedger(page.config, (ledger) => seal(ledger, site, gap));
  await withLedger(page.config, async (ledger) => {
    await ledger.apply({ source: 'acme-waf', stream: site }, start);
    // To the newest window that has ended, so that none becomes due while somebody looks.
    for (let from = start; from < floorTo(now, WINDOW); from += WINDOW) {
      if (from !== gap.from) await seal(ledger, site, { from, until: from + WINDOW });
    }
  });
  return { ...page, gap, site };
}

describe.skipIf(executablePath === undefined)(
  'in a browser (Chromium, by SLUICE_CHROMIUM or at its usual place)',
  () => {
    it.each([
      ['light', { colorScheme: 'light', viewport: { width: 1280, height: 900 } }],
      ['dark', { colorScheme: 'dark', viewport: { width: 1280, height: 900 } }],
      ['on a phone', { colorScheme: 'light', viewport: { width: 390, height: 844 } }],
    ] as const)('has nothing that keeps somebody out: %s', async (_, options) => {
      const { url, gap, site, config } = await withGap();
      const id = 'bf-20261123-0a1b2c';
      const range = { source: 'acme-waf', stream: site, from: gap.from - 12 * HOUR, until: gap.until };
      await withLedger(config, (ledger) =>
        ledger.beginBackfill({ id, workflowId: `backfill:${id}`, ...range }, Date.now()),
      );
      const paths = [
        '/',
        '/backfills',
        `/backfills/${id}`,
        `/stream/acme-waf/${site}?from=${new Date(gap.from).toISOString()}&until=${new Date(gap.until).toISOString()}`,
      ];
      for (const path of paths) {
        const page = await open(options);
        const complaints: string[] = [];
        page.on('console', (message) => message.type() === 'error' && complaints.push(message.text()));
        page.on('pageerror', (error) => complaints.push(String(error)));
        await page.goto(url + path);
        await page.evaluate(axe);
        const found = await page.evaluate(() =>
          (
            globalThis as unknown as {
              axe: { run(): Promise<{ violations: { id: string; nodes: { html: string }[] }[] }> };
            }
          ).axe.run(),
        );
        expect(found.violations.map(({ id, nodes }) => `${id}: ${nodes[0]?.html ?? ''}`)).toEqual([]);
        const overflows = await page.evaluate(
          'document.documentElement.scrollWidth > document.documentElement.clientWidth',
        );
        expect(overflows).toBe(false);
        expect(complaints).toEqual([]);
        await page.close();
      }
    });

    it('a gap is found by keyboard, extracted by a click, and turns solid without a reload', async () => {
      const { url, site } = await withGap();
      const watching = await open();
      await watching.goto(url);
      await watching.locator('h1', { hasText: '1 gap' }).waitFor();
      expect(await watching.locator('svg.axis rect.late').count()).toBe(1);

      const acting = await open();
      await acting.goto(`${url}/stream/acme-waf/${site}`);
      const pieces = acting.locator('svg.axis a');
      await pieces.first().focus();
      await acting.keyboard.press('ArrowRight');
      await acting.keyboard.press('Enter');
      await acting.getByRole('button', { name: 'Extract what is missing' }).click();
      await acting.getByText('pull:acme-waf runs').waitFor();

      // Nobody touched this one: it has been told.
      await watching.locator('h1', { hasText: '1 current; no gaps' }).waitFor({ timeout: 15_000 });
      expect(await watching.locator('svg.axis rect.late').count()).toBe(0);
      await Promise.all([watching.close(), acting.close()]);
    });

    it('twelve streams with thirty days of five minutes answer in 300 ms, in less than 300 kB', async () => {
      const sites = Array.from({ length: 12 }, (_, i) => `site-${i}.example.com`);
      const now = Date.now();
      const start = floorTo(now - 30 * DAY, WINDOW);
      // Each look is a new one: none is answered from the look before.
      let looks = 0;
      const { url, config } = await serve({ sites, start }, { clock: () => Date.now() + (looks += 2) * SECOND });
      const length = (floorTo(now - 10 * MINUTE, WINDOW) - start) / WINDOW;
      for (const stream of sites)
        await withLedger(config, (ledger) => ledger.apply({ source: 'acme-waf', stream }, start));
      fill(
        config,
        sites,
        Array.from({ length }, (_, i) => start + i * WINDOW),
      );
      const times: number[] = [];
      let bytes = 0;
      for (let i = 0; i < 9; i += 1) {
        // Processor time, of both ends: other tests run beside this one.
        const before = process.cpuUsage();
        const answer = await fetch(`${url}/?span=30d`);
        bytes = (await answer.arrayBuffer()).byteLength;
        const { user, system } = process.cpuUsage(before);
        times.push((user + system) / 1_000);
      }
      expect(bytes).toBeLessThan(300_000);
      expect(times.toSorted((a, b) => a - b)[4]).toBeLessThan(300);
    }, 240_000);
  },
);

import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { describe, expect, it } from 'vitest';
import { scanPage } from '../../src/json/records.ts';
import { openScanner } from '../../src/json/scan-aside.ts';

const BUILT = new URL('../../dist/src/json/', import.meta.url);
const THREAD = new URL('scan-thread.js', BUILT);

const page = (records: number, text = 'x'): Buffer =>
  Buffer.from(
    JSON.stringify({ data: Array.from({ length: records }, (_, id) => ({ text: text.repeat(60), id })), seq: 7 }),
  );

describe('a page that is scanned in a thread of its own', () => {
  const scan = openScanner(THREAD);

  it.each([
    ['small', page(10)],
    ['large', page(5_000)],
    ['larger than the memory that is kept', page(150_000)],
    ['large again, after that', page(6_000, 'ü')],
    ['without records', Buffer.from(JSON.stringify({ other: 'x'.repeat(100_000) }))],
    ['no object', Buffer.from(`[${'1,'.repeat(50_000)}1]`)],
  ])('is found as it would be here: one that is %s', async (_, json) => {
    expect(await scan(json, 'data', ['id', 'none'], 100)).toEqual(scanPage(json, 'data', ['id', 'none'], 100));
  });

  it.each([
    ['broken', Buffer.concat([page(5_000).subarray(0, -1), Buffer.from(',')])],
    ['cut short', page(5_000).subarray(0, 200_000)],
    ['nested too deep', Buffer.from(`{"data":${'['.repeat(100_000)}${']'.repeat(100_000)}}`)],
  ])('fails as it would here: one that is %s', async (_, json) => {
    let expected: unknown;
    try {
      scanPage(json, 'data', [], 100);
    } catch (error) {
      expected = error;
    }
    await expect(scan(json, 'data', [], 100)).rejects.toThrow(expected);
    await expect(scan(json, 'data', [], 100)).rejects.toBeInstanceOf((expected as Error).constructor);
  });

  it('is not mixed up with others that are asked for at the same time', async () => {
    const pages = [3_000, 8_000, 20, 5_000, 2_000].map((records) => page(records));
    const found = await Promise.all(pages.map((json) => scan(json, 'data', ['id'], 100)));
    expect(found).toEqual(pages.map((json) => scanPage(json, 'data', ['id'], 100)));
  });
});

describe('a thread', () => {
  it.each([
    [
      'dies over a page',
      'data:text/javascript,import{parentPort}from"node:worker_threads";parentPort.on("message",()=>process.exit(1))',
    ],
    [
      'fails over a page',
      'data:text/javascript,import{parentPort}from"node:worker_threads";parentPort.on("message",()=>{throw new Error("no memory")})',
    ],
    ['does not even start', 'data:text/javascript,throw new Error("no memory")'],
    ['is not there', new URL('nowhere.js', BUILT).href],
  ])('that %s leaves the page to be scanned here', async (_, entry) => {
    const scan = openScanner(new URL(entry));
    const json = page(5_000);
    for (let i = 0; i < 2; i += 1) {
      expect(await scan(json, 'data', ['id'], 100)).toEqual(scanPage(json, 'data', ['id'], 100));
    }
  });

  it('keeps a process alive while it scans, and no longer', async () => {
    const script = `
      import { scanPageAside } from ${JSON.stringify(new URL('scan-aside.js', BUILT).href)};
      const json = Buffer.from(JSON.stringify({ data: Array.from({ length: 20_000 }, (_, id) => ({ id })) }));
      const { records } = await scanPageAside(json, 'data', ['id'], 100);
      process.stdout.write(String(records.places.length / records.width));`;
    const args = ['--input-type=module', '--eval', script];
    const { stdout } = await promisify(execFile)(process.execPath, args, { timeout: 20_000 });
    expect(stdout).toBe('20000');
  });
});

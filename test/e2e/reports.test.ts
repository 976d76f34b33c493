import { randomUUID } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { gunzipSync } from 'node:zlib';
import { afterEach, describe, expect, it } from 'vitest';
import { z } from 'zod';
import { keyBeside } from '../../src/archive/layout.ts';
import { locations } from '../../src/config/locations.ts';
import type { ReportRef, SourceType, VendorLimits } from '../../src/core/contract.ts';
import { RefusedTarget, Unavailable } from '../../src/core/failures.ts';
import { extractId } from '../../src/core/ids.ts';
import { DAY, dayOf, HOUR, MINUTE } from '../../src/core/time.ts';
import { useTemporal } from '../workflows/harness.ts';
import { makePlace } from './place.ts';
import { record } from './record.ts';

const temporal = useTemporal();
const cleanUps: (() => Promise<unknown>)[] = [];
afterEach(async () => {
  for (const cleanUp of cleanUps.splice(0)) await cleanUp();
});

const limits: VendorLimits = {
  longest: DAY,
  grain: MINUTE,
  settling: 0,
  retention: 30 * DAY,
  safety: MINUTE,
  cursorValidity: Infinity,
  perSource: 2,
  perStream: 2,
};

interface Published {
  id: string;
  rows: readonly string[];
  reported?: number;
}

interface Vendor {
  /** Days → file → what is published. */
  readonly files: Map<string, Map<string, Published>>;
  readonly listed: string[];
  readonly fetched: { file: string; place: string | null }[];
  /** Called before each piece; throw to fail. */
  onPiece?: (file: string, row: number) => void;
}

/** A vendor whose files are lines of JSON, served so many lines a piece. */
function typeOf(vendor: Vendor, linesAPiece: number): SourceType {
  return {
    name: 'papers',
    settings: z.strictObject({}),
    limits,
    defaults: { every: HOUR, offset: 0, window: HOUR },
    open: ({ id, clock }) => ({
      id,
      type: 'papers',
      streams: [
        {
          name: 'daily',
          shape: 'report',
          lookBack: 7,
          async list(day) {
            vendor.listed.push(day);
            return [...(vendor.files.get(day) ?? [])].map(([file, { id: reportId, reported }]): ReportRef => ({
              id: reportId,
              day,
              file,
              ...(reported === undefined ? {} : { reported }),
            }));
          },
          async *fetchReport({ day, file }, place) {
            vendor.fetched.push({ file, place });
            const rows = vendor.files.get(day)?.get(file)?.rows ?? [];
            for (let row = Number(place ?? 0); row < rows.length; row += linesAPiece) {
              vendor.onPiece?.(file, row);
              const some = rows.slice(row, row + linesAPiece);
              yield {
                bytes: Buffer.from(some.map((line) => `${line}\n`).join('')),
                records: some.map((line, i) => ({ bytes: Buffer.from(line), identity: { id: line, time: row + i } })),
                place: String(row + some.length),
              };
            }
          },
          identify: ({ identity }) => identity ?? { id: '', time: 0 },
        },
      ],
      authenticate: async () => ({ skew: 0 }),
      check: async () => [],
      now: clock,
      close: async () => undefined,
    }),
  };
}

const today = dayOf(Date.now());
const daysAgo = (n: number): string => dayOf(Date.now() - n * DAY);

function vendorOf(files: Readonly<Record<string, Readonly<Record<string, Published>>>>): Vendor {
  return {
    files: new Map(Object.entries(files).map(([day, some]) => [day, new Map(Object.entries(some))])),
    listed: [],
    fetched: [],
  };
}

async function deploy(vendor: Vendor, linesAPiece = 2) {
  const source = `papers-${randomUUID().slice(0, 8)}`;
  const yaml = `version: 1\ndata: ./data\nsources:\n  ${source}:\n    type: papers\n    start: ${daysAgo(9)}\n`;
  const place = await makePlace(temporal, yaml, { papers: typeOf(vendor, linesAPiece) });
  cleanUps.push(() => place.remove());
  const worker = await place.worker();
  cleanUps.unshift(() => worker.stop());
  const stream = { source, stream: 'daily' };
  return {
    stream,
    pull: () => place.pull(stream),
    position: () => place.withLedger((ledger) => ledger.position(stream)),
    /** `day file revision` → the records, and the vendor's own file. */
    held: async () => {
      const { archive } = locations({ data: join(place.folder, 'data') });
      const found: Record<string, { records: string[]; file: string }> = {};
      for (const { bytes, manifest, key } of await place.records(stream)) {
        if (manifest.kind !== 'report') throw new Error(key);
        const packed = await readFile(join(archive, keyBeside(key, manifest.verbatim?.file ?? '')));
        const name = `${manifest.day} ${manifest.file} ${manifest.revision}`;
        found[name] ??= { records: [], file: gunzipSync(packed).toString() };
        found[name].records.push(bytes.toString());
      }
      return found;
    },
  };
}

describe('reports', () => {
  it('of every day that counts are held, each file with its rows and as the vendor published it, equal rows included', async () => {
    const same = '{"ip":"192.0.2.1"}';
    const vendor = vendorOf({
      [daysAgo(9)]: { 'a.csv': { id: '1', rows: ['{"ip":"192.0.2.9"}'] } },
      [daysAgo(1)]: { 'a.csv': { id: '2', rows: [same, same, same] }, 'b.csv': { id: '3', rows: ['{"b":1}'] } },
    });
    const { pull, held, position, stream } = await deploy(vendor);
    expect(await pull()).toMatchObject({ reports: 3, records: 5 });
    expect(await held()).toEqual({
      [`${daysAgo(9)} a.csv 1`]: { records: ['{"ip":"192.0.2.9"}'], file: '{"ip":"192.0.2.9"}\n' },
      [`${daysAgo(1)} a.csv 1`]: { records: [same, same, same], file: `${same}\n${same}\n${same}\n` },
      [`${daysAgo(1)} b.csv 1`]: { records: ['{"b":1}'], file: '{"b":1}\n' },
    });
    expect((await position())?.cursor).toBe(daysAgo(7));
    record('collectReports', await temporal.client.workflow.getHandle(extractId(stream)).fetchHistory());
    vendor.listed.length = 0;
    expect(await pull()).toMatchObject({ reports: 0 });
    expect(vendor.listed.toSorted()).toEqual([7, 6, 5, 4, 3, 2, 1, 0].map(daysAgo));
  });

  it('that appear late, or are issued again with other rows, are taken once; the same file under a new id is not', async () => {
    const vendor = vendorOf({ [daysAgo(3)]: { 'a.csv': { id: '1', rows: ['1'] } } });
    const { pull, held } = await deploy(vendor);
    await pull();
    const day = vendor.files.get(daysAgo(3));
    day?.set('a.csv', { id: 'another', rows: ['1'] });
    day?.set('late.csv', { id: '5', rows: ['9'] });
    expect(await pull()).toMatchObject({ reports: 1 });
    const fetches = vendor.fetched.length;
    expect(await pull()).toMatchObject({ reports: 0 });
    expect(vendor.fetched).toHaveLength(fetches);
    day?.set('a.csv', { id: 'third', rows: ['1', '2', '3', '4'] });
    expect(await pull()).toMatchObject({ reports: 1, records: 4 });
    expect((await held())[`${daysAgo(3)} a.csv 2`]?.records).toEqual(['1', '2', '3', '4']);
    expect((await held())[`${daysAgo(3)} a.csv 1`]?.records).toEqual(['1']);
  });

  it('are looked at again when the vendor counts other rows than before', async () => {
    const vendor = vendorOf({ [today]: { 'a.csv': { id: '1', rows: ['1'], reported: 1 } } });
    const { pull, held } = await deploy(vendor);
    await pull();
    vendor.files.get(today)?.set('a.csv', { id: '1', rows: ['1', '2'], reported: 2 });
    expect(await pull()).toMatchObject({ reports: 1, records: 2 });
    expect(Object.keys(await held())).toHaveLength(2);
  });

  it('that are not ready wait for the next run, and keep their day on the list until they are', async () => {
    const vendor = vendorOf({ [daysAgo(9)]: { 'a.csv': { id: '1', rows: [] } } });
    const { pull, held, position } = await deploy(vendor);
    expect(await pull()).toMatchObject({ reports: 0, failed: 0 });
    expect(await held()).toEqual({});
    expect((await position())?.cursor).toBe(daysAgo(9));
    vendor.files.get(daysAgo(9))?.set('a.csv', { id: '1', rows: ['1'] });
    expect(await pull()).toMatchObject({ reports: 1 });
    expect((await position())?.cursor).toBe(daysAgo(7));
  });

  it('that are large are gone on with from what was staged, when a download breaks off', async () => {
    const rows = Array.from({ length: 90 }, (_, i) => JSON.stringify({ i, text: 'x'.repeat(1_000_000) }));
    const vendor = vendorOf({ [daysAgo(2)]: { 'large.csv': { id: '1', rows } } });
    let breaks = 1;
    vendor.onPiece = (_file, row) => {
      if (row < 70 || breaks === 0) return;
      breaks -= 1;
      throw new Unavailable('the connection broke');
    };
    const { pull, held } = await deploy(vendor);
    expect(await pull()).toMatchObject({ reports: 1, records: 90 });
    expect(vendor.fetched).toEqual([
      { file: 'large.csv', place: null },
      { file: 'large.csv', place: '68' },
    ]);
    expect((await held())[`${daysAgo(2)} large.csv 1`]).toEqual({ records: rows, file: `${rows.join('\n')}\n` });
  });

  it('that cannot be had do not keep the others, and the run ends under the failure’s name', async () => {
    const vendor = vendorOf({
      [daysAgo(1)]: { 'bad.csv': { id: '1', rows: ['1'] }, 'good.csv': { id: '2', rows: ['2'] } },
    });
    vendor.onPiece = (file) => {
      if (file === 'bad.csv') throw new RefusedTarget('leads elsewhere');
    };
    const { held, pull } = await deploy(vendor);
    await expect(pull()).rejects.toThrow();
    expect(Object.keys(await held())).toEqual([`${daysAgo(1)} good.csv 1`]);
  });
});

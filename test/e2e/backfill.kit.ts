import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { afterEach } from 'vitest';
import { z } from 'zod';
import type { SourceType, VendorLimits } from '../../src/core/contract.ts';
import { windowFailure } from '../../src/sources/window-bounds.ts';
import { backfillId } from '../../src/core/ids.ts';
import { DAY, floorTo, HOUR, MINUTE, toIso, type Interval } from '../../src/core/time.ts';
import type { BackfillResult } from '../../src/workflows/backfill.ts';
import type { BackfillLook } from '../../src/activities/contract.ts';
import type { Harness } from '../workflows/harness.ts';
import { makePlace, type Place } from './place.ts';

/** A vendor with one record a minute, in hours, which keeps ten days; it notes what it is asked. */
export interface MinuteVendor {
  readonly asked: Interval[];
  /** How many requests were given up under way. */
  givenUp: number;
  /** What happens before a window is served; throw to fail it. */
  onWindow?: (window: Interval) => void | Promise<void>;
  readonly limits: VendorLimits;
}

export const minuteLimits: VendorLimits = {
  longest: HOUR,
  grain: MINUTE,
  settling: 0,
  retention: 10 * DAY,
  safety: MINUTE,
  cursorValidity: Infinity,
  perSource: 4,
  perStream: 2,
};

export function vendorOf(limits: Partial<VendorLimits> = {}): MinuteVendor {
  return { asked: [], givenUp: 0, limits: { ...minuteLimits, ...limits } };
}

function typeOf(vendor: MinuteVendor): SourceType {
  return {
    name: 'minutes',
    settings: z.strictObject({}),
    limits: vendor.limits,
    defaults: { every: HOUR, offset: 0, window: HOUR },
    open: ({ id, clock }) => ({
      id,
      type: 'minutes',
      streams: [
        {
          name: 'all',
          shape: 'window',
          limits: vendor.limits,
          async fetchPage(window, _cursor, signal) {
            vendor.asked.push(window);
            await Promise.race([vendor.onWindow?.(window), once(signal, 'abort')]);
            if (signal.aborted) vendor.givenUp += 1;
            signal.throwIfAborted();
            const outside = windowFailure(window, vendor.limits, clock());
            if (outside !== undefined) throw outside;
            const minutes = (window.until - window.from) / MINUTE;
            const records = Array.from({ length: minutes }, (_, i) => {
              const time = window.from + i * MINUTE;
              return { bytes: Buffer.from(`{"at":"${toIso(time)}"}`), identity: { id: toIso(time), time } };
            });
            return { records, next: null };
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

export interface BackfillPlace extends Place {
  readonly vendor: MinuteVendor;
  readonly stream: { readonly source: string; readonly stream: string };
  /** Starts a backfill as the Temporal UI would: a workflow type, an id, a task queue and one JSON argument. */
  start(range: { readonly from: number; readonly until: number }, id?: string): ReturnType<typeof startBare>;
  /** Windows that are held of a range, each by how often a slice of it was sealed. */
  readonly sealedTwice: () => Promise<readonly string[]>;
}

const startBare = async ({ client }: Harness, taskQueue: string, id: string, arg: Readonly<Record<string, string>>) => {
  const handle = await client.workflow.start('backfill', { workflowId: backfillId(id), taskQueue, args: [arg] });
  return {
    id,
    handle,
    result: (): Promise<BackfillResult> => handle.result() as Promise<BackfillResult>,
    update: (name: 'pause' | 'resume'): Promise<BackfillLook> => handle.executeUpdate<BackfillLook, []>(name),
    cancel: (how: { readonly now?: boolean } = {}): Promise<BackfillLook> =>
      handle.executeUpdate<BackfillLook, [typeof how]>('cancel', { args: [how] }),
    progress: (): Promise<BackfillLook> => handle.query('progress'),
  };
};

/** The start of the hour that lies so many hours back. */
export const hoursAgo = (hours: number): number => floorTo(Date.now(), HOUR) - hours * HOUR;

const cleanUps: (() => Promise<unknown>)[] = [];
export function cleanUpAfterEach(): void {
  afterEach(async () => {
    for (const cleanUp of cleanUps.splice(0)) await cleanUp();
  });
}
export const onEnd = (cleanUp: () => Promise<unknown>): void => void cleanUps.unshift(cleanUp);

/** A stream that began an hour ago: whatever lies before is nobody's business but a backfill's. */
export async function deployMinutes(temporal: Harness, vendor: MinuteVendor): Promise<BackfillPlace> {
  const source = `minutes-${randomUUID().slice(0, 8)}`;
  const start = toIso(hoursAgo(1));
  const yaml = `version: 1\ndata: ./data\nsources:\n  ${source}:\n    type: minutes\n    start: "${start}"\n`;
  const place = await makePlace(temporal, yaml, { minutes: typeOf(vendor) });
  onEnd(() => place.remove());
  const stream = { source, stream: 'all' };
  return {
    ...place,
    vendor,
    stream,
    start: ({ from, until }, id = `bf-${randomUUID().slice(0, 8)}`) =>
      startBare(temporal, place.taskQueue, id, { ...stream, from: toIso(from), until: toIso(until) }),
    sealedTwice: async () => {
      const records = await place.records(stream);
      const times = records.map(({ bytes }) => bytes.toString());
      return times.filter((one, i) => times.indexOf(one) !== i);
    },
  };
}

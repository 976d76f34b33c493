import { ApplicationFailure } from '@temporalio/common';
import type { Activities, FetchOrder, Plan, SealedWindow } from '../../src/activities/contract.ts';
import type { FailureName } from '../../src/core/failures.ts';
import { interval, MINUTE, toIso, type IsoInterval } from '../../src/core/time.ts';
import { subtract, union } from '../../src/core/intervals.ts';

/** What the pretended vendor and ledger of a test do; the workflows under test are the real ones. */
export interface Pretence {
  /** The windows that are due at first. */
  readonly due: readonly IsoInterval[];
  /** How many pages a window has. */
  readonly pages?: (window: IsoInterval) => number;
  /** Called before each page; throw to fail it. */
  readonly onPage?: (order: FetchOrder & { page: number }) => void | Promise<void>;
  /** Windows are sealed together with the fetch of their only page. */
  readonly small?: boolean;
  /** How long a cursor stays valid, ms. */
  readonly validFor?: number;
  readonly connections?: { perSource: number; perStream: number };
  readonly onAuthenticate?: () => void;
}

type OfWindows =
  'describeStream' | 'ensureGate' | 'authenticate' | 'plan' | 'fetchPages' | 'extractBatch' | 'seal' | 'recordFailure';

export interface PretendedLedger extends Pick<Activities, OfWindows> {
  readonly sealed: IsoInterval[];
  readonly failed: { window: IsoInterval; failure: string }[];
  readonly pagesServed: () => number;
  add(windows: readonly IsoInterval[]): void;
}

/** Activities over plain arrays: one page at a time, so that every step of the loops shows. */
export function pretend(pretence: Pretence): PretendedLedger {
  const due = [...pretence.due];
  const sealed: IsoInterval[] = [];
  const failed: { window: IsoInterval; failure: string }[] = [];
  let served = 0;
  const validFor = pretence.validFor ?? 60_000;
  return {
    sealed,
    failed,
    pagesServed: () => served,
    add: (windows) => due.push(...windows),
    describeStream: async () => ({
      shape: 'window',
      connections: pretence.connections ?? { perSource: 5, perStream: 2 },
      grain: MINUTE,
    }),
    // The workflow then starts the gate itself.
    ensureGate: async () => undefined,
    authenticate: async () => {
      pretence.onAuthenticate?.();
      return { skewSeconds: 0 };
    },
    plan: async (): Promise<Plan> => {
      const done = union([...sealed, ...failed.map(({ window }) => window)].map(interval));
      const windows = due.filter((window) => subtract([interval(window)], done).length > 0);
      return { at: toIso(Date.now()), windows: windows.slice(0, 50), due: windows.length, deadline: null, lost: [] };
    },
    fetchPages: async (order) => {
      const page = order.cursor === null ? 1 : Number(order.cursor.text);
      await pretence.onPage?.({ ...order, page });
      served += 1;
      const last = page >= (pretence.pages?.(order.window) ?? 1);
      if (pretence.small === true) {
        sealed.push(order.window);
        const summary = { pages: 1, records: 10, next: null, nextValidFor: null, reported: null };
        return { segment: null, sealed: sealedWindow(1), ...summary };
      }
      return {
        segment: `${order.window.from}#${page}`,
        pages: 1,
        records: 10,
        next: last ? null : { text: String(page + 1), validUntil: toIso(Date.now() + validFor) },
        nextValidFor: last ? null : validFor,
        reported: null,
      };
    },
    extractBatch: async ({ windows, ...id }) => {
      const done: SealedWindow[] = [];
      for (const window of windows) {
        try {
          await pretence.onPage?.({ ...id, window, cursor: null, page: 1 });
        } catch (error) {
          return { sealed: done, stoppedBecause: String(error) };
        }
        served += 1;
        sealed.push(window);
        done.push(sealedWindow(1));
      }
      return { sealed: done };
    },
    seal: async ({ window, segments }) => {
      sealed.push(window);
      return sealedWindow(segments.length);
    },
    recordFailure: async ({ window, failure }) => {
      failed.push({ window, failure });
    },
  };
}

function sealedWindow(segments: number): SealedWindow {
  return { records: segments * 10, repeats: 0, pages: segments, bytes: 1, digest: 'd', manifest: 'm' };
}

/** What an activity throws for a named failure that nothing heals. */
export function final(name: FailureName): ApplicationFailure {
  return ApplicationFailure.nonRetryable(`pretended ${name}`, name);
}

/** `count` hours from 2026-11-21T00:00Z on. */
export function hours(count: number): readonly IsoInterval[] {
  const start = Date.UTC(2026, 10, 21);
  return Array.from({ length: count }, (_, i) => ({
    from: toIso(start + i * 60 * MINUTE),
    until: toIso(start + (i + 1) * 60 * MINUTE),
  }));
}

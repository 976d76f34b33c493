import { AsyncLocalStorage } from 'node:async_hooks';
import { ApplicationFailure } from '@temporalio/common';
import type { ActivityInterceptorsFactory } from '@temporalio/worker';
import { Registry } from 'prom-client';
import type { StreamId } from '../core/ids.ts';
import { SECOND } from '../core/time.ts';
import { traffic, type Traffic } from '../http/traffic.ts';
import type { Ledger } from '../ledger/ledger.ts';
import { codeClasses, type CodeClass } from './catalogue.ts';
import { makeCounter, makeGauge, makeHistogram } from './series.ts';

/** What one process counts of its own work, for its `/metrics`. */
export interface WorkMetrics {
  readonly registry: Registry;
  /** The same ledger; what is committed through it is counted, once. */
  counted(ledger: Ledger): Ledger;
  /** Knows for which stream an activity asks the vendor, and how long the vendor made it wait. */
  readonly interceptor: ActivityInterceptorsFactory;
  readonly cursorUsed: (id: StreamId, age: number) => void;
  /** Stops listening. */
  close(): void;
}

const DURATIONS = [0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 20, 45, 120];
/** Links of Signal Sciences live a minute. */
const AGES = [1, 5, 15, 30, 45, 55, 60];

/**
 * @param streams the configured ones: their counters begin at 0 at once, because Prometheus does not see the first increase of a counter that
 *   begins with it
 */
export function createWorkMetrics(streams: readonly StreamId[]): WorkMetrics {
  const registry = new Registry();
  const counters = makeCounters(registry);
  for (const id of streams) begin(counters, labelsOf(id));
  // A login is a request of the whole source.
  for (const source of new Set(streams.map((id) => id.source))) beginRequests(counters, labelsOf({ source }));
  const who = new AsyncLocalStorage<ReturnType<typeof labelsOf>>();
  const listen = (message: unknown): void => count(message as Traffic, who.getStore(), counters);
  traffic.subscribe(listen);
  return {
    registry,
    counted: (ledger) => countCommits(ledger, counters),
    interceptor: () => ({
      inbound: {
        async execute(input, next) {
          const labels = labelsOf(input.args[0]);
          try {
            return await who.run(labels, () => next(input));
          } catch (error) {
            counters.throttled.inc(labels, throttledSeconds(error));
            throw error;
          }
        },
      },
    }),
    cursorUsed: (id, age) => counters.ages.observe(labelsOf(id), age),
    close() {
      traffic.unsubscribe(listen);
    },
  };
}

type Counters = ReturnType<typeof makeCounters>;

function makeCounters(registry: Registry) {
  return {
    records: makeCounter('sluice_records_delivered_total', registry),
    bytes: makeCounter('sluice_bytes_delivered_total', registry),
    duplicates: makeCounter('sluice_records_duplicate_total', registry),
    requests: makeCounter('sluice_vendor_requests_total', registry),
    durations: makeHistogram('sluice_vendor_request_duration_seconds', registry, DURATIONS),
    throttled: makeCounter('sluice_vendor_throttled_seconds_total', registry),
    underWay: makeGauge('sluice_vendor_concurrency_in_use', registry),
    ages: makeHistogram('sluice_next_url_age_seconds', registry, AGES),
  };
}

function begin(counters: Counters, labels: ReturnType<typeof labelsOf>): void {
  for (const counter of [counters.records, counters.bytes, counters.duplicates, counters.throttled]) {
    counter.inc(labels, 0);
  }
  counters.ages.zero(labels);
  beginRequests(counters, labels);
}

function beginRequests({ requests, durations, underWay }: Counters, labels: ReturnType<typeof labelsOf>): void {
  for (const code_class of codeClasses) requests.inc({ ...labels, code_class }, 0);
  durations.zero(labels);
  underWay.set(labels, 0);
}

/** Of an activity's argument; a login is for a whole source, and what has no source is not for a vendor. */
function labelsOf(order: unknown): { readonly source: string; readonly stream: string } {
  const { source, stream } = (typeof order === 'object' && order !== null ? order : {}) as Partial<StreamId>;
  return { source: source ?? '', stream: stream ?? '' };
}

function count(message: Traffic, labels = labelsOf(undefined), counters: Counters): void {
  if (message.phase === 'begun') {
    counters.underWay.inc(labels);
    return;
  }
  counters.underWay.dec(labels);
  counters.requests.inc({ ...labels, code_class: codeClassOf(message.status) });
  counters.durations.observe(labels, message.seconds);
}

function codeClassOf(status: number | undefined): CodeClass {
  if (status === undefined) return 'none';
  if (status === 401 || status === 403) return 'auth';
  if (status === 429) return 'throttled';
  if (status < 300) return '2xx';
  if (status < 400) return '3xx';
  return status < 500 ? '4xx' : '5xx';
}

/** How long Temporal waits before the next try because the vendor said so. */
function throttledSeconds(error: unknown): number {
  if (!(error instanceof ApplicationFailure) || error.type !== 'rate-limited') return 0;
  return typeof error.nextRetryDelay === 'number' ? error.nextRetryDelay / SECOND : 0;
}

/** A slice that another attempt had committed already is `present`, and was counted there. */
function countCommits(ledger: Ledger, { records, bytes, duplicates }: Counters): Ledger {
  return {
    ...ledger,
    async commit(receipt) {
      const outcome = await ledger.commit(receipt);
      if (outcome === 'present') return outcome;
      const { manifest } = receipt;
      const labels = labelsOf(manifest);
      records.inc(labels, manifest.records);
      bytes.inc(
        labels,
        manifest.parts.reduce((sum, part) => sum + part.rawBytes, 0),
      );
      duplicates.inc(labels, manifest.repeats);
      return outcome;
    },
  };
}

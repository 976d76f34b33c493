import { ApplicationFailure, isCancellation, setCurrentDetails, workflowInfo } from '@temporalio/workflow';
import type { SearchHits, SearchOrder } from '../activities/contract.ts';
import type { FailureName } from '../core/failures.ts';
import { toIso } from '../core/time.ts';
import { openGate, type Gate } from './gate.ts';
import { authenticate, nameFailure, searchHits, searchPages, sealSearch } from './steps.ts';

/** What came of one collection. */
export interface Searched {
  readonly collection: string;
  readonly label: string;
  /** How many items the vendor said there were. */
  readonly told: number;
  /** How many were sealed; absent when it failed. */
  readonly records?: number;
  /** Key of the manifest in the archive. */
  readonly manifest?: string;
  readonly failure?: { readonly name: FailureName; readonly message: string };
}

export interface SearchOutcome {
  /** When it was searched, ISO 8601 UTC: every slice of it says so. */
  readonly at: string;
  readonly collections: readonly Searched[];
}

/**
 * The vendor's own search: which collections have something → for each: page after page → a slice of its own. One collection's trouble never
 * stops another; the run then ends as failed under its name, with what came of all. It is no coverage: no cursor is moved, and nothing of it is ever due.
 */
export async function search({ source, query }: SearchOrder): Promise<SearchOutcome> {
  const at = toIso(workflowInfo().startTime.getTime());
  await authenticate({ source });
  const found = await searchHits({ source, query });
  const gate = openGate({ source, stream: 'search' }, found.connections);
  const collections: Searched[] = [];
  for (const hit of found.hits) {
    setCurrentDetails(describe(found, collections));
    collections.push(await searchOne({ source, query }, hit, at, gate));
  }
  setCurrentDetails(describe(found, collections));
  const outcome = { at, collections };
  const failed = collections.find(({ failure }) => failure !== undefined);
  if (failed?.failure === undefined) return outcome;
  // After all the others: red in the UI where a person must look.
  const { name, message } = failed.failure;
  throw ApplicationFailure.create({ message, type: name, nonRetryable: true, details: [outcome] });
}

async function searchOne(
  order: SearchOrder,
  { collection, label, count }: SearchHits['hits'][number],
  at: string,
  gate: Gate,
): Promise<Searched> {
  const about = { collection, label, told: count };
  try {
    const segments = await walk(order, collection, gate);
    const sealed = await sealSearch.executeWithOptions({ summary: `seal ${collection}` }, [
      { ...order, collection, at, segments, reported: count },
    ]);
    return { ...about, records: sealed.records, manifest: sealed.manifest };
  } catch (error) {
    if (isCancellation(error)) throw error;
    return { ...about, failure: nameFailure(error) };
  }
}

/** @returns the staged finds, in order */
async function walk(order: SearchOrder, collection: string, gate: Gate): Promise<readonly string[]> {
  const permit = await gate.claim();
  try {
    const segments: string[] = [];
    let place: string | null = null;
    do {
      const summary: string = place === null ? collection : `${collection}, further`;
      const { segment, next } = await searchPages.executeWithOptions({ summary }, [{ ...order, collection, place }]);
      segments.push(segment);
      place = next;
    } while (place !== null);
    return segments;
  } finally {
    await gate.release(permit);
  }
}

function describe({ hits }: SearchHits, done: readonly Searched[]): string {
  return [
    `**${done.length} of ${hits.length} collections** that have something`,
    ...done.map(({ collection, records, failure }) => `- ${collection}: ${failure?.name ?? `${records ?? 0} records`}`),
  ].join('\n');
}

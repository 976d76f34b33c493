import { WorkflowFailedError } from '@temporalio/client';
import { ApplicationFailure } from '@temporalio/common';
import { openArchive } from '../archive/open.ts';
import { locations } from '../config/locations.ts';
import type { Config } from '../config/load.ts';
import { ArchiveDamaged } from '../core/failures.ts';
import { searchId } from '../core/ids.ts';
import { redactionOf } from '../core/redaction.ts';
import { connectClient } from '../temporal/connect.ts';
import { ensureSearchAttributes } from '../temporal/search-attributes.ts';
import { kindKey, sourceKey } from '../workflows/search-attributes.ts';
import type { search, SearchOutcome } from '../workflows/search.ts';
import { taskQueue, temporalAddress } from './connection.ts';
import { findConfigured, withSource } from './discover.ts';
import { lookupOf, nameOfSearch } from './lookup.ts';
import { workflowLink } from './links.ts';
import { aborted, sayIfNobodyWorks } from './pull.ts';
import { redaction } from './redaction.ts';
import { failureOfRun, type RunFailure } from './run-failure.ts';
import type { Talk } from './talk.ts';
import { UsageError } from './usage-error.ts';

export interface SearchResult {
  readonly workflowId: string;
  readonly outcome?: SearchOutcome;
  readonly failure?: RunFailure;
  /** Nobody waited for its end: it goes on on the server. */
  readonly left?: true;
}

/**
 * Searches a vendor, and waits for what comes of it; the same search that runs already is joined. What is found is sealed, a slice for each collection.
 * Errors: {@link UsageError} for a query that the vendor would not understand, `TemporalUnreachable`.
 */
export async function searchSource(
  config: Config,
  name: string,
  query: string,
  { talk, interrupted }: { readonly talk: Talk; readonly interrupted: AbortSignal },
): Promise<SearchResult> {
  const complaint = await withSource(findConfigured(config, name), async (source) => lookupOf(source).complaint(query));
  if (complaint !== undefined) throw new UsageError(`${JSON.stringify(query)}: ${complaint}`);
  const target = temporalAddress(config);
  const client = await connectClient(target);
  try {
    await ensureSearchAttributes(client.connection, target.namespace);
    interrupted.throwIfAborted();
    const run = await client.workflow.start<typeof search>('search', {
      workflowId: searchId(name, nameOfSearch(query)),
      workflowIdConflictPolicy: 'USE_EXISTING',
      taskQueue,
      args: [{ source: name, query }],
      staticSummary: `search ${name} for ${query}`.slice(0, 200),
      typedSearchAttributes: [
        { key: sourceKey, value: name },
        { key: kindKey, value: 'search' },
      ],
    });
    const { workflowId } = run;
    const result = run.result();
    result.catch(() => undefined); // a closed connection rejects it when nobody waits any more
    const ui = workflowLink(config, workflowId);
    talk.say(ui === undefined ? `${workflowId} runs` : `${workflowId} runs: ${ui}`);
    await sayIfNobodyWorks(client, target.namespace, talk);
    try {
      const outcome = await Promise.race([result, aborted(interrupted)]);
      return outcome === undefined ? { workflowId, left: true } : { workflowId, outcome };
    } catch (error) {
      const outcome = outcomeIn(error);
      return { workflowId, failure: failureOfRun(error), ...(outcome !== undefined && { outcome }) };
    }
  } finally {
    await client.close();
  }
}

/** What came of all collections, where only some failed. */
function outcomeIn(error: unknown): SearchOutcome | undefined {
  const cause = error instanceof WorkflowFailedError ? error.cause : undefined;
  return cause instanceof ApplicationFailure ? (cause.details?.[0] as SearchOutcome | undefined) : undefined;
}

/** The finds of a search as lines of NDJSON, secrets hidden as the configuration says. Errors: `archive-damaged`. */
export async function* readFinds(config: Config, name: string, outcome: SearchOutcome): AsyncGenerator<Uint8Array> {
  const archive = openArchive(locations(config).archive);
  const configured = findConfigured(config, name);
  for (const { collection, manifest } of outcome.collections) {
    if (manifest === undefined) continue;
    const receipt = await archive.receipt(manifest);
    if (receipt === undefined) throw new ArchiveDamaged(`${manifest} is missing`);
    const secrets = await withSource(configured, async (source) => lookupOf(source).secrets(collection));
    const today = redactionOf({ name: collection, secrets }, configured.settings.redaction);
    const hide = redaction(configured.settings.redaction?.key, today)(receipt.manifest.redaction);
    for await (const { bytes } of archive.records(receipt)) yield hide(bytes);
  }
}

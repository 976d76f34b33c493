import { activityInfo, cancellationSignal, heartbeat } from '@temporalio/activity';
import type { Identity, Lookup, SourceRecord } from '../core/contract.ts';
import { Failure, UnexpectedAnswer, UnknownStream } from '../core/failures.ts';
import { redactionOf } from '../core/redaction.ts';
import { SECOND, toIso } from '../core/time.ts';
import type { Activities } from './contract.ts';
import { findSource, type Dependencies, type OpenSource } from './dependencies.ts';
import { quarantine } from './quarantine.ts';

const MOST = { pages: 200, time: 20 * SECOND };
const BEAT_EVERY = 3 * SECOND;
/** Both stand in histories. */
const LONGEST_PLACE = 32 * 1024;

/** Errors: `unknown-stream` for a source whose vendor has no search. */
function findLookup(deps: Dependencies, name: string): OpenSource & { readonly lookup: Lookup } {
  const open = findSource(deps, name);
  if (open.source.lookup === undefined) throw new UnknownStream(`${name}: this type of source has no search`);
  return { ...open, lookup: open.source.lookup };
}

export function searchHitsActivity(deps: Dependencies): Activities['searchHits'] {
  return async ({ source, query }) => {
    const { lookup, settings } = findLookup(deps, source);
    const { perSource, perStream } = settings.limits;
    return { hits: await lookup.hits(query, cancellationSignal()), connections: { perSource, perStream } };
  };
}

/** As `fetchPages`: trouble after the first page ends the run early, with the place to go on from. */
export function searchPagesActivity(deps: Dependencies): Activities['searchPages'] {
  return async ({ source, query, collection, place }) => {
    const { lookup } = findLookup(deps, source);
    const id = { source, stream: collection };
    const staging = deps.archive.stage(id);
    const beat = setInterval(() => heartbeat(), BEAT_EVERY);
    const startedAt = Date.now();
    const done = { pages: 0, records: 0, next: place };
    try {
      do {
        try {
          const page = await lookup.page(collection, query, done.next, cancellationSignal());
          if ((page.next ?? '').length > LONGEST_PLACE)
            throw new UnexpectedAnswer(`${collection}: a place too long to be kept`);
          await staging.page(page.records, identityOf);
          done.pages += 1;
          done.records += page.records.length;
          done.next = page.next;
        } catch (error) {
          if (done.pages === 0 || !(error instanceof Failure)) throw error;
          break;
        }
        heartbeat({ pages: done.pages, records: done.records });
      } while (
        done.next !== null &&
        !deps.stopping.aborted &&
        done.pages < MOST.pages &&
        Date.now() - startedAt < MOST.time
      );
      const { key } = await staging.finish();
      return { segment: key, records: done.records, next: done.next };
    } catch (error) {
      await staging.abort();
      await quarantine(deps, id, error);
      throw error;
    } finally {
      clearInterval(beat);
    }
  };
}

function identityOf({ identity, bytes }: SourceRecord): Identity {
  if (identity === undefined) throw new UnexpectedAnswer('a find without an identity', { body: bytes });
  return identity;
}

export function sealSearchActivity(deps: Dependencies): Activities['sealSearch'] {
  return async ({ source: name, query, collection, at, segments, reported }) => {
    const { source, lookup, settings } = findLookup(deps, name);
    const { workflowId = '', runId = '' } = activityInfo().workflowExecution ?? {};
    const secrets = { name: collection, secrets: lookup.secrets(collection) };
    const beat = setInterval(() => heartbeat(), BEAT_EVERY);
    try {
      const receipt = await deps.archive.seal(
        {
          slice: { source: name, type: source.type, stream: collection, kind: 'search', query, at, revision: 1 },
          segments,
          reported,
          redaction: redactionOf(secrets, settings.redaction)?.policy,
          run: { workflowId, runId },
          sealedAt: toIso(Date.now()),
        },
        cancellationSignal(),
      );
      await deps.ledger.commit(receipt);
      const { records, repeats, pages, parts, digest } = receipt.manifest;
      return {
        records,
        repeats,
        pages,
        bytes: parts.reduce((sum, part) => sum + part.bytes, 0),
        digest,
        manifest: receipt.key,
      };
    } finally {
      clearInterval(beat);
    }
  };
}

import { activityInfo, cancellationSignal, getClient } from '@temporalio/activity';
import type { WindowLimits } from '../core/contract.ts';
import type { Forgetting } from '../core/due.ts';
import { connectionsId } from '../core/ids.ts';
import { interval, SECOND, toIso } from '../core/time.ts';
import { UnknownStream } from '../core/failures.ts';
import type { Activities } from './contract.ts';
import { findReportStream, findSource, findWindowStream, type Dependencies } from './dependencies.ts';
import { named } from './failures.ts';
import { extractBatchActivity } from './extract-batch.ts';
import { beginSequenceActivity, followPortionsActivity } from './follow-portions.ts';
import { backfillActivities } from './backfill.ts';
import { followBackfillActivity } from './follow-backfill.ts';
import { fetchPagesActivity } from './fetch-pages.ts';
import { planActivity } from './plan.ts';
import { fetchReportActivity, sealReportActivity } from './fetch-report.ts';
import { planLooksActivity, reconcileBatchActivity, sealLateActivity } from './reconcile.ts';
import { listBackfillActivity } from './list-backfill.ts';
import { listReportsActivity } from './reports.ts';
import { searchHitsActivity, searchPagesActivity, sealSearchActivity } from './search.ts';
import { sealActivity } from './seal.ts';
import { watchActivity } from './watch.ts';

/** The activities of a worker: thin, where Temporal meets sources, ledger and archive. */
export function createActivities(deps: Dependencies): Activities {
  return named<Activities>({
    async describeStream(id) {
      const { source, settings } = findSource(deps, id.source);
      const stream = source.streams.find((one) => one.name === id.stream);
      if (stream === undefined)
        throw new UnknownStream(`${id.source} has no stream ${id.stream} in this worker's configuration`);
      const { perSource, perStream } = settings.limits;
      const { grain } = stream.shape === 'window' ? stream.limits : settings.limits;
      const forgetting = stream.shape === 'window' ? { forgetting: forgettingOf(stream.limits) } : {};
      const size = stream.shape === 'sequence' ? { size: stream.size } : {};
      return { shape: stream.shape, connections: { perSource, perStream }, grain, ...forgetting, ...size };
    },

    async ensureGate({ source }) {
      await getClient().workflow.start('connections', {
        workflowId: connectionsId(source),
        workflowIdConflictPolicy: 'USE_EXISTING',
        taskQueue: activityInfo().taskQueue,
        args: [],
        staticSummary: 'lets in as many connections as the vendor allows',
      });
    },

    async authenticate({ source: name }) {
      const { source } = findSource(deps, name);
      const { skew, until } = await source.authenticate(cancellationSignal());
      return { skewSeconds: Math.round(skew / SECOND), ...(until === undefined ? {} : { until: toIso(until) }) };
    },

    async recordFailure({ window, failure, message, ...id }) {
      const { source } = findWindowStream(deps, id);
      await deps.ledger.fail(id, interval(window), { name: failure, message }, source.now());
    },

    async recordStall({ failure, message, ...id }) {
      const { source } = findSource(deps, id.source);
      await deps.ledger.stall(id, { name: failure, message }, source.now());
    },

    async markCollected({ after, upto, ...id }) {
      const { source } = findReportStream(deps, id);
      await deps.ledger.moveTo(id, after, upto, source.now());
    },

    ...backfillActivities(deps),
    followBackfill: followBackfillActivity(deps),
    listBackfill: listBackfillActivity(deps),
    listReports: listReportsActivity(deps),
    fetchReport: fetchReportActivity(deps),
    sealReport: sealReportActivity(deps),
    searchHits: searchHitsActivity(deps),
    searchPages: searchPagesActivity(deps),
    sealSearch: sealSearchActivity(deps),
    plan: planActivity(deps),
    beginSequence: beginSequenceActivity(deps),
    followPortions: followPortionsActivity(deps),
    fetchPages: fetchPagesActivity(deps),
    extractBatch: extractBatchActivity(deps),
    seal: sealActivity(deps),
    planLooks: planLooksActivity(deps),
    reconcileBatch: reconcileBatchActivity(deps),
    sealLate: sealLateActivity(deps),
    watch: watchActivity(deps),
  });
}

function forgettingOf({ retention, retentionStep, safety }: WindowLimits): Forgetting {
  return { retention, safety, ...(retentionStep === undefined ? {} : { retentionStep }) };
}

import { activityInfo, cancellationSignal, heartbeat } from '@temporalio/activity';
import { SECOND, toIso } from '../core/time.ts';
import type { Activities } from './contract.ts';
import { findWindowStream, type Dependencies } from './dependencies.ts';

const BEAT_EVERY = 5 * SECOND;

/**
 * Makes a slice of the staged pages: the archive's manifest first, which is the commit, then the ledger's row, which is made from it.
 * Every crash point between ends in one of two states, not sealed or sealed once, and repeating this leads on to the second.
 */
export function sealActivity(deps: Dependencies): Activities['seal'] {
  return async ({ window, segments, reported, ...id }) => {
    const { source } = findWindowStream(deps, id);
    const beat = setInterval(() => heartbeat(), BEAT_EVERY);
    try {
      const slice = { ...id, type: source.type, kind: 'window', ...window, revision: 1 } as const;
      const run = activityInfo().workflowExecution;
      const receipt = await deps.archive.seal(
        {
          slice,
          segments,
          reported,
          run: { workflowId: run?.workflowId ?? '', runId: run?.runId ?? '' },
          sealedAt: toIso(Date.now()),
        },
        cancellationSignal(),
      );
      await deps.ledger.commit(receipt);
      const { records, repeats, pages, parts, digest } = receipt.manifest;
      const bytes = parts.reduce((sum, part) => sum + part.bytes, 0);
      return { records, repeats, pages, bytes, digest, manifest: receipt.key };
    } finally {
      clearInterval(beat);
    }
  };
}

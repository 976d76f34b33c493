import { activityInfo, cancellationSignal, heartbeat } from '@temporalio/activity';
import type { SealOrder } from '../archive/archive.ts';
import { redactionOf } from '../core/redaction.ts';
import { SECOND, toIso } from '../core/time.ts';
import type { Activities, SealedWindow, SealWindowOrder } from './contract.ts';
import { findWindowStream, type Dependencies } from './dependencies.ts';

const BEAT_EVERY = 5 * SECOND;

/**
 * Makes a slice of the staged pages: the archive's manifest first, which is the commit, then the ledger's row, which is made from it.
 * Every crash point between ends in one of two states, not sealed or sealed once, and repeating this leads on to the second.
 */
export function sealActivity(deps: Dependencies): Activities['seal'] {
  return async (order) => {
    const beat = setInterval(() => heartbeat(), BEAT_EVERY);
    try {
      return await sealWindow(deps, order);
    } finally {
      clearInterval(beat);
    }
  };
}

/** Seals a window whose chain of pages is complete; its segments may be staged or in memory. */
export async function sealWindow(
  deps: Dependencies,
  { window, reported, segments, source, stream }: Omit<SealWindowOrder, 'segments'> & Pick<SealOrder, 'segments'>,
): Promise<SealedWindow> {
  const id = { source, stream };
  const open = findWindowStream(deps, id);
  const { type } = open.source;
  const slice = { ...id, type, kind: 'window', from: window.from, until: window.until, revision: 1 } as const;
  const { workflowId = '', runId = '' } = activityInfo().workflowExecution ?? {};
  const redaction = redactionOf(open.stream, open.settings.redaction)?.policy;
  const run = { workflowId, runId };
  const order = { slice, segments, reported, redaction, run, sealedAt: toIso(Date.now()) };
  const receipt = await deps.archive.seal(order, cancellationSignal());
  await deps.ledger.commit(receipt);
  const { records, repeats, pages, parts, digest } = receipt.manifest;
  const bytes = parts.reduce((sum, part) => sum + part.bytes, 0);
  return { records, repeats, pages, bytes, digest, manifest: receipt.key };
}

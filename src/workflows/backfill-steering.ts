import {
  condition,
  defineQuery,
  defineSignal,
  defineUpdate,
  setHandler,
  type CancellationScope,
} from '@temporalio/workflow';
import type { BackfillLook } from '../activities/contract.ts';
import type { BackfillState } from '../core/backfill.ts';
import type { BackfillProgress } from './backfill-words.ts';
import { lookAtBackfill, steerBackfill } from './steps.ts';

/** Starts nothing new of it; what is under way is finished. */
export const pause = defineUpdate<BackfillLook>('pause');
export const resume = defineUpdate<BackfillLook>('resume');
/** Its range is no longer wanted; what is under way is finished, unless `now`. Nothing is half-sealed either way. */
export const cancel = defineUpdate<BackfillLook, [{ readonly now?: boolean }?]>('cancel');
export const progress = defineQuery<BackfillProgress>('progress');
/** Says that the ledger's row was changed, by `sluice backfill pause` say. */
export const lookNow = defineSignal<[{ readonly now?: boolean }?]>('lookNow');

/** How far it is, by the ledger. */
export const lookAt = (id: string): Promise<BackfillLook> =>
  lookAtBackfill.executeWithOptions({ summary: 'how far it is' }, [{ id }]);

export const toState = (order: Parameters<typeof steerBackfill>[0]): ReturnType<typeof steerBackfill> =>
  steerBackfill.executeWithOptions({ summary: order.to }, [order]);

/** What a backfill hears from operators, and shows them. */
export interface Steering {
  /** Somebody changed something since the last look. */
  isStirred: boolean;
  shown: BackfillProgress | undefined;
  look: (() => Promise<BackfillLook>) | undefined;
  /** Where its own reader works, to be given up at once. */
  scope: CancellationScope | undefined;
}

/** Takes the operator's word from the first moment on. */
export function listen(id: string): Steering {
  const steering: Steering = { isStirred: false, shown: undefined, look: undefined, scope: undefined };
  const steer = async (to: BackfillState, now = false): Promise<BackfillLook> => {
    // It may be the first word that the workflow hears: the row comes first.
    await condition(() => steering.look !== undefined);
    await toState({ id, to, ...(now ? { now } : {}) });
    if (now) steering.scope?.cancel();
    steering.isStirred = true;
    return await (steering.look?.() ?? lookAt(id));
  };
  setHandler(pause, () => steer('paused'));
  setHandler(resume, () => steer('running'));
  setHandler(cancel, (how) => steer('cancelled', how?.now === true));
  setHandler(lookNow, (how) => {
    steering.isStirred = true;
    if (how?.now === true) steering.scope?.cancel();
  });
  setHandler(progress, () => steering.shown ?? { id, state: 'running' });
  return steering;
}

import {
  allHandlersFinished,
  condition,
  ContinueAsNew,
  setHandler,
  upsertSearchAttributes,
} from '@temporalio/workflow';
import type { Outcome } from '../core/outcome.ts';
import { asFailure, lookAgain, report } from './report.ts';
import { outcomeKey } from './search-attributes.ts';
import { nameFailure, type NamedFailure } from './steps.ts';

/** What every run of an extractor knows of itself, and hands on when it continues as new. */
export interface ExtractorProgress {
  outcome: Outcome;
  /** The pulls to tell what came of it. */
  tell: string[];
}

export interface ExtractorWork {
  /** One round: all that is due. Asked to look again meanwhile, the extractor goes another. */
  readonly round: () => Promise<void>;
  /** Called when somebody asks it to look again. */
  readonly onAsked?: () => void;
  /** What went wrong in part: the run goes on to its end, and then ends as failed under that name. */
  readonly failure: () => NamedFailure | undefined;
}

/**
 * What extractors of every shape have in common: there is one per stream, its id is its address, and the schedule, an operator and a backfill
 * meet here. Who asks while it runs gets another round, and hears what came of it.
 */
export async function runExtractor(
  progress: ExtractorProgress,
  { round, failure, onAsked }: ExtractorWork,
): Promise<Outcome> {
  let askedAgain = false;
  setHandler(lookAgain, ({ tell }) => {
    askedAgain = true;
    onAsked?.();
    if (tell !== undefined && !progress.tell.includes(tell)) progress.tell.push(tell);
  });
  const news = (found: NamedFailure | undefined) => ({
    outcome: progress.outcome,
    ...(found === undefined ? {} : { failure: found }),
  });
  try {
    do {
      askedAgain = false;
      await round();
      await report(progress.tell.splice(0), news(failure()));
    } while (askedAgain);
  } catch (error) {
    if (error instanceof ContinueAsNew) throw error;
    const named = nameFailure(error);
    upsertSearchAttributes([{ key: outcomeKey, value: named.name }]);
    await report(progress.tell, news(named));
    throw asFailure({ outcome: progress.outcome, failure: named }, error);
  }
  await condition(allHandlersFinished);
  const found = failure();
  upsertSearchAttributes([{ key: outcomeKey, value: found?.name ?? verdict(progress.outcome) }]);
  if (found !== undefined) throw asFailure({ outcome: progress.outcome, failure: found });
  return progress.outcome;
}

function verdict(outcome: Outcome): string {
  if (outcome.lostMinutes > 0) return 'lost';
  return outcome.sealed + outcome.empty + outcome.portions + outcome.reports > 0 ? 'sealed' : 'nothing-due';
}

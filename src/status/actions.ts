import type { Config } from '../config/load.ts';
import { ceilTo, floorTo, type Interval } from '../core/time.ts';
import type { AgreedPlan } from '../ops/backfill-plan.ts';
import { cancelBackfill, pauseBackfill, resumeBackfill, startBackfill } from '../ops/backfill.ts';
import { askForPull } from '../ops/pull.ts';
import type { KnownWindowStream } from '../ops/streams.ts';

/** An operator's word about a backfill. */
export const steeringWords = ['pause', 'resume', 'cancel'] as const;
export type SteeringWord = (typeof steeringWords)[number];

/** What the page can do beyond showing. Each returns a line for a person. Errors: `TemporalUnreachable`, those of the ledger, `UsageError`. */
export interface Actions {
  /** Makes a range wanted and starts the stream's pull: what is held is left, what is lost stays lost. */
  readonly heal: (stream: KnownWindowStream, range: Interval) => Promise<string>;
  /** Starts a backfill as it was planned; the same plan twice is one backfill. Refuses a plan that rests on what is no more. */
  readonly startBackfill: (plan: AgreedPlan) => Promise<string>;
  readonly steerBackfill: (id: string, word: SteeringWord) => Promise<string>;
}

export function openActions(config: Config): Actions {
  return {
    heal: (stream, range) => heal(config, stream, range),
    async startBackfill(plan) {
      const said: string[] = [];
      await startBackfill(config, [plan], { say: (line) => said.push(line), progress: () => undefined });
      return [`${plan.id} runs`, ...said].join('. ');
    },
    async steerBackfill(id, word) {
      const { state, untold } = await steer[word](config, id);
      return [`${id} is ${state}`, ...(untold === undefined ? [] : [untold])].join('. ');
    },
  };
}

const steer = { pause: pauseBackfill, resume: resumeBackfill, cancel: cancelBackfill } as const;

async function heal(config: Config, { source, stream, window }: KnownWindowStream, range: Interval): Promise<string> {
  const { grain } = window.limits;
  const whole = { from: floorTo(range.from, grain), until: ceilTo(range.until, grain) };
  return `${await askForPull(config, { source, stream }, whole, 'page')} runs`;
}

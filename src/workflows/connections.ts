import {
  condition,
  continueAsNew,
  defineSignal,
  getExternalWorkflowHandle,
  setCurrentDetails,
  setHandler,
  workflowInfo,
} from '@temporalio/workflow';
import type { ConnectionLimits } from '../core/contract.ts';

/** A wish for one of the vendor's connections. */
export interface Claim {
  /** Names the place; the same claim may be sent again. */
  readonly permit: string;
  /** The workflow to tell when it is granted. */
  readonly holder: string;
  readonly stream: string;
  /** For what only operators want, a backfill say: it never takes the last connection. */
  readonly isWanted?: boolean;
  /** The limits in force, by the claimer's configuration: the latest claim's count. */
  readonly limits: ConnectionLimits;
  /** Waits for all who are in a hurry, and leaves them one place. */
  readonly low?: true;
}

export const claim = defineSignal<[Claim]>('claim');
export const release = defineSignal<[string]>('release');
/** Sent to the holder. May come again: that is how a holder that has vanished is found. */
export const granted = defineSignal<[string]>('granted');

/** How often, while somebody waits, holders are asked for a sign of life: a vanished one's place is free within 15 s. */
const PROBE_EVERY = '5s';
/** An unused gate ends; the next claim starts it again. */
const IDLE_AFTER = '10m';
const HISTORY_LIMIT = 3_000;

interface Places {
  readonly held: readonly Claim[];
  readonly waiting: readonly Claim[];
}

/**
 * The gate of one source: lets at most `perSource` claims in at once, `perStream` of them for one stream, first come first served,
 * over all workers and everything that runs. A holder that closed without a word (terminated, say) is found by signalling it: a
 * signal to a closed workflow fails, so its place is freed.
 */
export async function connections(places: Places = { held: [], waiting: [] }): Promise<void> {
  const held = new Map(places.held.map((one) => [one.permit, one]));
  let waiting = [...places.waiting];
  let changed = false;

  setHandler(claim, (wish) => {
    if (held.has(wish.permit)) held.set(wish.permit, wish);
    waiting = [...waiting.filter((one) => one.permit !== wish.permit), wish];
    changed = true;
  });
  setHandler(release, (permit) => {
    held.delete(permit);
    waiting = waiting.filter((one) => one.permit !== permit);
    changed = true;
  });

  /** Tells a holder that it has a place. A holder that is gone loses it. */
  const tell = async (wish: Claim): Promise<void> => {
    try {
      await getExternalWorkflowHandle(wish.holder).signal(granted, wish.permit);
    } catch {
      held.delete(wish.permit);
      changed = true;
    }
  };

  for (;;) {
    changed = false;
    const admitted = admit(held, waiting);
    for (const wish of admitted) held.set(wish.permit, wish);
    waiting = waiting.filter((one) => !admitted.includes(one));
    setCurrentDetails(describe(held, waiting));
    await Promise.all(admitted.map(tell));

    if (workflowInfo().historyLength > HISTORY_LIMIT || workflowInfo().continueAsNewSuggested) {
      await continueAsNew<typeof connections>({ held: [...held.values()], waiting });
    }
    const isWaited = waiting.length > 0;
    const woken = await condition(() => changed, isWaited ? PROBE_EVERY : IDLE_AFTER, {
      summary: isWaited ? 'see whether holders still run' : 'end when nobody comes',
    });
    if (woken) continue;
    await Promise.all([...held.values()].map(tell));
    if (held.size === 0 && waiting.length === 0) return;
  }
}

/**
 * Who may go in now: in order of arrival, those without hurry last, but a stream at its own limit does not hold up the others behind it. Those without hurry
 * never take the last place, of the account or of a stream that has several: who comes in a hurry need not wait for them.
 */
function admit(held: ReadonlyMap<string, Claim>, waiting: readonly Claim[]): readonly Claim[] {
  const inside = [...held.values()];
  const admitted: Claim[] = [];
  for (const wish of [...waiting.filter(isInHurry), ...waiting.filter((one) => !isInHurry(one))]) {
    const again = held.has(wish.permit);
    const all = inside.length;
    const ofStream = inside.filter((one) => one.stream === wish.stream).length;
    const { perSource, perStream } = limitsFor(wish);
    if (!again && (all >= perSource || ofStream >= perStream)) continue;
    if (!again && wish.isWanted === true && !leavesOne(inside, wish)) continue;
    if (!again) inside.push(wish);
    admitted.push(wish);
  }
  return admitted;
}

const isInHurry = ({ low }: Claim): boolean => low !== true;

function limitsFor({ limits: { perSource, perStream }, low }: Claim): ConnectionLimits {
  if (low !== true) return { perSource, perStream };
  return { perSource: Math.max(1, perSource - 1), perStream: Math.max(1, perStream - 1) };
}

/** Whether a connection is left to what streams ask for by themselves, where there is more than one. */
function leavesOne(inside: readonly Claim[], { stream, limits }: Claim): boolean {
  const wanted = inside.filter((one) => one.isWanted === true);
  const ofStream = wanted.filter((one) => one.stream === stream);
  return wanted.length < Math.max(1, limits.perSource - 1) && ofStream.length < Math.max(1, limits.perStream - 1);
}

function describe(held: ReadonlyMap<string, Claim>, waiting: readonly Claim[]): string {
  const line = (one: Claim): string => `- ${one.stream} (${one.holder})`;
  return [
    `**${held.size} in use**`,
    ...[...held.values()].map(line),
    `**${waiting.length} waiting**`,
    ...waiting.slice(0, 20).map(line),
  ].join('\n');
}

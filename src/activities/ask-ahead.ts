import type { Portion } from '../core/contract.ts';

/** Asks for one portion at a time, before it is needed. */
export interface AskingAhead {
  /** Resolves once the request is on its way: what is done next may keep the event loop busy for long. */
  ask(cursor: string): Promise<void>;
  /** The portion that was asked for last. Throws what fetching it threw, and only here: whoever came before it is not disturbed. */
  answer(): Promise<Portion>;
  /** Gives up what is still on its way. */
  stop(): void;
}

/**
 * While a portion is being sealed, the vendor is at work on the next one.
 * @param fetch the portion after a cursor
 * @param signal when nobody wants anything any more
 */
export function askAhead(
  fetch: (cursor: string, signal: AbortSignal) => Promise<Portion>,
  signal: AbortSignal,
): AskingAhead {
  const giveUp = new AbortController();
  const either = AbortSignal.any([signal, giveUp.signal]);
  let asked: Promise<Portion> = Promise.reject(new Error('nothing has been asked for'));
  asked.catch(() => undefined);
  return {
    async ask(cursor) {
      asked = fetch(cursor, either);
      asked.catch(() => undefined);
      await new Promise((resolve) => setImmediate(resolve));
    },
    answer: () => asked,
    stop: () => giveUp.abort(new Error('what was asked for ahead is not needed')),
  };
}

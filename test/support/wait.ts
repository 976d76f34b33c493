import { setTimeout as pause } from 'node:timers/promises';

/** Asks until the answer is as wanted, for what cannot be awaited as an event. Returns that answer, or throws after `limit` ms. */
export async function waitFor<T>(ask: () => Promise<T>, isWanted: (answer: T) => boolean, limit = 20_000): Promise<T> {
  const end = Date.now() + limit;
  for (;;) {
    const answer = await ask();
    if (isWanted(answer)) return answer;
    if (Date.now() > end) throw new Error(`still ${JSON.stringify(answer)} after ${limit} ms`);
    await pause(50);
  }
}

import { setImmediate } from 'node:timers/promises';
import type { HttpResponse } from '../../http/client.ts';
import type { ItemsPage } from './page.ts';
import type { Question, Sequence } from './ties.ts';

/** An answer on its way: as it comes, and as it is read. */
interface Answer {
  readonly raw: Promise<HttpResponse>;
  readonly page: Promise<ItemsPage>;
}

/** A question that is likely to come next. */
interface Likely {
  readonly question: Question;
  /** Where it was sent already. */
  readonly answer?: Answer;
}

/**
 * Sends the next question of a walk as soon as an answer is there, before that is read, and reads it when it comes: to check an answer of some
 * hundred items, and to seal them, takes as long as a quick vendor needs for the next one.
 *
 * A question is sent early only while the one before, sent early or not, was the right one. So a single answer costs no second request, and a
 * vendor whose answers do not show where they lead to is asked as if this were not here. What an early answer failed with comes to light when
 * its question is asked. The requests of one walk share a signal; aborting it gives up what is on its way.
 */
export function sendAhead(
  send: (question: Question, signal: AbortSignal) => Promise<HttpResponse>,
  read: (answer: HttpResponse) => Promise<ItemsPage>,
): Sequence['ask'] {
  const walks = new WeakMap<AbortSignal, Likely>();

  function begin(question: Question, signal: AbortSignal): Answer {
    const raw = send(question, signal);
    const page = raw.then(async (answer) => {
      // Reading keeps the event loop busy: the next question has to be on its way before.
      await setImmediate();
      return await read(answer);
    });
    // Met by whoever asks for it.
    page.catch(() => undefined);
    return { raw, page };
  }

  return async (question, signal) => {
    const likely = walks.get(signal);
    walks.delete(signal);
    const isRight = likely !== undefined && isSame(likely.question, question);
    const { raw, page } = (isRight ? likely.answer : undefined) ?? begin(question, signal);
    const next = questionAfter((await raw).body, question);
    if (next !== undefined) walks.set(signal, { question: next, ...(isRight && { answer: begin(next, signal) }) });
    return await page;
  };
}

function isSame(a: Question, b: Question): boolean {
  return a.seqUpdate === b.seqUpdate && a.df === b.df && a.limit === b.limit;
}

/** How far from its end an answer says where it leads to. */
const TAIL_BYTES = 64;
/** "The last element's seqUpdate is put to the top level" (group-ib.txt:312-313), and the sample has it behind the items. */
const TOP_NUMBER = /"seqUpdate"\s*:\s*"?(\d{1,40})"?\s*\}\s*$/;

/** What `questionsFor` asks first after an answer whose last items were handed out; `undefined` where that is what was asked just now. */
function questionAfter(body: Buffer, { seqUpdate, limit }: Question): Question | undefined {
  const last = TOP_NUMBER.exec(body.toString('latin1', Math.max(0, body.length - TAIL_BYTES)))?.[1];
  if (last === undefined || BigInt(last) === 0n) return undefined;
  const next = BigInt(last) - 1n;
  return next === seqUpdate ? undefined : { seqUpdate: next, limit };
}

import { setImmediate } from 'node:timers/promises';
import type { HttpResponse } from '../../http/client.ts';
import type { Question } from './ties.ts';

/** Asks the vendor; the answer is not read yet. */
export type Send = (question: Question, signal: AbortSignal) => Promise<HttpResponse>;

/** A question that is likely to come next. */
interface Likely {
  readonly question: Question;
  /** Its answer, where it was sent already. */
  readonly sent?: Promise<HttpResponse>;
}

/**
 * Sends the next question of a walk as soon as an answer is there, and before that is read: checking an answer of some hundred items takes as
 * long as a quick vendor needs for the next one.
 *
 * A question is sent early only while the one before, sent early or not, was the right one. So a single answer costs no second request, and a
 * vendor whose answers do not show where they lead to is asked as if this were not here. What an early answer failed with comes to light when
 * its question is asked. The requests of one walk share a signal; aborting it gives up what is on its way.
 */
export function sendAhead(send: Send): Send {
  const walks = new WeakMap<AbortSignal, Likely>();
  return async (question, signal) => {
    const likely = walks.get(signal);
    walks.delete(signal);
    const isRight = likely !== undefined && isSame(likely.question, question);
    const answer = await ((isRight ? likely.sent : undefined) ?? send(question, signal));
    const next = questionAfter(answer.body, question);
    if (next === undefined) return answer;
    if (!isRight) {
      walks.set(signal, { question: next });
      return answer;
    }
    const sent = send(next, signal);
    // Met by whoever asks for it.
    sent.catch(() => undefined);
    walks.set(signal, { question: next, sent });
    // Reading the answer keeps the event loop busy: the request has to be on its way before.
    await setImmediate();
    return answer;
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

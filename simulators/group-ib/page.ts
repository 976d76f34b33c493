import type { Answer } from '../kit/http.ts';
import { jsonAnswer } from '../kit/http.ts';
import type { Call, Parts } from './parts.ts';

/** What a page holds before anything goes wrong with it. */
export interface Page {
  /** The vendor's two APIs have two names for it. */
  readonly countName: 'count' | 'total';
  readonly count: number;
  readonly items: readonly Buffer[];
  /** The JSON literal; undefined: there is no such member. */
  readonly seqUpdate: string | undefined;
  readonly resultId?: string;
}

/** The JSON text of a page, written by hand: no number in it goes through a double. */
export function pageAnswer({ faults, strikes }: Parts, { occasion }: Call, page: Page): Answer {
  const strikesNow = (name: 'missingCount' | 'missingItems' | 'missingTopSeqUpdate'): boolean =>
    strikes.strike(name, faults[name], occasion) !== undefined;
  const rise = strikes.strike<{ by: number }>('countRises', faults.countRises, occasion);
  const count = page.count + (rise === undefined ? 0 : (rise.by ?? 1000) * occasion.request);
  const members: (string | Buffer)[][] = [];
  if (!strikesNow('missingCount')) members.push([`"${page.countName}":${count}`]);
  if (!strikesNow('missingItems')) members.push(['"items":[', ...between(page.items), ']']);
  if (page.resultId !== undefined) members.push([`"resultId":${JSON.stringify(page.resultId)}`]);
  if (!strikesNow('missingTopSeqUpdate') && page.seqUpdate !== undefined)
    members.push([`"seqUpdate":${page.seqUpdate}`]);
  const pieces = ['{', ...members.flatMap((member, index) => (index === 0 ? member : [',', ...member])), '}'];
  return jsonBytes(Buffer.concat(pieces.map((piece) => (typeof piece === 'string' ? Buffer.from(piece) : piece))));
}

const COMMA = Buffer.from(',');

function between(items: readonly Buffer[]): Buffer[] {
  return items.flatMap((item, index) => (index === 0 ? [item] : [COMMA, item]));
}

export function jsonBytes(body: Buffer): Answer {
  return { ...jsonAnswer(200, null), body: [body] };
}

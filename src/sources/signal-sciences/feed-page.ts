import type { SourceRecord } from '../../core/contract.ts';
import type { HttpResponse } from '../../http/client.ts';
import { parsePage } from '../../json/page.ts';
import { requireJson } from '../answers.ts';
import { nextUri } from './next-link.ts';
import { identifyRequest } from './record.ts';

export interface FeedPage {
  readonly records: readonly SourceRecord[];
  /** The link to the next page; null at the end of the chain. */
  readonly next: string | null;
  /** Whether the vendor said outright that the chain ends here (`next.uri` is ""), rather than saying nothing. */
  readonly ended: boolean;
  /** Whether the body holds bytes that are not UTF-8; they are kept as they are. */
  readonly badUtf8: boolean;
}

/**
 * Reads `{ data: [request], next: { uri } }` (signal-sciences.txt:98-113); fields that it does not name are kept and not looked at.
 *
 * @param answer one of status 200.
 * @param what names the page in messages.
 * @throws UnexpectedAnswer with the whole body, for quarantine, when anything does not fit. One record that does not fit refuses the
 *   whole page: without it the window would not be complete.
 */
export function readFeedPage(answer: HttpResponse, what: string): FeedPage {
  const { body } = answer;
  requireJson(answer, what);
  const { value, records: parsed, badUtf8 } = parsePage(body, 'data');
  const records = parsed.map((record, i) => ({
    bytes: record.bytes,
    identity: identifyRequest(record, () => `${what}: record ${i + 1} of ${parsed.length}`, body),
  }));
  return { records, next: nextUri(value['next'], body), ended: saysEnd(value['next']), badUtf8 };
}

function saysEnd(next: unknown): boolean {
  return typeof next === 'object' && next !== null && 'uri' in next && next.uri === '';
}

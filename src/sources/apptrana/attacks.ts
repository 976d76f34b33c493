import { UnexpectedAnswer } from '../../core/failures.ts';
import type { HttpResponse } from '../../http/client.ts';
import { parseGroups } from '../../json/groups.ts';
import type { PageRecord } from '../../json/page.ts';
import { requireJson } from '../answers.ts';
import { requireSuccess } from './answers.ts';

/** One answer: what each website was attacked with. */
export interface Attacks {
  readonly sites: readonly SiteAttacks[];
  /** The whole answer, for quarantine. */
  readonly body: Buffer;
  /** Whether it holds bytes that are not UTF-8; they are kept as they are. */
  readonly badUtf8: boolean;
}

export interface SiteAttacks {
  /** Without the spaces that the vendor puts around it (indusface.txt:95). */
  readonly website: string;
  readonly records: readonly PageRecord[];
}

/**
 * Reads `{ successMessage, data: [{ websiteName, attacks }] }` (indusface.txt:91-122). A website that is missing and one without attacks are the
 * same; fields that the document does not name are kept and not looked at.
 * @param answer one of status 200
 * @param asked the website that was asked for
 * @throws UnexpectedAnswer with the whole body when it says that it failed, does not fit, or is about another website
 */
export function readAttacks(answer: HttpResponse, asked: string | undefined, what: string): Attacks {
  requireJson(answer, what);
  const { body } = answer;
  const { value, groups, badUtf8 } = parseGroups(body, 'data', 'attacks');
  requireSuccess(value, answer, what);
  const sites = groups.map(({ outer, records }, i) => {
    const name = outer.member('websiteName');
    const website = typeof name === 'string' ? name.trim() : '';
    const where = `${what}: website ${i + 1} of ${groups.length}`;
    if (website === '') throw new UnexpectedAnswer(`${where} has no name`, { body });
    if (asked !== undefined && website.toLowerCase() !== asked.toLowerCase())
      throw new UnexpectedAnswer(`${where} is not the one that was asked for`, { body });
    return { website, records };
  });
  return { sites, body, badUtf8 };
}

/** Fewer than this are no cap that a vendor would set. */
const LOWEST_CAP = 1_000;

/**
 * The document knows no pages, no total and no cap. A vendor that silently leaves attacks out stops at a round number, in all or for each
 * website: such a number is returned, so that it can be looked into.
 */
export function roundNumber({ sites }: Attacks): number | undefined {
  const counts = sites.map(({ records }) => records.length);
  const all = counts.reduce((sum, count) => sum + count, 0);
  return [all, ...counts].find((count) => count >= LOWEST_CAP && count % 100 === 0);
}

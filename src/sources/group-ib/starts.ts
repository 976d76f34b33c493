import { UnexpectedAnswer } from '../../core/failures.ts';
import { isObject } from '../../json/page.ts';
import type { Api, Query } from './api.ts';
import { readObject } from './page.ts';
import { readSequenceNumber } from './sequence-number.ts';
import type { DrpSettings } from './settings.ts';

/**
 * `sequence_list?date=&collection=` (group-ib.txt:283-304, where it is also written `sequnce_list` and shown as `search`): a number for
 * each collection, or none. 0 is none: with it, the vendor's own client leaves the number out.
 */
export async function listedStart(
  api: Api,
  collection: string,
  name: string,
  date: string,
  signal: AbortSignal,
): Promise<bigint | undefined> {
  const what = `${name}, sequence_list of ${date}`;
  const query: Query = [
    ['date', date],
    ['collection', collection],
  ];
  const answer = await api.get('sequence_list', query, { what, collection }, signal);
  const { bytes, value } = readObject(answer, what);
  const { list } = value;
  if (!isObject(list) && !Array.isArray(list)) {
    throw new UnexpectedAnswer(`${what}: an answer without a list`, { body: answer.body });
  }
  const seq = readSequenceNumber(bytes, ['list', collection]);
  if (seq === 'unreadable') throw new UnexpectedAnswer(`${what}: a number that is none`, { body: answer.body });
  return seq === 0n ? undefined : seq;
}

/**
 * The violations have no such list: the vendor's own clients begin at the date's microseconds since the epoch, and with 1 for domains like
 * those of the brands. The walk begins one before the number that it is given.
 */
export function drpStart(date: string, { typoSquatting = false }: DrpSettings): bigint {
  return typoSquatting ? 2n : BigInt(Date.parse(`${date}T00:00:00Z`)) * 1_000n;
}

import type { ReportRef } from '../../core/contract.ts';
import { Failure, UnexpectedAnswer } from '../../core/failures.ts';
import type { Http } from '../../http/client.ts';
import type { HttpStream } from '../../http/stream.ts';
import type { Api } from './api.ts';
import { downloadFailure, isElsewhere } from './answers.ts';
import type { Place, Way } from './place.ts';
import { rangeOf } from './resume.ts';

/** The two ways to a file, and which is tried first. */
export interface Downloads {
  readonly api: Api;
  /** The download host. */
  readonly dl: Http;
  readonly first: 'dl' | 'api';
}

export interface Download {
  readonly way: Way;
  readonly answer: HttpStream;
  /** What a person should hear of the way that was taken. */
  readonly note?: string;
}

/**
 * Opens a file, in the other way where the first has it not: `reports/download` has been on its way out since 2023 and was seen to answer 503, then
 * 404. From a place on, a file is read the way it was begun.
 * @throws the failure of the download host when both ways fail, and mentions the other
 */
export async function openDownload(
  downloads: Downloads,
  ref: ReportRef,
  place: Place | null,
  what: string,
  signal: AbortSignal,
): Promise<Download> {
  const open = async (way: Way): Promise<Download> => ({
    way,
    answer:
      way === 'csv'
        ? await openCsv(downloads.dl, ref, place, what, signal)
        : await openJson(downloads.api, ref, what, signal),
  });
  if (place !== null) return open(place.way);
  const [first, second]: readonly [Way, Way] = downloads.first === 'dl' ? ['csv', 'json'] : ['json', 'csv'];
  try {
    return await open(first);
  } catch (failure) {
    if (!isElsewhere(failure)) throw failure;
    try {
      return { ...(await open(second)), note: `${failure.message}; taken ${NAMED[second]} instead` };
    } catch (other) {
      throw both(first === 'csv' ? failure : other, first === 'csv' ? other : failure);
    }
  }
}

const NAMED: Readonly<Record<Way, string>> = {
  csv: 'from the download host',
  json: 'from reports/download, as JSON',
};

function both(failure: unknown, other: unknown): unknown {
  if (!(failure instanceof Failure) || !(other instanceof Failure)) return failure instanceof Failure ? other : failure;
  failure.message += `; and in the other way: ${other.message}`;
  return failure;
}

/** No key goes there. An id may hold what ends a path (shadowserver.txt:104 has a `?`). */
async function openCsv(
  dl: Http,
  { id }: ReportRef,
  place: Place | null,
  what: string,
  signal: AbortSignal,
): Promise<HttpStream> {
  const name = `${what}, download`;
  const headers = { accept: 'text/csv, */*;q=0.5', ...(place !== null && rangeOf(place)) };
  const request = {
    method: 'GET',
    path: `/${encodeURIComponent(id)}`,
    headers,
    signal,
    packed: place === null,
  } as const;
  const answer = await dl.stream(request, (refused) => {
    if (refused.status !== 416) return downloadFailure(refused, name);
    return new UnexpectedAnswer(`${what}: the file has changed since it was begun: it is shorter`);
  });
  if (answer.status === 206 && place === null) {
    answer.close();
    throw new UnexpectedAnswer(`${name}: a part of the file, though the whole was asked for`);
  }
  return answer;
}

function openJson(api: Api, { id }: ReportRef, what: string, signal: AbortSignal): Promise<HttpStream> {
  return api.stream('reports/download', { id }, { what: `${what}, reports/download` }, signal);
}

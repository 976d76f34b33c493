import type { ReportStream, SourceRecord, Stream, VendorLimits, WindowStream } from '../../core/contract.ts';
import { UnexpectedAnswer } from '../../core/failures.ts';
import { DAY } from '../../core/time.ts';
import type { Account } from './account.ts';
import { countPage } from './count-stream.ts';
import type { Downloads } from './downloads.ts';
import { listDay } from './listing.ts';
import { fetchPieces } from './pieces.ts';
import { queryPage } from './queries.ts';
import { hashOfObject } from './row-hash.ts';
import { STATS, type ShadowserverSettings } from './settings.ts';

type Settings = ShadowserverSettings & { readonly limits: VendorLimits };

/** What streams share. */
export interface Means {
  readonly id: string;
  readonly settings: Settings;
  readonly downloads: Downloads;
  readonly account: Account;
}

/**
 * So many days are listed again: files appear late, and are issued again. The vendor's own tool looks at two days, and others at ten.
 */
const LOOK_BACK = 7;

export function openStreams(means: Means): readonly Stream[] {
  const { reports, queries, stats } = means.settings;
  return [
    ...(reports?.lists ?? []).map((list) => reportStream(means, list)),
    ...Object.keys(queries).map((name) => queryStream(means, name)),
    ...(stats ? [countStream(means)] : []),
  ];
}

/** What attackers tried, and what was stolen; columns by these names are in `compromised_account` and in the honeypots' reports. */
const SECRETS: readonly string[] = ['password'];

function reportStream({ id, settings, downloads, account }: Means, list: string): ReportStream {
  const name = `${id}/${list}`;
  const listed = { api: downloads.api, account, name, list, types: settings.reports?.types ?? 'all' };
  return {
    name: list,
    shape: 'report',
    lookBack: LOOK_BACK,
    identify: identified(name),
    secrets: SECRETS,
    list: (day, signal) => listDay(listed, day, signal),
    fetchReport: (ref, place, signal) => fetchPieces(downloads, ref, place, `${name} ${ref.file}`, signal),
  };
}

function queryStream({ id, settings, downloads }: Means, query: string): WindowStream {
  const name = `${id}/${query}`;
  const { limits } = settings;
  const asked = settings.queries[query];
  return {
    ...daily(query, asked?.facet === undefined ? limits : once(limits)),
    likeness: ({ bytes }) => hashOfObject(JSON.parse(Buffer.from(bytes).toString('utf8')) as Record<string, unknown>),
    identify: identified(name),
    secrets: SECRETS,
    async fetchPage(window, cursor, signal) {
      if (asked === undefined) throw new Error(`${name} has no query`);
      const querying = { api: downloads.api, limits, query: asked, name, setting: `queries.${query}.query` };
      return queryPage(querying, window, cursor, signal);
    },
  };
}

function countStream({ id, settings, downloads, account }: Means): WindowStream {
  const name = `${id}/${STATS}`;
  const { limits } = settings;
  const counting = { api: downloads.api, account, limits, name, lists: settings.reports?.lists };
  return {
    ...daily(STATS, once(limits)),
    identify: identified(name),
    fetchPage: (window, cursor, signal) => countPage(counting, window, cursor, signal),
  };
}

/** What is counted is counted anew: there are no late ones among it. */
const once = ({ reconcile: _off, ...limits }: VendorLimits): VendorLimits => limits;

function daily(name: string, limits: VendorLimits) {
  return { name, shape: 'window', limits, window: DAY } as const;
}

/** Which of several equal rows one is, or which file it is of, does not show in its bytes. */
const identified =
  (name: string) =>
  ({ identity, bytes }: SourceRecord) => {
    if (identity !== undefined) return identity;
    throw new UnexpectedAnswer(`${name}: a record without an identity`, { body: bytes });
  };

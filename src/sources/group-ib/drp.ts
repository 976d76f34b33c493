import type { Query } from './api.ts';
import type { DrpSettings } from './settings.ts';

/** The filters of `violation/list`, under the names that the vendor's own client sends them by. */
export function drpFilters({ section, brandIds, approveState, subtypes, typoSquatting }: DrpSettings): Query {
  return [
    ['section', section],
    ...each('brandIds', brandIds),
    ...each('approveState', approveState),
    ...each('subtypes', subtypes),
    ['typoSquatting', typoSquatting === undefined ? undefined : Number(typoSquatting)],
  ];
}

const each = (name: string, values: readonly string[] = []): Query => values.map((value) => [`${name}[]`, value]);

import type { Complaint, Listing } from '../../core/contract.ts';
import { UnexpectedAnswer } from '../../core/failures.ts';
import { NO_LISTS, type Account } from './account.ts';
import { isElsewhere } from './answers.ts';
import { typeName } from './counts.ts';
import type { ShadowserverSettings } from './settings.ts';

/** Says of a query what its records must have, and is no attribute itself (shadowserver.txt:451). */
const REQUIRE = 'require';

/** For `sluice discover`. */
export async function discover(account: Account, signal: AbortSignal): Promise<readonly Listing[]> {
  const attributes = await attributesOf(account, signal);
  return [
    { about: 'lists', setting: 'reports.lists', entries: await account.lists(signal) },
    { about: 'report types', setting: 'reports.types', entries: await account.types(signal) },
    ...(attributes === undefined
      ? []
      : [{ about: 'query attributes', setting: 'queries.<name>.query', entries: attributes }]),
  ];
}

/** For `sluice config check --online`. */
export async function review(
  account: Account,
  { reports, queries }: ShadowserverSettings,
  signal: AbortSignal,
): Promise<readonly Complaint[]> {
  const complaints: Complaint[] = [];
  if (reports !== undefined) {
    const lists = await listsOf(account, signal);
    complaints.push(
      ...(lists.length === 0
        ? [{ path: ['reports', 'lists'], message: NO_LISTS }]
        : unsubscribed(reports.lists, lists)),
    );
    if (reports.types !== 'all') complaints.push(...unknownTypes(reports.types, await account.types(signal)));
  }
  const attributes = Object.keys(queries).length === 0 ? undefined : await attributesOf(account, signal);
  return [...complaints, ...(attributes === undefined ? [] : unknownAttributes(queries, attributes))];
}

async function listsOf(account: Account, signal: AbortSignal): Promise<readonly string[]> {
  try {
    return await account.lists(signal);
  } catch (error) {
    if (error instanceof UnexpectedAnswer && error.message.endsWith(NO_LISTS)) return [];
    throw error;
  }
}

function unsubscribed(lists: readonly string[], known: readonly string[]): readonly Complaint[] {
  return lists.flatMap((list, i) => {
    if (known.includes(list)) return [];
    return [{ path: ['reports', 'lists', i], message: `the account is not subscribed to \`${list}\``, known }];
  });
}

function unknownTypes(types: readonly string[], known: readonly string[]): readonly Complaint[] {
  const names = new Set(known.map(typeName));
  return types.flatMap((type, i) => {
    if (names.has(typeName(type))) return [];
    return [{ path: ['reports', 'types', i], message: `the vendor has no reports of type \`${type}\``, known }];
  });
}

function unknownAttributes(queries: ShadowserverSettings['queries'], known: readonly string[]): readonly Complaint[] {
  return Object.entries(queries).flatMap(([name, { query, facet }]) => {
    const complain = (attribute: string, ...path: readonly string[]): readonly Complaint[] => {
      if (known.includes(attribute)) return [];
      return [{ path: ['queries', name, ...path], message: `the vendor has no attribute \`${attribute}\``, known }];
    };
    const own = Object.keys(query).filter((attribute) => attribute !== REQUIRE);
    return [
      ...own.flatMap((attribute) => complain(attribute, 'query', attribute)),
      ...(facet === undefined ? [] : complain(facet, 'facet')),
    ];
  });
}

/** `undefined` where the method tells none. */
async function attributesOf(account: Account, signal: AbortSignal): Promise<readonly string[] | undefined> {
  try {
    const attributes = await account.fields('reports/query', signal);
    return attributes.length === 0 ? undefined : attributes;
  } catch (error) {
    if (error instanceof UnexpectedAnswer || isElsewhere(error)) return undefined;
    throw error;
  }
}

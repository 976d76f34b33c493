import { readDate, wrong, type Asked } from './asked.ts';
import type { Faults } from './faults.ts';
import { violationFacets } from './items-violations.ts';
import type { Row } from './log.ts';
import type { Store } from './store.ts';
import { FLAGS, type Flag, type Tag } from './traits.ts';
import type { Report } from './violations.ts';

/** Which items of a collection a walk is about. */
export interface Filter {
  /** The same for the same filter. */
  readonly key: string;
  test(store: Store, row: Row): boolean;
}

type Test = Filter['test'];

export const EVERYTHING: Filter = { key: '', test: () => true };

/** What a request asks for besides its place in the walk. Throws a Refusal (400) for values that mean nothing. */
export function readFilter(asked: Asked, faults: Faults, report: Report): Filter {
  const tests: [string, Test][] = [
    ...dates(asked, faults, report),
    ...flags(asked, report),
    ...facets(asked),
    ...query(asked.one('q'), report),
  ];
  const key = tests.map(([text]) => text).join('&');
  return tests.length === 0 ? EVERYTHING : { key, test: (store, row) => tests.every(([, test]) => test(store, row)) };
}

/** `df` and `dt`: when the version came. */
function dates(asked: Asked, faults: Faults, report: Report): [string, Test][] {
  const [from, to] = [readDate(asked, 'df', report), readDate(asked, 'dt', report)];
  const end = to === undefined ? Infinity : to.time + (faults.dateTo === 'inclusive' ? to.spanMs : 0);
  const start = from?.time ?? -Infinity;
  if (from === undefined && to === undefined) return [];
  return [[`${start}-${end}`, (_store, { time }) => time >= start && time < end]];
}

function flags(asked: Asked, report: Report): [string, Test][] {
  return (Object.keys(FLAGS) as Flag[]).flatMap((name): [string, Test][] => {
    const value = asked.one(name);
    if (value === undefined) return [];
    const allowed = name === 'typoSquatting' ? ['true', 'false'] : ['0', '1'];
    if (!allowed.includes(value)) throw wrong(report, `${name} is not one of ${allowed.join(', ')}`);
    if (value === allowed[name === 'typoSquatting' ? 1 : 0]) return [];
    return [[name, (store, row) => row.given !== null || (store.kin.traitsOf(row.entity).bits & FLAGS[name]) !== 0]];
  });
}

/** What the list of violations is filtered by: one of the values that are asked for. */
function facets(asked: Asked): [string, Test][] {
  const names = ['section', 'brandIds[]', 'approveState[]', 'subtypes[]'] as const;
  return names.flatMap((name): [string, Test][] => {
    const wanted = asked.all(name);
    if (wanted.length === 0) return [];
    const test: Test = (store, row) =>
      row.given !== null || wanted.includes(violationFacets(store.kin.traitsOf(row.entity))[name]);
    return [[JSON.stringify([name, wanted]), test]];
  });
}

const TAGS: readonly string[] = ['ip', 'domain', 'email', 'hash'] satisfies Tag[];

/** `8.8.8.8`, or `ip:8.8.8.8` "to avoid side results" (group-ib.txt:393-395). */
function query(text: string | undefined, report: Report): [string, Test][] {
  if (text === undefined) return [];
  const [, tag, tagged] = /^([a-z_]+):(?!\/\/)(.+)$/.exec(text) ?? [];
  if (tag !== undefined && !TAGS.includes(tag)) throw wrong(report, `no such searchable tag: ${tag}`);
  const value = tagged ?? text;
  const test: Test = (store, row) => {
    if (row.given !== null) return row.given.bytes.includes(value);
    const { searchable } = store.collection;
    const traits = store.kin.traitsOf(row.entity);
    return searchable.some((name) => (tag === undefined || tag === name) && traits[name] === value);
  };
  return [[`q=${text}`, test]];
}

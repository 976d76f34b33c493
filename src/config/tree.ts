import {
  isAlias,
  isCollection,
  isMap,
  isScalar,
  isSeq,
  visit,
  type Document,
  type Node,
  type Pair,
  type ParsedNode,
} from 'yaml';
import { isSensitive } from './excerpt.ts';
import { nearest } from '../core/nearest.ts';
import type { Path, Place, Positions, Stretch } from './positions.ts';
import { isReference } from './references.ts';
import type { Report } from './report.ts';

/** Aliases can make a small file large: a tree of more values than this is refused. */
const LARGEST = 20_000;

/** What a tree grows from. */
export interface Soil {
  readonly document: Document;
  readonly text: string;
  readonly positions: Positions;
  readonly report: Report;
}

/** What grows here, and all that walks it later, is recursive. */
export const DEEPEST = 100;

interface Growth extends Soil {
  /** What is being grown at the moment, against an anchor that holds itself. */
  readonly open: Set<Node>;
  readonly targets: ReadonlyMap<Node, Node>;
  count: number;
}

/**
 * Maps, lists and scalars as plain values, with aliases followed and `<<` merged, and where each stands. Below an alias that is where
 * its anchor was set: there a mistake has to be mended. What is wrong goes to the report.
 */
export function plantTree(soil: Soil): unknown {
  const { document, positions } = soil;
  const growth: Growth = { ...soil, open: new Set(), targets: targetsOf(document), count: 0 };
  const root = document.contents;
  if (root === null) return undefined;
  positions.set([], { value: rangeOf(root) });
  return grow(root, [], growth);
}

function grow(node: unknown, path: Path, growth: Growth): unknown {
  growth.count += 1;
  if (growth.count > LARGEST) refuse(`more than ${LARGEST} values`, path, growth);
  if (path.length > DEEPEST) refuse(`more than ${DEEPEST} levels deep`, path, growth);
  if (isAlias(node)) return follow(node, path, growth);
  if (isCollection(node)) growth.open.add(node);
  try {
    return growCollection(node, path, growth);
  } finally {
    if (isCollection(node)) growth.open.delete(node);
  }
}

/** Ends the reading: whatever else is wrong, this would go on for long. */
function refuse(what: string, path: Path, { report }: Growth): void {
  report.add(path, `with its aliases followed this is ${what}, which no configuration is`);
  report.end();
}

function growCollection(node: unknown, path: Path, growth: Growth): unknown {
  if (isMap(node)) return growMap(node.items, path, growth);
  if (isSeq(node)) {
    return node.items.map((item, i) => {
      growth.positions.set([...path, i], placeOf(item));
      return grow(item, [...path, i], growth);
    });
  }
  return isScalar(node) ? node.value : null;
}

/** What each alias stands for: the anchor of its name that was set last before it. The parser's own look-up searches the whole file each time. */
function targetsOf(document: Document): ReadonlyMap<Node, Node> {
  const anchors = new Map<string, Node>();
  const targets = new Map<Node, Node>();
  visit(document, {
    Alias(_, alias) {
      const target = anchors.get(alias.source);
      if (target !== undefined) targets.set(alias, target);
    },
    Value(_, node) {
      if (node.anchor !== undefined) anchors.set(node.anchor, node);
    },
  });
  return targets;
}

function follow(alias: Node & { source: string }, path: Path, growth: Growth): unknown {
  const { report, open, positions, targets } = growth;
  const target = targets.get(alias);
  if (target === undefined || open.has(target)) {
    // A secret that begins with `*` looks like an alias: its name is not for a message.
    const name = isSensitive(String(path.at(-1))) ? '' : ` \`${alias.source}\``;
    if (target) report.add(path, `the anchor${name} holds itself`);
    else report.add(path, `there is no anchor${name} above`, { suggestion: 'Quote the value if it begins with `*`.' });
    return null;
  }
  const place = positions.get(path);
  const value = grow(target, path, growth);
  if (place !== undefined) positions.set(path, place);
  return value;
}

function growMap(pairs: readonly Pair[], path: Path, growth: Growth): Record<string, unknown> {
  const map: Record<string, unknown> = {};
  const merged: Record<string, unknown>[] = [];
  const first = new Map<string, Stretch>();
  for (const { key, value } of pairs) {
    const name = keyName(key, growth);
    if (name === undefined) continue;
    const keyRange = rangeOf(key);
    const before = first.get(name);
    if (before !== undefined) {
      const { line } = growth.positions.at(before.start);
      growth.report.addAt(keyRange, `\`${name}\` is there twice in one map; the first is on line ${line}`);
    }
    first.set(name, before ?? keyRange);
    growth.positions.set([...path, name], placeOf(value, keyRange));
    if (isSensitive(name)) mask(value, keyRange, growth);
    const grown = grow(value, [...path, name], growth);
    if (name === '<<') merged.push(...mergeable(grown, path, growth));
    else map[name] = grown;
  }
  return withMerged(map, merged, path, growth);
}

/** The name of a key, or `undefined`, reported, where it is none. */
function keyName(key: unknown, { report }: Growth): string | undefined {
  const value = isScalar(key) ? key.value : null;
  const isName = typeof value === 'string' || typeof value === 'number' || typeof value === 'boolean';
  const name = isName ? String(value) : undefined;
  if (name === undefined) report.addAt(rangeOf(key), 'expected a plain name as a key');
  if (name === '__proto__') report.addAt(rangeOf(key), '`__proto__` cannot be a key');
  return name === '__proto__' ? undefined : name;
}

function mergeable(value: unknown, path: Path, { report }: Growth): readonly Record<string, unknown>[] {
  const maps = Array.isArray(value) ? (value as readonly unknown[]) : [value];
  if (maps.every((one) => isPlainMap(one))) return maps;
  report.add([...path, '<<'], '`<<` takes in a map: expected an alias of one, or a list of such aliases');
  return [];
}

/** A map's own keys win over merged ones, and an earlier merged map over a later one. */
function withMerged(
  own: Record<string, unknown>,
  merged: readonly Record<string, unknown>[],
  path: Path,
  { positions }: Growth,
): Record<string, unknown> {
  const all = { ...own };
  const around = positions.get([...path, '<<']);
  for (const map of merged) {
    for (const [name, value] of Object.entries(map)) {
      if (name in all) continue;
      all[name] = value;
      if (around !== undefined) positions.set([...path, name], around);
    }
  }
  return all;
}

export function isPlainMap(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** Block collections and nothing at all are pointed at by their key: they have no beginning that a person would see. */
function placeOf(node: unknown, key?: Stretch): Place {
  const written = isScalar(node) && node.type === 'PLAIN' ? node.source : undefined;
  const isNothing = node === null || (isScalar(node) && node.value === null && node.source === '');
  const isBlock = isCollection(node) && node.flow !== true;
  return { value: key !== undefined && (isNothing || isBlock) ? key : rangeOf(node), key, written };
}

/**
 * Hides a value under a name like `password` from excerpts, whether it is a secret field or not, with the anchor or tag before it:
 * a secret may begin with `&` or `!`.
 */
function mask(value: unknown, key: Stretch, { text, report }: Growth): void {
  if (isCollection(value) || (isScalar(value) && typeof value.value === 'string' && isReference(value.value))) return;
  const colon = /[\s"']*:\s*/y;
  colon.lastIndex = key.end;
  const start = key.end + (colon.exec(text)?.[0].length ?? 0);
  report.maskAt({ start, end: Math.max(start, rangeOf(value).end) });
}

function rangeOf(node: unknown): Stretch {
  const range = (node as ParsedNode | null)?.range;
  return { start: range?.[0] ?? 0, end: range?.[1] ?? 0 };
}

/** What a word for a key, type or value could have been, as a sentence. */
export function didYouMean(word: string, known: Iterable<string>): string | undefined {
  const candidate = nearest(word, known);
  return candidate === undefined ? undefined : `Did you mean \`${candidate}\`?`;
}

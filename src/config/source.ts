import type { CommonSettings, SourceType } from '../core/contract.ts';
import type { RedactionSetting } from '../core/redaction.ts';
import type { SourceRegistry } from '../sources/index.ts';
import { readCertificates } from './certificates.ts';
import { asMap, check, type Reading } from './check.ts';
import { commonSettings, redactionConflicts } from './common.ts';
import { SOURCE_NAME } from './schema.ts';
import { keysOf } from './shape.ts';
import { resolveTiming, timingConflicts } from './timing.ts';
import { didYouMean } from './tree.ts';

/** A source as it is configured, ready for `type.open({ id, settings, clock })`. */
export interface ConfiguredSource {
  readonly id: string;
  readonly type: SourceType;
  /** The settings of its type, and those that every source takes. */
  readonly settings: CommonSettings & Readonly<Record<string, unknown>>;
}

/** Checks one source; what is wrong goes to the report, and then the result is `undefined`. */
export function readSource(
  id: string,
  written: unknown,
  registry: SourceRegistry,
  now: () => number,
  reading: Reading,
): ConfiguredSource | undefined {
  const path = ['sources', id];
  if (!SOURCE_NAME.test(id)) {
    const message = `"${id}" cannot be a source's name: expected small letters, digits and dashes, a letter or digit first, at most 63`;
    reading.report.add(path, message, { on: 'key', suggestion: betterName(id) });
  }
  const map = asMap(written, path, 'a map with `type:` and the settings of the source', reading);
  const type = map && typeOf(map, path, registry, reading);
  if (map === undefined || type === undefined) return undefined;

  const common = commonSettings(type, now);
  const mine = new Set(keysOf([common]));
  const part = (isMine: boolean): Record<string, unknown> =>
    Object.fromEntries(Object.entries(map).filter(([key]) => mine.has(key) === isMine));
  const roots = [common, type.settings];
  const shared = check({ schema: common, value: part(true), path, roots }, reading);
  const own = check({ schema: type.settings, value: part(false), path, roots }, reading);
  if (shared === undefined) return undefined;

  const timing = resolveTiming(shared, type);
  for (const conflict of timingConflicts(timing)) {
    const at = [...path, ...conflict.path];
    const isDefault = reading.positions.get(at) === undefined;
    const suggestion = isDefault ? `That is the default; set \`${conflict.path.join('.')}\`.` : undefined;
    reading.report.add(at, conflict.message, { suggestion });
  }
  const ca = shared.ca === undefined ? undefined : certificates(shared.ca, path, reading);
  if (own === undefined) return undefined;
  const { baseUrl, proxy, start, redaction } = shared;
  const optional = withoutUndefined({ baseUrl, proxy, ca, start });
  const source = { id, type, settings: { ...(own as object), ...optional, redaction, ...timing } };
  checkRedaction(source, redaction, path, reading);
  return source;
}

function checkRedaction(
  { id, type, settings }: ConfiguredSource,
  redaction: RedactionSetting,
  path: readonly string[],
  { report }: Reading,
): void {
  const names = Object.keys(redaction.streams).length > 0;
  // Opening connects to nothing.
  const streams = names ? type.open({ id, settings, clock: Date.now }).streams.map(({ name }) => name) : [];
  for (const { path: inner, message, known } of redactionConflicts(redaction, streams)) {
    const name = inner.at(-1) ?? '';
    const suggestion = known === undefined ? undefined : (didYouMean(name, known) ?? `It has: ${known.join(', ')}.`);
    report.add([...path, ...inner], message, { suggestion, ...(known !== undefined && { on: 'key' as const }) });
  }
}

function typeOf(
  map: Readonly<Record<string, unknown>>,
  path: readonly string[],
  registry: SourceRegistry,
  { report }: Reading,
): SourceType | undefined {
  const { type } = map;
  const known = Object.keys(registry);
  const list = `one of ${known.map((name) => `\`${name}\``).join(', ')}`;
  if (typeof type === 'string' && Object.hasOwn(registry, type)) return registry[type];
  const at = [...path, 'type'];
  if (type === undefined) report.add(at, `\`type\` is missing: ${list}`);
  else if (typeof type !== 'string') report.add(at, `expected a source type, ${list}`);
  else report.add(at, `there is no source type \`${type}\`: expected ${list}`, { suggestion: didYouMean(type, known) });
  return undefined;
}

function certificates(written: string, path: readonly string[], { report, surroundings }: Reading): string | undefined {
  const result = readCertificates(written, surroundings.folder);
  if ('pem' in result) return result.pem;
  report.add([...path, 'ca'], result.complaint);
  return undefined;
}

function betterName(id: string): string | undefined {
  const name = id
    .toLowerCase()
    .replace(/[^a-z0-9]+/g, '-')
    .replace(/^-+/, '')
    .slice(0, 63)
    .replace(/-+$/, '');
  return SOURCE_NAME.test(name) ? `Perhaps \`${name}\`?` : undefined;
}

function withoutUndefined<T extends object>(all: T): Partial<T> {
  return Object.fromEntries(Object.entries(all).filter(([, value]) => value !== undefined)) as Partial<T>;
}

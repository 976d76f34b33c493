import { Document } from 'yaml';
import type { Secret, StartSetting } from '../core/contract.ts';
import type { RedactionSetting } from '../core/redaction.ts';
import { toIso } from '../core/time.ts';
import { redact } from '../http/redaction.ts';
import { writeLength } from '../sources/fields.ts';
import type { Config, ConfiguredSource } from './load.ts';
import type { Path } from './positions.ts';
import { kindOf, schemasAt } from './shape.ts';
import { isPlainMap } from './tree.ts';

/**
 * The configuration as it is used: every default filled in, references replaced by their values, secrets by their references.
 * Loads again to the same configuration, unless secrets were written into the file.
 */
export function showConfig(config: Config, format: 'yaml' | 'json'): string {
  const plain = plainConfig(config);
  if (format === 'json') return `${JSON.stringify(plain, null, 2)}\n`;
  const document = new Document(plain);
  document.commentBefore = ` ${config.file}, with every default`;
  return document.toString({ lineWidth: 0 });
}

function plainConfig({ data, temporal, metrics, sources }: Config): object {
  return {
    version: 1,
    data: literal(data),
    temporal: plainTemporal(temporal),
    ...(metrics && { metrics }),
    sources: Object.fromEntries([...sources.values()].map((source) => [source.id, plainSource(source)])),
  };
}

/** The settings of a cluster do not go with the embedded server, nor the other way round. */
function plainTemporal({ address, namespace, tls, apiKey, ui, port, uiPort }: Config['temporal']): object {
  if (address === undefined) return { port, uiPort };
  return {
    address,
    namespace,
    tls: tls ?? false,
    ...(apiKey && { apiKey: apiKey.place }),
    ...(ui !== undefined && { ui }),
  };
}

function plainSource({ type, settings }: ConfiguredSource): object {
  const { baseUrl, proxy, ca, start, schedule, window, limits, redaction, ...own } = settings;
  const lengths = Object.entries(limits).filter(([, value]) => Number.isFinite(value));
  return {
    type: type.name,
    ...(plainValue(own, [], (path) => schemasAt([type.settings], path)) as object),
    ...(baseUrl !== undefined && { baseUrl: literal(baseUrl) }),
    ...(proxy !== undefined && { proxy: proxy.place }),
    ...(ca !== undefined && { ca }),
    ...(start !== undefined && { start: plainStart(start) }),
    ...(redaction !== undefined && { redaction: plainRedaction(redaction) }),
    schedule: { every: writeLength(schedule.every), offset: writeLength(schedule.offset) },
    window: writeLength(window),
    limits: Object.fromEntries(
      lengths.map(([key, value]) => [key, key.startsWith('per') ? (value as number) : writeLength(value as number)]),
    ),
    reconcile: limits.reconcile !== undefined,
  };
}

/** A policy without more to it is a word. */
function plainRedaction(redaction: RedactionSetting): unknown {
  const { policy, streams, fields, key } = redaction;
  const isWord = key === undefined && fields.length === 0 && Object.keys(streams).length === 0;
  return isWord ? policy : plainValue(redaction, [], () => []);
}

function plainStart(start: StartSetting): string {
  return start === 'all' ? start : toIso(start);
}

function plainValue(value: unknown, path: Path, schemas: (path: Path) => ReturnType<typeof schemasAt>): unknown {
  if (isSecret(value)) return value.place;
  if (Array.isArray(value)) return value.map((inner, i) => plainValue(inner, [...path, i], schemas));
  if (isPlainMap(value)) {
    const entries = Object.entries(value).filter(([, inner]) => inner !== undefined);
    return Object.fromEntries(entries.map(([key, inner]) => [key, plainValue(inner, [...path, key], schemas)]));
  }
  if (typeof value === 'number' && kindOf(schemas(path))?.kind === 'duration') return writeLength(value);
  return typeof value === 'string' ? literal(value) : value;
}

function isSecret(value: unknown): value is Secret {
  return isPlainMap(value) && typeof value['reveal'] === 'function' && typeof value['place'] === 'string';
}

/** A `${` in it stands for itself. Somebody may have put a reference to a secret where none belongs: its value is not shown either. */
function literal(text: string): string {
  return redact(text).replaceAll('${', () => '$${');
}

import { dirname, resolve } from 'node:path';
import type { Secret } from '../core/contract.ts';
import { sourceTypes, type SourceRegistry } from '../sources/index.ts';
import { asMap, check, type Reading } from './check.ts';
import { parseConfig } from './document.ts';
import { readConfigFile } from './read.ts';
import { plannedKeys, topSettings, type TopSettings } from './schema.ts';
import { readSource, type ConfiguredSource } from './source.ts';
import { isPlainMap } from './tree.ts';

export type { ConfiguredSource } from './source.ts';

/** A configuration that was found good: nothing in it needs another check. */
export interface Config {
  /** The file, absolute. */
  readonly file: string;
  /** The folder of ledger, archive and the embedded server's database, absolute. */
  readonly data: string;
  readonly temporal: TemporalSettings;
  /** Where metrics and health are served, `host:port`; absent: nowhere. */
  readonly metrics?: { readonly listen: string } | undefined;
  /** By their names, in the order of the file. */
  readonly sources: ReadonlyMap<string, ConfiguredSource>;
}

interface TemporalSettings {
  /** `host:port` of a cluster; absent: the server that `sluice up` brings, on `port`. */
  readonly address?: string | undefined;
  readonly namespace: string;
  readonly tls?: boolean | undefined;
  readonly apiKey?: Secret | undefined;
  /** The web page of a cluster, for links. */
  readonly ui?: string | undefined;
  readonly port: number;
  readonly uiPort: number;
}

export interface LoadOptions {
  readonly env?: NodeJS.ProcessEnv;
  readonly registry?: SourceRegistry;
  /** Lets secrets stand in the file. There is no key for it: a copied demo must not switch the rule off elsewhere. */
  readonly allowInlineSecrets?: boolean;
  /** Our own clock, ms since the epoch. */
  readonly now?: () => number;
}

/**
 * Reads and checks a configuration, and reads each secret once to see that it is there.
 * Throws a ConfigError that names every mistake, with its line and column (DESIGN §7, §9); nothing but the file and what it refers to is touched.
 */
export function loadConfig(file: string, options: LoadOptions = {}): Config {
  const { env = process.env, registry = sourceTypes, allowInlineSecrets = false, now = Date.now } = options;
  const absolute = resolve(file);
  const folder = dirname(absolute);
  const { value, positions, report } = parseConfig(file, readConfigFile(file));
  const reading: Reading = { report, positions, surroundings: { env, folder }, allowInlineSecrets };
  const map = withTemporalEnvironment(wholeMap(value, reading), env);
  const top = check(
    { schema: topSettings, value: map, path: [], leave: new Set(['sources', ...plannedKeys]) },
    reading,
  );
  const sources = readSources(map['sources'], registry, now, reading);
  if (top !== undefined) checkTogether(top, map, reading);
  report.end();
  if (top === undefined) throw new Error('unreachable: a report with a finding throws');
  const { address, apiKey, tls = apiKey === undefined ? undefined : true, ...temporal } = top.temporal;
  return {
    file: absolute,
    data: resolve(folder, top.data),
    temporal: { ...temporal, address, apiKey, tls },
    ...(top.metrics && { metrics: top.metrics }),
    sources,
  };
}

function wholeMap(value: unknown, reading: Reading): Record<string, unknown> {
  if (value === undefined || value === null) {
    reading.report.add([], 'the file is empty; a configuration begins with `version: 1` and names its `sources:`');
  }
  const map = asMap(value ?? {}, [], 'a map that begins with `version: 1`', reading);
  if (map === undefined || value === undefined || value === null) reading.report.end();
  for (const key of plannedKeys) {
    const message = `\`${key}\` is not a key of this version: everything of one deployment is below its \`data:\` folder`;
    if (map !== undefined && key in map) reading.report.add([key], message, { on: 'key' });
  }
  return map ?? {};
}

/**
 * Where the file has no `temporal:` at all, the variables that every Temporal program knows say where the server is, as if they stood in the file; a file
 * that says so itself is right, so that all who share it mean the same server.
 */
function withTemporalEnvironment(map: Record<string, unknown>, env: NodeJS.ProcessEnv): Record<string, unknown> {
  if ('temporal' in map || !env['TEMPORAL_ADDRESS']) return map;
  const named = { address: 'TEMPORAL_ADDRESS', namespace: 'TEMPORAL_NAMESPACE', apiKey: 'TEMPORAL_API_KEY' };
  const given = Object.entries(named).filter(([, variable]) => env[variable]);
  const temporal = Object.fromEntries(given.map(([key, variable]) => [key, `\${env:${variable}}`]));
  const tls = /^(?:true|1)$/i.test(env['TEMPORAL_TLS'] ?? '') ? { tls: true } : {};
  return { ...map, temporal: { ...temporal, ...tls } };
}

function readSources(
  written: unknown,
  registry: SourceRegistry,
  now: () => number,
  reading: Reading,
): ReadonlyMap<string, ConfiguredSource> {
  // What is no map, or missing, the check of the whole has named.
  const entries = isPlainMap(written) ? Object.entries(written) : [];
  if (isPlainMap(written) && entries.length === 0) reading.report.add(['sources'], 'needs at least one source');
  const sources = entries.flatMap(([id, one]) => readSource(id, one, registry, now, reading) ?? []);
  return new Map(sources.map((source) => [source.id, source]));
}

/** The rules between settings of the whole file that are each legal by themselves. */
function checkTogether({ data, temporal }: TopSettings, map: Record<string, unknown>, { report }: Reading): void {
  if (/^~(?:\/|$)/.test(data)) {
    report.add(['data'], '`~` means nothing here: it would be a folder of that name', {
      suggestion: `Write \`\${env:HOME}${data.slice(1)}\`.`,
    });
  }
  const { address, apiKey, tls, port, uiPort } = temporal;
  const written = isPlainMap(map['temporal']) ? map['temporal'] : {};
  for (const key of ['namespace', 'tls', 'apiKey', 'ui']) {
    const message = `\`${key}\` is for a cluster, which needs its \`address\`; the server that \`sluice up\` brings takes none`;
    if (address === undefined && key in written) report.add(['temporal', key], message, { on: 'key' });
  }
  if (apiKey !== undefined && tls === false)
    report.add(['temporal', 'tls'], 'with `tls: false` the API key would be sent in the clear');
  if (address === undefined && port === uiPort)
    report.add(['temporal', 'uiPort'], `must differ from \`port\`, ${port}`);
}

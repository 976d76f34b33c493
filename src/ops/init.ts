import { existsSync } from 'node:fs';
import { mkdir, writeFile } from 'node:fs/promises';
import { dirname, join, resolve } from 'node:path';
import { configJsonSchema } from '../config/json-schema.ts';
import type { SourceType } from '../core/contract.ts';
import { nearest } from '../core/nearest.ts';
import { sourceTypes, type SourceRegistry } from '../sources/index.ts';
import { writeLength } from '../sources/fields.ts';
import { UsageError } from './usage-error.ts';

export interface InitOptions {
  /** Names of source types; one that is there twice gives two sources. */
  readonly types: readonly string[];
  /** The configuration to write. */
  readonly file: string;
  readonly registry?: SourceRegistry;
}

export interface Written {
  /** Absolute. */
  readonly files: readonly string[];
  readonly sources: readonly string[];
  /** What has to be set before `sluice config check` passes. */
  readonly variables: readonly string[];
}

const SCHEMA = 'sluice.schema.json';
const ENV = '.env.example';

/** The source types that `init` has an example of. */
export function exampleTypes(registry: SourceRegistry = sourceTypes): readonly string[] {
  return Object.values(registry).flatMap(({ name, example }) => (example === undefined ? [] : [name]));
}

/**
 * Writes a commented configuration, the names of the secrets it needs, and the schema for editors. What is there already is never written over.
 * Errors: {@link UsageError} for an unknown type, and for a file that is there; nothing is written then.
 */
export async function initConfig({ types, file, registry = sourceTypes }: InitOptions): Promise<Written> {
  const sources = named(types.map((type) => typeOf(type, registry)));
  const config = configText(sources);
  const variables = variablesIn(config);
  const folder = dirname(resolve(file));
  const contents: readonly (readonly [string, string])[] = [
    [resolve(file), config],
    [join(folder, ENV), envText(variables)],
    [join(folder, SCHEMA), `${JSON.stringify(configJsonSchema(registry), null, 2)}\n`],
  ];
  const there = contents.map(([path]) => path).filter((path) => existsSync(path));
  if (there.length > 0) {
    throw new UsageError(`${there.join(', ')} ${there.length === 1 ? 'is' : 'are'} there already; nothing was written`);
  }
  await mkdir(folder, { recursive: true });
  // `wx`: what somebody makes in this very moment is not written over either.
  for (const [path, text] of contents) await writeFile(path, text, { flag: 'wx' });
  return {
    files: contents.map(([path]) => path),
    sources: sources.map(({ name }) => name),
    variables: variables.map(({ name }) => name),
  };
}

interface Sample {
  readonly name: string;
  readonly type: SourceType;
  readonly example: readonly string[];
}

function typeOf(name: string, registry: SourceRegistry): SourceType {
  const known = exampleTypes(registry);
  const type = known.includes(name) ? registry[name] : undefined;
  if (type !== undefined) return type;
  const meant = nearest(name, known);
  const hint = meant === undefined ? `There are: ${known.join(', ')}` : `Did you mean ${meant}?`;
  throw new UsageError(`there is no source type ${JSON.stringify(name)}. ${hint}`);
}

/** Each under a name of its own, with secrets of its own: `acme-waf` and `SIGSCI_PASSWORD`, `acme-waf-2` and `SIGSCI_PASSWORD_2`. */
function named(types: readonly SourceType[]): readonly Sample[] {
  return types.map((type, i) => {
    const lines = type.example ?? [];
    const name = lines[0]?.replace(/:$/, '') ?? type.name;
    const before = types.slice(0, i).filter((one) => one === type).length;
    if (before === 0) return { name, type, example: lines };
    const own = `${name}-${before + 1}`;
    const renamed = lines.map((line) =>
      line.replaceAll(name, own).replaceAll(/\$\{env:(\w+)\}/g, `\${env:$1_${before + 1}}`),
    );
    return { name: own, type, example: renamed };
  });
}

function configText(sources: readonly Sample[]): string {
  const lines = [
    `# yaml-language-server: $schema=./${SCHEMA}`,
    `# $schema: ./${SCHEMA}`,
    '#',
    '# What stands after `# key:` is the default, or an example of what may be added.',
    '# `sluice config check` finds every mistake; `sluice config show` prints every value.',
    '',
    'version: 1',
    '',
    '# The folder of ledger, archive and the embedded Temporal server, relative to this file.',
    'data: ./data',
    '',
    '# Absent: `sluice up` brings a Temporal server of its own.',
    '# temporal: { address: "temporal.example.com:7233", namespace: default }',
    '',
    'sources:',
    ...sources.flatMap(({ example, type }) => [
      '  # The name is in ids, paths and metrics: another name is another source, with coverage of its own.',
      ...[...example, ...commonLines(type)].map((line) => `  ${line}`),
      '',
    ]),
  ];
  return lines.join('\n');
}

/** What every source takes, with the defaults of its type. */
function commonLines({ defaults }: SourceType): readonly string[] {
  const { every, offset, window } = defaults;
  return [
    `  # schedule: { every: ${writeLength(every)}, offset: ${writeLength(offset)} }`,
    `  # window: ${writeLength(window)} # extracted and committed as one piece`,
    '  # start: 2026-11-01 # a date, a time with its zone, or `all`; absent: 24 hours before the first start',
    '  # baseUrl: https://gateway.example.com # a gateway or a test server, instead of the vendor',
    '  # proxy: http://proxy.example.com:3128',
  ];
}

interface Variable {
  readonly name: string;
  /** The source and the setting that it is for. */
  readonly about: string;
}

/** The environment that the settings which are not commented out refer to. */
function variablesIn(config: string): readonly Variable[] {
  let source = '';
  return config.split('\n').flatMap((line) => {
    source = /^ {2}([a-z0-9-]+):$/.exec(line)?.[1] ?? source;
    const [, setting = '', name] = /^\s*(\w+): \$\{env:(\w+)\}/.exec(line) ?? [];
    return name === undefined ? [] : [{ name, about: `${source}: ${setting}` }];
  });
}

function envText(variables: readonly Variable[]): string {
  const lines = variables.flatMap(({ name, about }) => ['', `# ${about}`, `${name}=`]);
  const head = `# Copy this to .env, keep that out of git, and fill it in. To use it: set -a; . ./.env; set +a`;
  return [head, ...lines, ''].join('\n');
}

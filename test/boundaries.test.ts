import { readdirSync, readFileSync } from 'node:fs';
import { dirname, join, relative, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { bundleWorkflowCode } from '@temporalio/worker';
import { describe, expect, it } from 'vitest';

const root = fileURLToPath(new URL('..', import.meta.url));

interface Import {
  readonly file: string;
  /** A path from the root for our own files, a package's name for others. */
  readonly target: string;
  readonly typeOnly: boolean;
}

function imports(folder: string): readonly Import[] {
  return readdirSync(join(root, folder), { recursive: true, encoding: 'utf8' })
    .filter((name) => name.endsWith('.ts') && !name.endsWith('.d.ts'))
    .flatMap((name) => importsOf(join(folder, name)));
}

function importsOf(file: string): readonly Import[] {
  const text = readFileSync(join(root, file), 'utf8');
  const found = [...text.matchAll(/^(?:import|export)\s+(type\s)?(?:[^'"`;]*?\sfrom\s+)?'([^']+)'/gm)].map((match) => ({
    typeOnly: match[1] !== undefined,
    specifier: match[2] ?? '',
  }));
  const lazy = [...text.matchAll(/\bimport\('([^']+)'\)/g)].map((match) => ({
    typeOnly: false,
    specifier: match[1] ?? '',
  }));
  return [...found, ...lazy].map(({ typeOnly, specifier }) => ({
    file,
    typeOnly,
    target: specifier.startsWith('.') ? relative(root, resolve(root, dirname(file), specifier)) : specifier,
  }));
}

/** Which values a folder may import. A type costs nothing at run time, so types go further. */
const values: Readonly<Record<string, readonly string[]>> = {
  'src/core': ['src/core/'],
  'src/json': ['src/core/', 'src/json/', 'src/http/redaction.ts', 'node:'],
  'src/parser': ['src/parser/'],
  'src/http': ['src/core/', 'src/http/', 'undici', 'node:'],
  'src/sources': ['src/core/', 'src/http/', 'src/json/', 'src/parser/', 'src/sources/', 'zod', 'csv-parse', 'node:'],
  'src/archive': ['src/core/', 'src/json/', 'src/archive/', 'zod', 'node:'],
  'src/ledger': ['src/core/', 'src/ledger/', 'kysely', 'libsql', 'node:'],
  'src/config': ['src/core/', 'src/config/', 'src/sources/', 'src/http/redaction.ts', 'zod', 'yaml', 'node:'],
  'src/activities': [
    'src/core/',
    'src/activities/',
    'src/http/redaction.ts',
    '@temporalio/activity',
    '@temporalio/common',
  ],
  'src/metrics': [
    'src/core/',
    'src/http/traffic.ts',
    'src/metrics/',
    'src/ops/',
    'src/temporal/ports.ts',
    'prom-client',
    'undici',
    '@temporalio/common',
    'node:',
  ],
  'src/workflows': ['src/core/', 'src/workflows/', '@temporalio/workflow', '@temporalio/common'],
  simulators: ['simulators/', 'node:'],
};

describe('the arrows of the design hold', () => {
  it.each(Object.entries(values))('%s imports only what it may', (folder, allowed) => {
    const wrong = imports(folder)
      .filter(({ typeOnly, target }) => !typeOnly && !allowed.some((prefix) => target.startsWith(prefix)))
      .map(({ file, target }) => `${file} imports ${target}`);
    expect(wrong).toEqual([]);
  });

  it('sources, ledger, archive, http and json know nothing of Temporal, not even its types', () => {
    const wrong = ['src/sources', 'src/ledger', 'src/archive', 'src/http', 'src/json', 'src/core']
      .flatMap(imports)
      .filter(
        ({ target }) => target.startsWith('@temporalio/') || /^src\/(workflows|activities|temporal)\//.test(target),
      );
    expect(wrong).toEqual([]);
  });

  it('a source type does not import another one', () => {
    const wrong = imports('src/sources').filter(({ file, target }) => {
      const [mine, theirs] = [file, target].map((path) => /^src\/sources\/([^/]+)\//.exec(path)?.[1]);
      return mine !== undefined && theirs !== undefined && mine !== theirs;
    });
    expect(wrong).toEqual([]);
  });

  it('nothing imports the entry points', () => {
    const entries = ['src/cli.ts', 'src/worker.ts'];
    const allowed = /^(src\/ops\/|test\/|bench\/)/;
    const wrong = ['src', 'simulators'].flatMap(imports).filter(({ file, target, typeOnly }) => {
      return entries.includes(target) && !typeOnly && !(target === 'src/worker.ts' && allowed.test(file));
    });
    expect(wrong).toEqual([]);
  });

  it('simulators share nothing with the sources they test', () => {
    expect(imports('simulators').filter(({ target }) => target.startsWith('src/'))).toEqual([]);
  });

  it('the workflows bundle without anything that is not deterministic', async () => {
    const { code } = await bundleWorkflowCode({ workflowsPath: join(root, 'src/workflows/index.ts') });
    expect(code).toContain('extractWindows');
    expect(code).not.toContain('undici');
  });
});

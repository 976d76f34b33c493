import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import { loadConfig, type Config } from '../../src/config/load.ts';
import { exampleTypes, initConfig } from '../../src/ops/init.ts';
import { knownStreams } from '../../src/ops/streams.ts';
import { sourceTypes } from '../../src/sources/index.ts';

const all = Object.keys(sourceTypes);

async function folderHere(): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'sluice-init-'));
  onTestFinished(() => rm(folder, { recursive: true }));
  return folder;
}

async function begin(types: readonly string[]) {
  const folder = await folderHere();
  const file = join(folder, 'sluice.yaml');
  const written = await initConfig({ types, file });
  const env = Object.fromEntries(written.variables.map((name) => [name, `value-of-${name.toLowerCase()}`]));
  const load = (): Config => loadConfig(file, { env });
  return { folder, file, written, load };
}

describe('a configuration to begin with', () => {
  it('there is one for every source type', () => {
    expect(exampleTypes()).toEqual(all);
  });

  it.each(all)('of %s is good as it is, once the variables that it names are set', async (type) => {
    const { written, load } = await begin([type]);
    const config = load();
    expect([...config.sources.values()].map((source) => source.type.name)).toEqual([type]);
    expect([...config.sources.keys()]).toEqual(written.sources);
    expect(knownStreams(config).length).toBeGreaterThan(0);
  });

  it.each(all)('of %s tells which variable is not set', async (type) => {
    const { file, written } = await begin([type]);
    expect(written.variables.length).toBeGreaterThan(0);
    for (const name of written.variables) expect(() => loadConfig(file, { env: {} })).toThrow(name);
  });

  it.each(all)('of %s is good also with everything that is commented out', async (type) => {
    const { file, load } = await begin([type]);
    const text = await readFile(file, 'utf8');
    const commented = /^( +)# (?=[A-Za-z]+: )/gm;
    expect(text.match(commented)?.length).toBeGreaterThan(4);
    await writeFile(file, text.replaceAll(commented, '$1'));
    expect(load).not.toThrow();
  });

  it('holds all types at once, and one of them twice with a name and secrets of its own', async () => {
    const { written, load } = await begin([...all, 'signal-sciences']);
    expect(load().sources.size).toBe(all.length + 1);
    expect(written.sources).toContain('acme-waf-2');
    expect(written.variables).toContain('SIGSCI_PASSWORD_2');
    expect(new Set(written.variables).size).toBe(written.variables.length);
  });

  it('brings the schema that its first line points to, and every secret’s name without a value', async () => {
    const { folder, file, written } = await begin(['shadowserver']);
    const [, schema = ''] = /^# yaml-language-server: \$schema=\.\/(.+)$/m.exec(await readFile(file, 'utf8')) ?? [];
    expect(JSON.parse(await readFile(join(folder, schema), 'utf8'))).toMatchObject({ title: 'sluice.yaml' });
    const env = await readFile(join(folder, '.env.example'), 'utf8');
    expect(env.match(/^\w+=$/gm)).toEqual(written.variables.map((name) => `${name}=`));
  });
});

describe('what is there already', () => {
  it.each(['sluice.yaml', '.env.example', 'sluice.schema.json'])(
    '%s is never written over, and nothing else is written beside it',
    async (name) => {
      const folder = await folderHere();
      await writeFile(join(folder, name), 'mine');
      const init = initConfig({ types: ['instart'], file: join(folder, 'sluice.yaml') });
      await expect(init).rejects.toThrow(`${join(folder, name)} is there already`);
      expect(await readdir(folder)).toEqual([name]);
      expect(await readFile(join(folder, name), 'utf8')).toBe('mine');
    },
  );

  it('an unknown type is named with the nearest that there is, and nothing is written', async () => {
    const folder = await folderHere();
    const init = initConfig({ types: ['instrat'], file: join(folder, 'sluice.yaml') });
    await expect(init).rejects.toThrow('Did you mean instart?');
    expect(await readdir(folder)).toEqual([]);
  });
});

import { execFile } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { existsSync, readFileSync } from 'node:fs';
import { mkdtemp, readFile, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { tsToMs } from '@temporalio/common/lib/time.js';
import { describe, expect, inject, it, onTestFinished } from 'vitest';
import { parse } from 'yaml';
import { z } from 'zod';
import { readCommandLine } from '../simulators/command-line.ts';
import { programs, type Started } from '../simulators/programs.ts';
import { loadConfig } from '../src/config/load.ts';
import { DAY } from '../src/core/time.ts';
import { searchAttributes } from '../src/temporal/search-attributes.ts';
import { testClient, testTemporalAddress } from './support/temporal.ts';
import { writeProgram } from './temporal/fake-programs.ts';

const root = fileURLToPath(new URL('..', import.meta.url));
const text = (path: string): string => readFileSync(join(root, path), 'utf8');
const run = promisify(execFile);

const condition = z.enum(['service_started', 'service_healthy', 'service_completed_successfully']);
const duration = z.string().regex(/^(\d+(h|m|s|ms))+$/);
const environment = z.record(z.string(), z.string());

/** The part of the Compose Specification that we use, and nothing beside it: a key that Compose does not know is refused. */
const composeSchema = z.strictObject({
  name: z.string(),
  'x-sluice': z.unknown(),
  'x-simulator': z.unknown(),
  services: z.record(
    z.string(),
    z.strictObject({
      image: z.string(),
      build: z.string().optional(),
      profiles: z.array(z.string()).optional(),
      init: z.boolean().optional(),
      cap_drop: z.array(z.string()).optional(),
      security_opt: z.array(z.string()).optional(),
      entrypoint: z.array(z.string()).optional(),
      command: z.array(z.string()).optional(),
      environment: environment.optional(),
      networks: z.array(z.string()).optional(),
      ports: z.array(z.string()).optional(),
      volumes: z.array(z.string()).optional(),
      secrets: z.array(z.string()).optional(),
      depends_on: z.record(z.string(), z.strictObject({ condition })).optional(),
      healthcheck: z
        .strictObject({ test: z.array(z.string()), interval: duration, timeout: duration, retries: z.int() })
        .optional(),
      stop_grace_period: duration.optional(),
      restart: z.string().regex(/^(unless-stopped|on-failure:\d+)$/),
    }),
  ),
  networks: z.record(z.string(), z.strictObject({ internal: z.boolean().optional() })),
  volumes: z.record(z.string(), z.strictObject({})),
  secrets: z.record(z.string(), z.strictObject({ environment: z.string() })),
});

const prometheusSchema = z.looseObject({
  scrape_configs: z.array(
    z.looseObject({
      dns_sd_configs: z.array(z.looseObject({ names: z.array(z.string()), type: z.string(), port: z.int() })),
    }),
  ),
});

const compose = composeSchema.parse(parse(text('docker-compose.yml'), { merge: true }));
const services = Object.entries(compose.services);

function service(name: string): (typeof compose.services)[string] {
  const found = compose.services[name];
  if (found === undefined) throw new Error(`no service ${name}`);
  return found;
}

function seconds(length: string | undefined): number {
  const [, count] = /^(\d+)s$/.exec(length ?? '') ?? [];
  if (count === undefined) throw new Error(`not in seconds: ${length}`);
  return Number(count);
}

function versionedSchema(name: string): string {
  return `update-schema -d /etc/temporal/schema/postgresql/v12/${name}/versioned`;
}

describe('docker-compose.yml', () => {
  it('pins every image to one version, and uses none that is no longer built', () => {
    const bases = [...text('Dockerfile').matchAll(/^FROM (\S+)/gm)].map((match) => match[1] ?? '');
    expect(bases).toHaveLength(2);
    for (const image of [...services.map(([, { image }]) => image), ...bases]) {
      expect(image).toMatch(/^(sluice:local|[\w/-]+:v?\d+\.\d+(\.\d+)?(-[a-z-]+)?)$/);
      expect(image).not.toMatch(/auto-setup|alpine/);
    }
  });

  it('has one version of Temporal, the one that is built where there is none', () => {
    const module = text('tools/temporal/go.mod');
    const version = /^\s*go\.temporal\.io\/server v(\S+)/m.exec(module)?.[1];
    expect(service('temporal').image).toBe(`temporalio/server:${version}`);
    for (const name of ['temporal-schema', 'temporal-namespace']) {
      expect(service(name).image).toBe(`temporalio/admin-tools:${version}`);
    }
  });

  it('lets each service wait only for what exists, in a way that can come true', () => {
    for (const [name, { depends_on = {} }] of services) {
      for (const [other, { condition }] of Object.entries(depends_on)) {
        const { healthcheck, restart } = service(other);
        if (condition === 'service_healthy') expect([name, other, healthcheck]).not.toContain(undefined);
        if (condition === 'service_completed_successfully')
          expect([name, other, restart]).not.toContain('unless-stopped');
      }
    }
    expect(Object.keys(service('worker').depends_on ?? {})).toContain('temporal-namespace');
  });

  it('publishes on the loopback only', () => {
    const ports = services.flatMap(([, { ports = [] }]) => ports);
    expect(ports).toContain('127.0.0.1:8080:8080');
    for (const port of ports) expect(port).toMatch(/^127\.0\.0\.1:\d+:\d+$/);
  });

  it('gives a worker longer to stop than it may take', () => {
    const force = seconds(/const FORCE = '([^']+)'/.exec(text('src/worker.ts'))?.[1]);
    expect(seconds(service('worker').stop_grace_period)).toBeGreaterThan(force + 5);
  });

  it('starts what only watches when it is asked to, and nothing else depends on that', () => {
    const watching = services.filter(([, { profiles = [] }]) => profiles.length > 0).map(([name]) => name);
    expect(watching).toEqual(['prometheus', 'grafana']);
    for (const [name, { depends_on = {} }] of services) {
      if (!watching.includes(name)) expect(Object.keys(depends_on).filter((one) => watching.includes(one))).toEqual([]);
    }
  });

  it('has only networks, volumes, secrets and files that are there', () => {
    for (const [, { networks = [], volumes = [], secrets = [] }] of services) {
      for (const name of networks) expect(Object.keys(compose.networks)).toContain(name);
      for (const name of secrets) expect(Object.keys(compose.secrets)).toContain(name);
      for (const source of volumes.map((volume) => volume.split(':')[0] ?? '')) {
        if (source.startsWith('.')) expect([source, existsSync(resolve(root, source))]).toEqual([source, true]);
        else expect(Object.keys(compose.volumes)).toContain(source);
      }
    }
  });

  it('has no password in it, and .env.example names each one that it wants', () => {
    const wanted = [...text('docker-compose.yml').matchAll(/\$\{(\w+)(:\?)?/g)];
    expect(wanted.map((match) => match[2])).not.toContain(undefined);
    const names = new Set([
      ...wanted.map((match) => match[1]),
      ...Object.values(compose.secrets).map((secret) => secret.environment),
    ]);
    const offered = [...text('.env.example').matchAll(/^(\w+)=(.*)$/gm)].map((match) => [match[1], match[2]]);
    expect(new Set(offered.map(([name]) => name))).toEqual(names);
    expect(offered.map(([, value]) => value)).toEqual(offered.map(() => ''));
    for (const [, { environment = {} }] of services) {
      for (const [name, value] of Object.entries(environment))
        if (/PASS|PWD/.test(name)) expect(value).toMatch(/^\$\{/);
    }
  });
});

describe('the configuration that the workers are given', () => {
  const config = z
    .looseObject({
      data: z.string(),
      temporal: z.looseObject({ address: z.string(), namespace: z.string() }),
      metrics: z.looseObject({ listen: z.string() }),
      sources: z.record(z.string(), z.looseObject({ type: z.string(), baseUrl: z.url() })),
    })
    .parse(parse(text('ops/compose/sluice.yaml')));

  it('names the Temporal server and the namespace of the same file', () => {
    expect(config.temporal.address).toBe(service('temporal-namespace').environment?.['TEMPORAL_ADDRESS']);
    expect(config.temporal.namespace).toBe(service('temporal-namespace').environment?.['TEMPORAL_NAMESPACE']);
  });

  it('serves metrics and health where the health check and Prometheus look for them', () => {
    const port = config.metrics.listen.split(':').at(-1);
    expect(service('worker').healthcheck?.test.at(-1)).toContain(`http://127.0.0.1:${port}/readyz`);
    const { scrape_configs } = prometheusSchema.parse(parse(text('ops/prometheus/prometheus.yml')));
    const discovered = scrape_configs.flatMap((one) => one.dns_sd_configs);
    expect(discovered).toEqual([{ names: ['worker'], type: 'A', port: Number(port) }]);
    expect(Object.keys(compose.services)).toContain('worker');
  });

  it('keeps its data in a volume that outlives the containers, and reads it where it is mounted', () => {
    for (const name of ['worker', 'apply']) {
      const { volumes = [], command = [] } = service(name);
      expect(volumes).toContain(`sluice-data:${config.data}`);
      expect(volumes).toContain(`./ops/compose/sluice.yaml:${command.at(-1)}:ro`);
    }
  });

  it.each(Object.values(config.sources))(
    'asks a simulator for what it serves, with the secrets that both are given: $type',
    async ({ type, baseUrl }) => {
      const { hostname, port } = new URL(baseUrl);
      const { entrypoint = [], environment: given = {} } = service(hostname);
      expect(entrypoint).toContain(`--port=${port}`);
      expect(Object.keys(programs)).toContain(type);
      const simulator = await startHere(entrypoint, given);
      const folder = await secretsOf(service('worker').secrets ?? []);
      const { sources } = loadConfig(
        await configHere(folder, {
          [baseUrl]: simulator.urls[0] ?? '',
          'http://shadowserver:8191': simulator.urls[1] ?? '',
        }),
      );
      const found = [...sources.values()].find((one) => one.type.name === type);
      const source = found?.type.open({ ...found, clock: Date.now });
      expect(await source?.check(AbortSignal.timeout(20_000))).not.toEqual([]);
      await source?.close();
      await simulator.close();
    },
  );
});

/** What `${NAME:?…}` stands for in these tests. */
const secretFor = (variable: string): string => `compose-${variable.toLowerCase()}`;

/** Starts a simulator as its service does, on any free port. */
async function startHere(entrypoint: readonly string[], given: Readonly<Record<string, string>>): Promise<Started> {
  const [node, script, name = '', ...args] = entrypoint;
  expect([node, script]).toEqual(['node', 'dist/simulators/main.js']);
  const env = Object.fromEntries(
    Object.entries(given).map(([key, value]) => [
      key,
      value.replace(/^\$\{(\w+):.*$/, (_, variable: string) => secretFor(variable)),
    ]),
  );
  const free = args.map((arg) => arg.replace(/^(--(?:dl-)?port)=.*/, '$1=0').replace('0.0.0.0', '127.0.0.1'));
  const { program, settings } = readCommandLine([name, ...free], env);
  if (settings === 'help') throw new Error('settings were expected');
  return await program.start(settings);
}

/** The secrets of a service as Compose mounts them. */
async function secretsOf(names: readonly string[]): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'sluice-compose-'));
  onTestFinished(() => rm(folder, { recursive: true, force: true }));
  for (const name of names) await writeFile(join(folder, name), secretFor(compose.secrets[name]?.environment ?? ''));
  return folder;
}

/** The configuration with its secrets in a folder, and with simulators where they listen here. */
async function configHere(folder: string, addresses: Readonly<Record<string, string>>): Promise<string> {
  let written = text('ops/compose/sluice.yaml').replaceAll('/run/secrets', folder);
  for (const [there, here] of Object.entries(addresses)) {
    if (here !== '') written = written.replaceAll(there, there.replace(new URL(there).origin, here));
  }
  const file = join(folder, 'sluice.yaml');
  await writeFile(file, written);
  return file;
}

describe('the one-shot scripts', () => {
  it('make a namespace that keeps closed runs for 30 days and takes the search attributes at once; again, they change nothing', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'sluice-compose-'));
    await symlink(inject('temporalCli'), join(folder, 'temporal'));
    const namespace = `compose-${randomUUID()}`;
    const env = {
      TEMPORAL_ADDRESS: testTemporalAddress(),
      TEMPORAL_NAMESPACE: namespace,
      RETENTION: '30d',
      HOME: folder,
    };
    const script = join(root, 'ops/compose/temporal-namespace.sh');
    for (const _ of ['first', 'again']) {
      await run('sh', [script], { env: { ...env, PATH: `${folder}:${process.env['PATH']}` } });
    }
    const client = await testClient();
    const { config } = await client.workflowService.describeNamespace({ namespace });
    expect(tsToMs(config?.workflowExecutionRetentionTtl)).toBe(30 * DAY);
    const { customAttributes } = await client.connection.operatorService.listSearchAttributes({ namespace });
    const codes = { Keyword: 2, Datetime: 6 };
    for (const [name, type] of Object.entries(searchAttributes))
      expect([name, customAttributes[name]]).toEqual([name, codes[type]]);
    await client.close();
    await rm(folder, { recursive: true });
  });

  it('bring both databases up to date, in order, and stop at the first failure', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'sluice-compose-'));
    const log = join(folder, 'log');
    await writeProgram(
      join(folder, 'temporal-sql-tool'),
      `echo "$*" >> '${log}'; case "$*" in *$FAIL_AT*) exit 1;; esac`,
    );
    const schema = (failAt: string): Promise<unknown> =>
      run('sh', [join(root, 'ops/compose/temporal-schema.sh')], {
        env: {
          PATH: `${folder}:${dirname('/bin/sh')}`,
          POSTGRES_HOST: 'db',
          POSTGRES_USER: 'temporal',
          SQL_PASSWORD: 'x',
          FAIL_AT: failAt,
        },
      });
    await schema('nowhere');
    const calls = (await readFile(log, 'utf8'))
      .trim()
      .split('\n')
      .map((line) => line.replace(/.*--db /, ''));
    expect(calls).toEqual([
      'temporal create-database',
      'temporal setup-schema -v 0.0',
      `temporal ${versionedSchema('temporal')}`,
      'temporal_visibility create-database',
      'temporal_visibility setup-schema -v 0.0',
      `temporal_visibility ${versionedSchema('visibility')}`,
    ]);
    await rm(log);
    await expect(schema('setup-schema')).rejects.toThrow('Command failed');
    expect((await readFile(log, 'utf8')).trim().split('\n')).toHaveLength(2);
    await rm(folder, { recursive: true });
  });
});

import { describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { dashboards, read, type Dashboard } from './metrics/expressions.ts';

const boards = dashboards.map(({ file, text, board }) => [file, board, text] as const);
const names = ({ templating }: Dashboard): readonly string[] => templating.list.map(({ name }) => name);

describe('the dashboards', () => {
  it('are three, each with an address of its own', () => {
    expect(dashboards.map(({ board }) => board.uid).toSorted()).toEqual([
      'sluice-fleet',
      'sluice-stream',
      'sluice-workers',
    ]);
  });

  it.each(boards)('%s: every panel has an id of its own, and a place that no other one covers', (_, { panels }) => {
    expect(new Set(panels.map(({ id }) => id)).size).toBe(panels.length);
    const taken = new Set<string>();
    for (const { title, gridPos } of panels) {
      expect([title, gridPos.x + gridPos.w]).toEqual([title, expect.toSatisfy((right: number) => right <= 24)]);
      for (let x = gridPos.x; x < gridPos.x + gridPos.w; x += 1) {
        for (let y = gridPos.y; y < gridPos.y + gridPos.h; y += 1) {
          expect([title, taken.has(`${x},${y}`)]).toEqual([title, false]);
          taken.add(`${x},${y}`);
        }
      }
    }
  });

  it.each(boards)('%s: uses only variables that it has', (_, board, text) => {
    const used = [...text.matchAll(/\$\{?([a-z_]\w*)/g)].map((match) => match[1] ?? '');
    const own = used.filter((name) => !name.startsWith('__'));
    expect(new Set([...own, 'datasource'])).toEqual(new Set(names(board)));
  });

  it.each(boards)('%s: leads only to dashboards that there are', (_, __, text) => {
    for (const [, uid = ''] of text.matchAll(/\/d\/([\w-]+)/g)) {
      expect(dashboards.map(({ board }) => board.uid)).toContain(uid);
    }
  });

  it('lead to the status page and to the Temporal UI of the containers', () => {
    const fleet = dashboards.find(({ board }) => board.uid === 'sluice-fleet');
    const boxes = fleet?.board.templating.list.filter(({ type }) => type === 'textbox') ?? [];
    const compose = parse(read('../docker-compose.yml')) as Record<string, Record<string, { ports?: string[] }>>;
    const addresses = new Map(boxes.map(({ name, query }) => [name, String(query)]));
    expect(compose['services']?.['temporal-ui']?.ports).toEqual([
      `${new URL(addresses.get('temporal') ?? '').host}:8080`,
    ]);
    const { temporal } = parse(read('compose/sluice.yaml')) as { temporal: { namespace: string } };
    expect(addresses.get('namespace')).toBe(temporal.namespace);
  });
});

describe('what Grafana is given at its start', () => {
  it('is where the containers have it', () => {
    const { providers } = parse(read('grafana/provisioning/dashboards/sluice.yml')) as {
      providers: { options: { path: string } }[];
    };
    const { datasources } = parse(read('grafana/provisioning/datasources/prometheus.yml')) as {
      datasources: { type: string; url: string }[];
    };
    const { services } = parse(read('../docker-compose.yml')) as {
      services: Record<string, { volumes?: string[]; ports?: string[] }>;
    };
    const mounts = services['grafana']?.volumes?.map((volume) => volume.split(':')) ?? [];
    for (const { options } of providers)
      expect(mounts).toContainEqual(['./ops/grafana/dashboards', options.path, 'ro']);
    for (const { url } of datasources) {
      const { hostname, port } = new URL(url);
      expect(services[hostname]?.ports?.[0]).toMatch(new RegExp(`:${port}$`));
    }
  });
});

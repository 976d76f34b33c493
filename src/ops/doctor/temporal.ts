import { tsToDate, tsToMs } from '@temporalio/common/lib/time.js';
import proto from '@temporalio/proto';
import type { Config } from '../../config/load.ts';
import { DAY, formatDuration } from '../../core/time.ts';
import { connectClient, type OwnClient } from '../../temporal/connect.ts';
import { indexedValueTypes, searchAttributes } from '../../temporal/search-attributes.ts';
import { taskQueue, temporalAddress } from '../connection.ts';
import { hasChanges, planWith } from '../plan.ts';
import { fail, ok, warn, wordsOf, type Finding, type Verdict } from './checkup.ts';

/** Less, and on Monday nobody can ask any more what went wrong on Friday. */
const SHORTEST_RETENTION = 7 * DAY;

/** The server, its namespace, our search attributes and schedules, and whether anybody works. Changes nothing. */
export async function temporalFindings(config: Config, now: number): Promise<readonly Finding[]> {
  const target = temporalAddress(config);
  let client: OwnClient;
  try {
    client = await connectClient(target);
  } catch (error) {
    const fix = config.temporal.address === undefined ? 'Start it: sluice up.' : 'sluice explain temporal-unreachable';
    return [of('temporal', fail(wordsOf(error), fix))];
  }
  const looks: readonly (readonly [string, (means: Means) => Promise<Verdict>])[] = [
    ['temporal', serverVerdict],
    ['namespace', namespaceVerdict],
    ['search attributes', attributesVerdict],
    ['schedules', schedulesVerdict],
    ['workers', workersVerdict],
  ];
  try {
    const means = { client, config, now, namespace: target.namespace };
    return await Promise.all(looks.map(async ([about, look]) => of(about, await look(means).catch(refusal))));
  } finally {
    await client.close();
  }
}

const of = (about: string, verdict: Verdict): Finding => ({ about, area: 'temporal', ...verdict });

interface Means {
  readonly client: OwnClient;
  readonly config: Config;
  readonly now: number;
  readonly namespace: string;
}

/** A server may keep us from looking at one thing and not at another. */
function refusal(error: unknown): Verdict {
  return fail(
    `the server refused: ${wordsOf(error)}`,
    'Check `temporal.namespace`, and what the API key or certificate may do.',
  );
}

async function serverVerdict({ client, config }: Means): Promise<Verdict> {
  const { serverVersion } = await client.workflowService.getSystemInfo({});
  return ok(`${temporalAddress(config).address}: server ${serverVersion || 'of an unknown version'}`);
}

async function namespaceVerdict({ client, namespace }: Means): Promise<Verdict> {
  const { config } = await client.workflowService.describeNamespace({ namespace });
  const retention = tsToMs(config?.workflowExecutionRetentionTtl);
  const found = `${namespace}: keeps closed runs for ${formatDuration(retention)}`;
  if (retention >= SHORTEST_RETENTION) return ok(found);
  return warn(found, `temporal operator namespace update --namespace ${namespace} --retention 30d`);
}

async function attributesVerdict({ client, namespace }: Means): Promise<Verdict> {
  const { customAttributes } = await client.connection.operatorService.listSearchAttributes({ namespace });
  const wanted = Object.entries(searchAttributes);
  const missing = wanted.filter(([name]) => customAttributes[name] === undefined);
  const wrong = wanted.filter(([name, type]) => {
    const registered: number | undefined = customAttributes[name];
    return registered !== undefined && registered !== indexedValueTypes[type];
  });
  const names = (of: typeof wanted): string => of.map(([name]) => name).join(', ');
  if (wrong.length > 0)
    return fail(
      `${names(wrong)} are there with another type`,
      'Remove them with `temporal operator search-attribute remove`; then: sluice apply.',
    );
  if (missing.length > 0) return fail(`${names(missing)} are not registered`, 'sluice apply registers them.');
  return ok(`all ${wanted.length} are registered`);
}

async function schedulesVerdict({ client, config, now }: Means): Promise<Verdict> {
  const plan = await planWith(client, config, {}, now);
  const count = (is: (line: (typeof plan.lines)[number]) => boolean): number => plan.lines.filter(is).length;
  const odd = [
    [count(({ orphaned }) => orphaned), 'orphaned'],
    [count(({ drift }) => drift.length > 0), 'changed or paused by hand'],
    [count(({ action }) => action === 'foreign'), 'not ours under our id'],
  ] as const;
  const notes = odd.flatMap(([n, what]) => (n === 0 ? [] : [`${n} ${what}`]));
  if (hasChanges(plan))
    return warn(['not as the file says', ...notes].join(', '), 'See: sluice plan. Then: sluice apply.');
  if (notes.length > 0) return warn(notes.join(', '), 'See: sluice plan.');
  return ok(`${plan.lines.length}, as the file says`);
}

const { TaskQueueType } = proto.temporal.api.enums.v1;

/** Workflows and activities are polled for each by itself; a worker does both. */
async function workersVerdict({ client, namespace, now }: Means): Promise<Verdict> {
  const pollers = await Promise.all(
    [TaskQueueType.TASK_QUEUE_TYPE_WORKFLOW, TaskQueueType.TASK_QUEUE_TYPE_ACTIVITY].map(async (taskQueueType) => {
      const answer = await client.workflowService.describeTaskQueue({
        namespace,
        taskQueue: { name: taskQueue },
        taskQueueType,
      });
      return answer.pollers;
    }),
  );
  const [workflows = [], activities = []] = pollers;
  const fix = 'Start one: sluice worker, or sluice up.';
  if (workflows.length === 0 || activities.length === 0) return fail(`none asked ${taskQueue} for work lately`, fix);
  const last = Math.max(
    ...activities.map(({ lastAccessTime }) => (lastAccessTime ? tsToDate(lastAccessTime).getTime() : 0)),
  );
  const names = new Set(activities.map(({ identity }) => identity));
  return ok(`${names.size} on ${taskQueue}, the last one asked ${formatDuration(Math.max(0, now - last))} ago`);
}

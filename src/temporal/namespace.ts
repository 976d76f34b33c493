import { setTimeout as sleep } from 'node:timers/promises';
import type { Connection } from '@temporalio/client';
import { msToTs, tsToMs } from '@temporalio/common/lib/time.js';

/** temporal.api.enums.v1.IndexedValueType */
const indexedValueTypes = { Keyword: 2, Int: 3, Datetime: 6 } as const;

/** A search attribute's name → its type. */
export type SearchAttributes = Readonly<Record<string, keyof typeof indexedValueTypes>>;

/** What the server's namespace is called. */
export const NAMESPACE = 'default';

/**
 * How long closed runs can be looked at and replayed. The embedded server starts with 24 hours, too short to ask on Monday what went
 * wrong on Friday.
 */
const RETENTION = 30 * 24 * 3_600_000;

const VISIBLE_WITHIN = 15_000;

/**
 * Sees to it that the namespace answers, keeps closed runs for 30 days at least, and has these search attributes. May be repeated. Errors: what
 * the server answers; an attribute that is there under another type stays as it is.
 */
export async function prepareNamespace(connection: Connection, searchAttributes: SearchAttributes): Promise<void> {
  const { workflowService } = connection;
  const { config } = await workflowService.describeNamespace({ namespace: NAMESPACE });
  if (tsToMs(config?.workflowExecutionRetentionTtl) < RETENTION) {
    await workflowService.updateNamespace({
      namespace: NAMESPACE,
      config: { workflowExecutionRetentionTtl: msToTs(RETENTION) },
    });
  }
  await addSearchAttributes(connection, searchAttributes);
  await workflowService.countWorkflowExecutions({ namespace: NAMESPACE });
}

async function addSearchAttributes({ operatorService }: Connection, wanted: SearchAttributes): Promise<void> {
  const missing = async (): Promise<readonly string[]> => {
    const { customAttributes } = await operatorService.listSearchAttributes({ namespace: NAMESPACE });
    return Object.keys(wanted).filter((name) => customAttributes[name] === undefined);
  };
  const names = await missing();
  if (names.length === 0) return;
  await operatorService.addSearchAttributes({
    namespace: NAMESPACE,
    searchAttributes: Object.fromEntries(names.map((name) => [name, indexedValueTypes[wanted[name] ?? 'Keyword']])),
  });
  // The server knows them a moment after it said so; a workflow that starts with one before that is refused.
  const until = Date.now() + VISIBLE_WITHIN;
  for (let left = await missing(); left.length > 0; left = await missing()) {
    if (Date.now() > until) throw new Error(`the server does not show the search attributes ${left.join(', ')}`);
    await sleep(100);
  }
}

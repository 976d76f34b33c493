import type { Connection } from '@temporalio/client';
import { msToTs, tsToMs } from '@temporalio/common/lib/time.js';
import { ensureSearchAttributes, type SearchAttributes } from './search-attributes.ts';

/** What the server's namespace is called. */
export const NAMESPACE = 'default';

/**
 * How long closed runs can be looked at and replayed. The embedded server starts with 24 hours, too short to ask on Monday what went
 * wrong on Friday.
 */
const RETENTION = 30 * 24 * 3_600_000;

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
  await ensureSearchAttributes(connection, NAMESPACE, searchAttributes);
  await workflowService.countWorkflowExecutions({ namespace: NAMESPACE });
}

import { setTimeout as sleep } from 'node:timers/promises';
import type { Connection } from '@temporalio/client';

/** temporal.api.enums.v1.IndexedValueType */
export const indexedValueTypes = { Keyword: 2, Int: 3, Datetime: 6 } as const;

/** A search attribute's name → its type. */
export type SearchAttributes = Readonly<Record<string, keyof typeof indexedValueTypes>>;

/** What runs can be searched by; what each means stands in src/workflows/search-attributes.ts. */
export const searchAttributes = {
  SluiceSource: 'Keyword',
  SluiceStream: 'Keyword',
  SluiceKind: 'Keyword',
  SluiceOutcome: 'Keyword',
  SluiceDeadline: 'Datetime',
} as const satisfies SearchAttributes;

const USABLE_WITHIN = 30_000;

/**
 * Sees to it that a namespace has search attributes, sluice's own unless told: without them no workflow of ours can start. May be repeated. An
 * attribute that is there under another type stays as it is.
 * Errors: whatever the server answers, such as a namespace that does not exist or a missing permission.
 */
export async function ensureSearchAttributes(
  { operatorService, workflowService }: Connection,
  namespace: string,
  wanted: SearchAttributes = searchAttributes,
): Promise<void> {
  const { customAttributes } = await operatorService.listSearchAttributes({ namespace });
  const missing = Object.entries(wanted).filter(([name]) => customAttributes[name] === undefined);
  if (missing.length === 0) return;
  await operatorService.addSearchAttributes({
    namespace,
    searchAttributes: Object.fromEntries(missing.map(([name, type]) => [name, indexedValueTypes[type]])),
  });
  // The server lists an attribute about a second before a workflow may use it; what starts in between would be refused.
  const query = missing.map(([name]) => `${name} IS NULL`).join(' AND ');
  const until = Date.now() + USABLE_WITHIN;
  for (;;) {
    try {
      await workflowService.countWorkflowExecutions({ namespace, query });
      return;
    } catch (error) {
      if (Date.now() > until) throw error;
      await sleep(200);
    }
  }
}

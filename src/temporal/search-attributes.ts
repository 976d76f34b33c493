import type { Connection } from '@temporalio/client';
import { temporal } from '@temporalio/proto';

const { INDEXED_VALUE_TYPE_KEYWORD, INDEXED_VALUE_TYPE_DATETIME } = temporal.api.enums.v1.IndexedValueType;

/** What runs can be searched by; what each means stands in src/workflows/search-attributes.ts. */
export const searchAttributes = {
  SluiceSource: 'Keyword',
  SluiceStream: 'Keyword',
  SluiceKind: 'Keyword',
  SluiceOutcome: 'Keyword',
  SluiceDeadline: 'Datetime',
} as const;

/**
 * Sees to it that the namespace has sluice's search attributes: without them no workflow of ours can start. May be repeated.
 * Errors: whatever the server answers, such as a namespace that does not exist or a missing permission.
 */
export async function ensureSearchAttributes(connection: Connection, namespace: string): Promise<void> {
  const known = await connection.operatorService.listSearchAttributes({ namespace });
  const missing = Object.entries(searchAttributes).filter(([name]) => known.customAttributes[name] === undefined);
  if (missing.length === 0) return;
  await connection.operatorService.addSearchAttributes({
    namespace,
    searchAttributes: Object.fromEntries(
      missing.map(([name, type]) => [
        name,
        type === 'Keyword' ? INDEXED_VALUE_TYPE_KEYWORD : INDEXED_VALUE_TYPE_DATETIME,
      ]),
    ),
  });
}

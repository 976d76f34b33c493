import { defineSearchAttributeKey, SearchAttributeType } from '@temporalio/common';

/** What runs can be searched by in the Temporal UI; registered by src/temporal/search-attributes.ts. Few: a namespace has a fixed pool. */
export const sourceKey = defineSearchAttributeKey('SluiceSource', SearchAttributeType.KEYWORD);
export const streamKey = defineSearchAttributeKey('SluiceStream', SearchAttributeType.KEYWORD);
/** `pull`, `extract`, `search` or `backfill`. */
export const kindKey = defineSearchAttributeKey('SluiceKind', SearchAttributeType.KEYWORD);
/** `sealed`, `nothing-due`, `lost`, or the name of the failure that ended the run. */
export const outcomeKey = defineSearchAttributeKey('SluiceOutcome', SearchAttributeType.KEYWORD);
/** When the vendor forgets the first of what was due. */
export const deadlineKey = defineSearchAttributeKey('SluiceDeadline', SearchAttributeType.DATETIME);

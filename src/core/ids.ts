/**
 * Ids are addresses (DESIGN §4): every workflow and schedule id is made here, says what it is, and has no `/`, which breaks the
 * links of the Temporal UI. A stream's id for people is `<source>/<stream>`.
 */
export interface StreamId {
  readonly source: string;
  readonly stream: string;
}

export const TASK_QUEUE = 'sluice';

/** `<source>/<stream>`, as people write it; only the first slash divides, so a stream's name may hold more. */
export function formatStreamId({ source, stream }: StreamId): string {
  return `${source}/${stream}`;
}

/** The inverse of {@link formatStreamId}; `undefined` when a half is missing. */
export function parseStreamId(text: string): StreamId | undefined {
  const slash = text.indexOf('/');
  if (slash < 1 || slash === text.length - 1) return undefined;
  return { source: text.slice(0, slash), stream: text.slice(slash + 1) };
}

export const pullId = (id: StreamId): string => `pull:${address(id)}`;
export const extractId = (id: StreamId): string => `extract:${address(id)}`;
/** Whether a schedule's or a workflow's id is that of a pull. */
export const isPull = (id: string): boolean => id.startsWith('pull:');
/** @param name what the search is called: short, and without the query, which may be an address of somebody */
export const searchId = (source: string, name: string): string => `search:${escapeId(source)}:${escapeId(name)}`;
export const reconcileId = (id: StreamId): string => `reconcile:${address(id)}`;
/** The workflow, and the schedule, that compares all streams with what they should hold. */
export const WATCHDOG_ID = 'watchdog';
export const connectionsId = (source: string): string => `connections:${escapeId(source)}`;

/** The id of the workflow of a backfill; {@link backfillOf} is its inverse. */
export const backfillId = (id: string): string => `backfill:${escapeId(id)}`;
/** The name of the backfill that a workflow is: one that was started under any other id has that for its name. */
export const backfillOf = (workflowId: string): string => workflowId.replace(/^backfill:/, '');

/** The id of the schedule that pulls a stream; it is also the prefix of the workflows that it starts. */
export const scheduleId = (id: StreamId): string => pullId(id);

function address({ source, stream }: StreamId): string {
  return `${escapeId(source)}:${escapeId(stream)}`;
}

/** Percent-escapes what would divide an id or break a link; ordinary names stay as they are. */
function escapeId(name: string): string {
  return name.replace(/[%/:?#\\\s]/g, (character) => encodeURIComponent(character));
}

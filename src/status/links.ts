import { extractId, parseStreamId, scheduleId, type StreamId } from '../core/ids.ts';

/** Where things are: on this page, and in the Temporal UI where that is known. */
export interface Links {
  /** @param stream `<source>/<stream>` */
  stream(stream: string): string;
  readonly temporal?: {
    /** The newest run of a stream's extractor. */
    workflow(stream: string): string;
    schedule(stream: string): string;
    run(run: { readonly workflowId: string; readonly runId: string }): string;
    /** @param workflowId of its workflow */
    backfill(workflowId: string): string;
  };
}

const idOf = (stream: string): StreamId => parseStreamId(stream) ?? { source: stream, stream: '' };

/** @param temporalUi the address of the Temporal UI, with its namespace: `http://127.0.0.1:8233/namespaces/default` */
export function openLinks(temporalUi: string | undefined): Links {
  return {
    stream: (stream) => `/stream/${stream.split('/').map(encodeURIComponent).join('/')}`,
    ...(temporalUi !== undefined && {
      temporal: {
        workflow: (stream) => `${temporalUi}/workflows/${encodeURIComponent(extractId(idOf(stream)))}`,
        run: ({ workflowId, runId }) =>
          `${temporalUi}/workflows/${encodeURIComponent(workflowId)}/${encodeURIComponent(runId)}/history`,
        backfill: (workflowId) => `${temporalUi}/workflows/${encodeURIComponent(workflowId)}`,
        schedule: (stream) => `${temporalUi}/schedules/${encodeURIComponent(scheduleId(idOf(stream)))}`,
      },
    }),
  };
}

import {
  CancellationScope,
  condition,
  getExternalWorkflowHandle,
  ParentClosePolicy,
  patched,
  setHandler,
  startChild,
  uuid4,
  workflowInfo,
  type SignalDefinition,
} from '@temporalio/workflow';
import { WorkflowExecutionAlreadyStartedError } from '@temporalio/common';
import type { ConnectionLimits } from '../core/contract.ts';
import { connectionsId, type StreamId } from '../core/ids.ts';
import { claim, connections, granted, release } from './connections.ts';
import { ensureGate } from './steps.ts';

/** A claim is sent again after this long, in case the gate was terminated and started anew meanwhile. */
const REMIND_AFTER = '1m';

export interface Gate {
  /**
   * Waits for a connection; resolves to the permit. Cancelled while it waits, it withdraws the claim.
   * @param isWanted for what only operators want: one connection is always left to what streams ask for by themselves
   */
  claim(isWanted?: boolean): Promise<string>;
  /** Gives a connection back; also when the workflow is being cancelled. */
  release(permit: string): Promise<void>;
}

/** A workflow's side of the `connections` workflow of its source; `low` for what lets live windows go first. Call once per workflow. */
export function openGate(
  stream: StreamId,
  limits: ConnectionLimits,
  { low = false }: { readonly low?: boolean } = {},
): Gate {
  const gateId = connectionsId(stream.source);
  let open: Promise<void> | undefined;
  const mine = new Set<string>();
  const inside = new Set<string>();

  const giveBack = (permit: string): Promise<void> =>
    CancellationScope.nonCancellable(async () => {
      mine.delete(permit);
      inside.delete(permit);
      await signalGate(gateId, release, permit);
    });

  // A grant that nobody here waits for was meant for a former run of this workflow: its place must not stay taken.
  setHandler(granted, async (permit) => {
    if (mine.has(permit)) inside.add(permit);
    else await giveBack(permit);
  });

  return {
    release: giveBack,
    async claim(isWanted = false) {
      // Once for all lanes. Runs of before 0.2.0 began without it.
      open ??= patched('ensureGate') ? ensureGate({ source: stream.source }) : Promise.resolve();
      await open;
      const permit = uuid4();
      mine.add(permit);
      try {
        do
          await signalGate(gateId, claim, {
            permit,
            holder: workflowInfo().workflowId,
            stream: stream.stream,
            limits,
            ...(low && { low }),
            ...(isWanted ? { isWanted } : {}),
          });
        while (!(await condition(() => inside.has(permit), REMIND_AFTER, { summary: 'wait for a connection' })));
        return permit;
      } catch (error) {
        await giveBack(permit);
        throw error;
      }
    },
  };
}

/** Signals the gate; starts it first when it has ended meanwhile. It outlives whoever starts it. */
async function signalGate<T>(gateId: string, signal: SignalDefinition<[T]>, value: T): Promise<void> {
  const gate = getExternalWorkflowHandle(gateId);
  try {
    await gate.signal(signal, value);
  } catch (error) {
    if (CancellationScope.current().consideredCancelled) throw error;
    if (signal.name === release.name) return;
    await startChild(connections, {
      workflowId: gateId,
      parentClosePolicy: ParentClosePolicy.ABANDON,
      staticSummary: 'lets in as many connections as the vendor allows',
    }).catch((reason: unknown) => {
      if (!(reason instanceof WorkflowExecutionAlreadyStartedError)) throw reason;
    });
    await gate.signal(signal, value);
  }
}

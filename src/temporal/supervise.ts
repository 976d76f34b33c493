import { setTimeout as sleep } from 'node:timers/promises';
import { lastLines, terminate, type LaunchPlan, type ServerExit, type ServerProcess } from './server-process.ts';

/** How a server ended for good. */
export interface TemporalEnd {
  /** Whether `stop()` was called. */
  readonly asked: boolean;
  readonly reason: string;
}

export interface TemporalServer {
  /** `127.0.0.1:7233` */
  readonly address: string;
  readonly uiUrl: string | undefined;
  /** The process now; another one after a restart. */
  readonly pid: number;
  /** SIGTERM, and SIGKILL after ten seconds. May be called again. */
  stop(): Promise<void>;
  /** Settles when no server runs any more and none will be started; never rejects. */
  readonly exited: Promise<TemporalEnd>;
}

interface Supervision {
  readonly log: (line: string) => void;
  readonly onExit: ((reason: string) => void) | undefined;
  /** Starts the server again; without it a death is the end. */
  readonly restart?: () => Promise<ServerProcess>;
  /** How long to wait before each try to start it again, in ms; after the last one it is given up. */
  readonly restartWaits?: readonly number[] | undefined;
  /** Called when the server with this pid has ended for good. */
  readonly cleanUp: (pid: number) => void;
}

const RESTART_WAITS = [250, 1_000, 4_000, 15_000, 30_000];
/** A server that ran for so long was well: the count of tries begins anew. */
const WELL_AFTER = 60_000;

/** Watches over a server that runs: tells when it has ended, and starts it again if it may. */
export function supervise(first: ServerProcess, plan: LaunchPlan, supervision: Supervision): TemporalServer {
  const stopping = new AbortController();
  const waits = supervision.restart === undefined ? [] : (supervision.restartWaits ?? RESTART_WAITS);
  let current = first;
  const follow = async (): Promise<TemporalEnd> => {
    let tries = 0;
    for (;;) {
      const since = Date.now();
      const reason = describeExit(await current.exited, plan);
      if (Date.now() - since > WELL_AFTER) tries = 0;
      for (let next: ServerProcess | undefined; next === undefined;) {
        if (stopping.signal.aborted) return { asked: true, reason: 'it was stopped' };
        const wait = waits[tries];
        if (wait === undefined) return { asked: false, reason };
        tries += 1;
        supervision.log(
          `the Temporal server ended (${reason}); starting it again on its file, try ${tries} of ${waits.length}`,
        );
        next = await restartAfter(wait, supervision, stopping.signal);
        if (next !== undefined) supervision.log(`the Temporal server runs again at ${plan.ip}:${plan.port}`);
        current = next ?? current;
      }
      if (stopping.signal.aborted) await terminate(current);
    }
  };
  const exited = follow().then((end) => {
    supervision.cleanUp(current.pid);
    if (!end.asked) supervision.onExit?.(end.reason);
    return end;
  });
  return {
    address: `${plan.ip}:${plan.port}`,
    uiUrl: plan.uiPort === null ? undefined : `http://${plan.ip}:${plan.uiPort}`,
    get pid() {
      return current.pid;
    },
    exited,
    async stop() {
      stopping.abort();
      await terminate(current);
      await exited;
    },
  };
}

async function restartAfter(
  ms: number,
  { restart, log }: Supervision,
  stopping: AbortSignal,
): Promise<ServerProcess | undefined> {
  try {
    await sleep(ms, undefined, { signal: stopping });
    return await restart?.();
  } catch (error) {
    if (!stopping.aborted) log(error instanceof Error ? error.message : String(error));
    return undefined;
  }
}

function describeExit({ code, signal }: ServerExit, { logFile }: LaunchPlan): string {
  if (signal !== null) return `killed by ${signal}`;
  const words = lastLines(logFile, 1)[0];
  return `${code === null ? 'gone' : `code ${code}`}${words === undefined ? '' : `: ${words}`}`;
}

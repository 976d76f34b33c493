import { Hono } from 'hono';
import { redact } from '../http/redaction.ts';
import { shared } from './metrics.ts';

/** One thing that must work before this process can do its work. */
export interface HealthCheck {
  /** `temporal`, `ledger`: a word for `?verbose`. */
  readonly name: string;
  /** Rejects, for a person to read, when it does not work. */
  readonly check: () => Promise<unknown>;
}

/** Longer than this, and a check has failed. */
const PATIENCE = 3_000;
/** Probes may come often. */
const FRESH_FOR = 1_000;

interface Result {
  readonly name: string;
  /** Absent: it works. */
  readonly trouble?: string;
}

/**
 * `/livez` (alias `/healthz`): the event loop turns, and nothing else, because nothing else is healed by a restart. `/readyz`: all checks pass,
 * or status 503. Vendor trouble is no check: it must never take a process out of service. `?verbose` lists the checks.
 */
export function healthRoutes(checks: readonly HealthCheck[]): Hono {
  const results = shared(FRESH_FOR, () => Promise.all(checks.map(run)));
  const app = new Hono();
  for (const path of ['/livez', '/healthz']) {
    app.get(path, (c) => c.text(answer([{ name: 'event-loop' }], c.req.query('verbose') !== undefined)));
  }
  return app.get('/readyz', async (c) => {
    const all = await results();
    const isReady = all.every(({ trouble }) => trouble === undefined);
    return c.text(answer(all, !isReady || c.req.query('verbose') !== undefined), isReady ? 200 : 503);
  });
}

/** As Kubernetes writes it. */
function answer(results: readonly Result[], verbose: boolean): string {
  if (!verbose) return 'ok\n';
  const lines = results.map(({ name, trouble }) =>
    trouble === undefined ? `[+]${name} ok` : `[-]${name} failed: ${trouble}`,
  );
  const isReady = results.every(({ trouble }) => trouble === undefined);
  return `${[...lines, isReady ? 'ok' : 'not ready'].join('\n')}\n`;
}

async function run({ name, check }: HealthCheck): Promise<Result> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new Error(`no answer within ${PATIENCE / 1_000} s`)), PATIENCE);
  });
  try {
    await Promise.race([check(), late]);
    return { name };
  } catch (error) {
    const message = redact(error instanceof Error ? error.message : String(error));
    return { name, trouble: message.replace(/\s+/g, ' ').slice(0, 300) };
  } finally {
    clearTimeout(timer);
  }
}

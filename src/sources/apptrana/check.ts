import type { SourceContext } from '../../core/contract.ts';
import { reachable } from '../../core/due.ts';
import { formatDuration, isoInterval, MINUTE, toIso } from '../../core/time.ts';
import { excerpt } from '../../http/redaction.ts';
import { clockLine } from '../vendor-clock.ts';
import type { Attacks } from './attacks.ts';
import { requestsFor } from './bounds.ts';
import type { Client } from './client.ts';
import type { ApptranaSettings } from './settings.ts';
import { askServed, type Asking } from './walk.ts';

/** For `sluice test`: one small request for each stream, its newest settled minute, and what the first three attacks in it were. */
export async function check(
  client: Client,
  { auth, limits }: SourceContext<ApptranaSettings>['settings'],
  streams: readonly Asking[],
  signal: AbortSignal,
): Promise<readonly string[]> {
  const until = await client.authenticate(signal);
  const end = until === undefined ? '' : `, the token ends ${toIso(until)}`;
  const lines = [`login: ok, as ${auth.clientId} by ${auth.grant}${end}`];
  for (const asking of streams) lines.push(await checkStream(asking, signal));
  const { retention, settling, perSource, perStream } = limits;
  lines.push(clockLine(client.vendor.skew()));
  lines.push(`limits: keeps ${formatDuration(retention)}, taken for complete after ${formatDuration(settling)}`);
  lines.push(`connections: at most ${perStream} for a stream, ${perSource} in all`);
  return lines;
}

async function checkStream(asking: Asking, signal: AbortSignal): Promise<string> {
  const { client, limits, stream, name, website, eventType } = asking;
  const { until } = reachable(limits, client.vendor.now());
  const wanted = { from: until - MINUTE, until };
  const [asked = wanted] = requestsFor(wanted);
  const text = isoInterval(wanted);
  const what = `${name} [${text.from}, ${text.until})`;
  const answer = await askServed(asking, { wanted, asked, website, eventType }, what, signal);
  const count = answer.sites.reduce((sum, { records }) => sum + records.length, 0);
  return `${stream}: ok, ${count} attacks in [${text.from}, ${text.until})${fewOf(answer)}`;
}

const FEW = 3;

function fewOf({ sites }: Attacks): string {
  const few = sites.flatMap(({ website, records }) => records.map((record) => ({ website, record }))).slice(0, FEW);
  const shown = few.map(({ website, record }) => {
    const [type, category] = ['eventType', 'category'].map((name) => textIn(record.member(name)));
    return excerpt(Buffer.from(`${website}: ${category} (${type})`), 100);
  });
  return shown.length === 0 ? '' : `, such as ${shown.join('; ')}`;
}

const textIn = (value: unknown): string => (typeof value === 'string' ? value : 'unknown');

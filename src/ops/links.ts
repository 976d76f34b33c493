import type { Config } from '../config/load.ts';
import { extractId, formatStreamId, scheduleId, WATCHDOG_ID, type StreamId } from '../core/ids.ts';
import { knownStreams, unknownStream } from './streams.ts';

/** A page of the Temporal UI. */
export interface Link {
  readonly about: string;
  readonly url: string;
}

/** Where the Temporal UI is: what the configuration says, the page of the server that `sluice up` brings, or Temporal Cloud's. */
export function uiAddress({ temporal }: Config): string | undefined {
  const { address, ui, uiPort } = temporal;
  if (ui !== undefined) return ui.replace(/\/+$/, '');
  if (address === undefined) return `http://127.0.0.1:${uiPort}`;
  return /(?:\.tmprl\.cloud|\.api\.temporal\.io):\d+$/.test(address) ? 'https://cloud.temporal.io' : undefined;
}

/** A workflow's newest run; `undefined` where the UI's address is not known. */
export function workflowLink(config: Config, workflowId: string): string | undefined {
  return pageOf(config, `workflows/${encodeURIComponent(workflowId)}`);
}

/** Runs that a visibility query finds. */
export function queryLink(config: Config, query: string): string | undefined {
  return pageOf(config, `workflows?query=${encodeURIComponent(query)}`);
}

/** All pages of the namespace are below this; `undefined` where the UI's address is not known. */
export function namespaceLink(config: Config): string | undefined {
  const ui = uiAddress(config);
  return ui === undefined ? undefined : `${ui}/namespaces/${encodeURIComponent(config.temporal.namespace)}`;
}

function pageOf(config: Config, path: string): string | undefined {
  const namespace = namespaceLink(config);
  return namespace === undefined ? undefined : `${namespace}/${path}`;
}

/**
 * What there is to look at of a stream, a workflow or a backfill, the most useful page first; without a name, of everything.
 * @param name a stream's, a workflow's id (`extract:…`), a backfill's, or `watchdog`
 * @param failed only runs that ended badly
 * Errors: `UsageError` for a stream that the configuration does not have. No links where the UI's address is not known.
 */
export function linksOf(config: Config, name: string | undefined, failed: boolean): readonly Link[] {
  const links = name === undefined ? allLinks(config, failed) : linksOfName(config, name, failed);
  return links.flatMap(({ about, url }) => (url === undefined ? [] : [{ about, url }]));
}

type Maybe = readonly { readonly about: string; readonly url: string | undefined }[];

const FAILED = 'ExecutionStatus IN ("Failed", "TimedOut", "Terminated")';

function allLinks(config: Config, failed: boolean): Maybe {
  const of = (about: string, query: string) => ({ about, url: queryLink(config, query) });
  if (!failed) return [of('all runs', 'SluiceKind IS NOT NULL'), of('runs under way', RUNNING)];
  return [
    of('runs that failed', `SluiceKind IS NOT NULL AND ${FAILED}`),
    of('refused credentials', 'SluiceOutcome = "credentials-rejected"'),
    of('lost data', 'SluiceOutcome = "lost"'),
  ];
}

const RUNNING = 'SluiceKind IS NOT NULL AND ExecutionStatus = "Running"';

function linksOfName(config: Config, name: string, failed: boolean): Maybe {
  const streams = knownStreams(config);
  const stream = streams.find((one) => formatStreamId(one) === name);
  if (stream !== undefined) return linksOfStream(config, stream, failed);
  if (name.includes(':')) return [{ about: name, url: workflowLink(config, name) }];
  if (name.includes('/')) throw unknownStream(name, streams, config.file);
  if (config.sources.has(name)) {
    const query = `SluiceSource = ${JSON.stringify(name)}${failed ? ` AND ${FAILED}` : ''}`;
    return [{ about: `runs of ${name}`, url: queryLink(config, query) }];
  }
  if (name === WATCHDOG_ID) {
    const runs = queryLink(config, `WorkflowType = "watchdog"${failed ? ` AND ${FAILED}` : ''}`);
    const schedule = pageOf(config, `schedules/${WATCHDOG_ID}`);
    return [
      { about: 'runs of the watchdog', url: runs },
      ...(failed ? [] : [{ about: 'its schedule', url: schedule }]),
    ];
  }
  const backfill = `backfill:${name}`;
  return [{ about: backfill, url: workflowLink(config, backfill) }];
}

function linksOfStream(config: Config, { source, stream }: StreamId, failed: boolean): Maybe {
  const id = { source, stream };
  const name = formatStreamId(id);
  const mine = `SluiceSource = ${JSON.stringify(source)} AND SluiceStream = ${JSON.stringify(stream)}`;
  if (failed) return [{ about: `runs of ${name} that failed`, url: queryLink(config, `${mine} AND ${FAILED}`) }];
  return [
    { about: `runs of ${name}`, url: queryLink(config, mine) },
    { about: 'its extractor', url: workflowLink(config, extractId(id)) },
    { about: 'its schedule', url: pageOf(config, `schedules/${encodeURIComponent(scheduleId(id))}`) },
  ];
}

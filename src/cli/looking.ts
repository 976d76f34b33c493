import type { Call } from './call.ts';
import type { ExitCode } from './exit-codes.ts';
import { UsageError } from '../ops/usage-error.ts';
import { print, writeLine } from './output.ts';
import type { Config } from '../config/load.ts';
import type { KnownStream } from '../ops/streams.ts';
import { troubledStates } from '../core/states.ts';
import { alarmsJson, latenessJson, latenessTable } from './gap-views.ts';
import { positionsJson, sealedJson, sealedTable } from './position-views.ts';
import { createTalk, harmless, mayPaint, type Globals } from './terminal.ts';
import { timesOf } from './times.ts';
import { count, slicesTable, statusJson } from './views.ts';

export async function status({ globals, options }: Call): Promise<ExitCode> {
  const { loadConfig } = await import('../config/load.ts');
  const { alarmsToCheck } = await import('../ops/alarms.ts');
  const { readSince } = await import('../ops/range.ts');
  const { lookAtStatus } = await import('./status-look.ts');
  const sinceOf = (now: number): number | undefined =>
    options['since'] === undefined ? undefined : readSince(String(options['since']), now);
  const now = Date.now();
  if (options['lateness'] === true) return await lateness(globals);
  const since = sinceOf(now);
  const config = loadConfig(globals.config);
  if (options['watch'] === true) return await (await import('./watching.ts')).watchStatus(config, globals, sinceOf);
  const { streams, positions, alarms, text, warnings } = await lookAtStatus(config, globals, { now, since });
  const rows = [...statusJson(streams), ...positionsJson(positions)];
  const data = rows.map((row) => ({ ...row, alarms: alarmsJson(alarms, row.stream) }));
  print(globals, { data, text, warnings });
  if (options['check'] !== true) return 0;
  if (streams.some(({ lost }) => lost > 0)) return 3;
  if (alarmsToCheck(alarms).length > 0) return 2;
  return [...streams, ...positions].some(({ state }) => troubledStates.includes(state)) ? 2 : 0;
}

async function lateness(globals: Globals): Promise<ExitCode> {
  const { loadConfig } = await import('../config/load.ts');
  const { readLateness } = await import('../ops/lateness.ts');
  const streams = await readLateness(loadConfig(globals.config));
  print(globals, {
    data: latenessJson(streams),
    text: latenessTable(streams, mayPaint(process.stdout, globals)),
  });
  return 0;
}

export async function coverage({ globals, args: [name = ''], options }: Call): Promise<ExitCode> {
  const { loadConfig } = await import('../config/load.ts');
  const { findStream, isWindowStream } = await import('../ops/streams.ts');
  const { readRuns } = await import('../ops/coverage.ts');
  const { readSince } = await import('../ops/range.ts');
  const { axisJson, axisText } = await import('./axis-text.ts');
  const now = Date.now();
  const within = { from: readSince(String(options['since']), now), until: now };
  const config = loadConfig(globals.config);
  const stream = findStream(config, name);
  if (!isWindowStream(stream)) {
    throw new UsageError(
      `${name} is no stream of windows but a ${stream.shape}: see \`sluice status\` and \`sluice slices ${name}\``,
    );
  }
  const runs = await readRuns(config, stream, within, now);
  print(globals, { data: axisJson(runs), text: axisText(runs, within, mayPaint(process.stdout, globals)) });
  return 0;
}

export async function slices({ globals, args: [name = ''], options }: Call): Promise<ExitCode> {
  const { loadConfig } = await import('../config/load.ts');
  const { findStream, isWindowStream } = await import('../ops/streams.ts');
  const { readSlices, stretchJson } = await import('../ops/slices.ts');
  const { ledgerWarnings } = await import('../ops/ledger.ts');
  const { readSince } = await import('../ops/range.ts');
  const now = Date.now();
  const from = readSince(String(options['since']), now);
  const limit = Number(options['limit']);
  if (!Number.isSafeInteger(limit) || limit < 1) {
    throw new UsageError(`--limit ${String(options['limit'])} is no whole number from 1 on`);
  }
  const config = loadConfig(globals.config);
  const stream = findStream(config, name);
  if (!isWindowStream(stream)) return await sealed(globals, config, stream, { from, limit });
  const { stretches, omitted } = await readSlices(config, stream, { within: { from, until: now }, limit, now });
  const warnings = [
    ...(await ledgerWarnings(config)),
    ...(omitted === 0 ? [] : [`${count(omitted)} older ones are left out: --limit ${limit + omitted} shows all`]),
  ];
  const text = slicesTable(stretches, mayPaint(process.stdout, globals), timesOf(globals, now));
  print(globals, { data: stretches.map(stretchJson), text, warnings });
  return 0;
}

/** The slices of a sequence, or of reports: those that were sealed since. */
async function sealed(
  globals: Globals,
  config: Config,
  stream: KnownStream,
  { from, limit }: { readonly from: number; readonly limit: number },
): Promise<ExitCode> {
  const { readSealed } = await import('../ops/sealed.ts');
  const { ledgerWarnings } = await import('../ops/ledger.ts');
  const rows = await readSealed(config, stream, { since: from, limit });
  const text = sealedTable(rows, mayPaint(process.stdout, globals), timesOf(globals, Date.now()));
  print(globals, { data: sealedJson(rows), text, warnings: await ledgerWarnings(config) });
  return 0;
}

export async function records({ globals, args: [name = ''], options }: Call): Promise<ExitCode> {
  const { loadConfig } = await import('../config/load.ts');
  const { findStream } = await import('../ops/streams.ts');
  const { readRecords } = await import('../ops/records.ts');
  const { readSince } = await import('../ops/range.ts');
  const now = Date.now();
  const from = readSince(String(options['since']), now);
  const config = loadConfig(globals.config);
  const lines = readRecords(config, findStream(config, name), {
    within: { from, until: now },
    verbatim: options['verbatim'] === true,
    view: options['view'] === undefined ? undefined : String(options['view']),
  });
  for await (const line of lines) await writeLine(line);
  return 0;
}

export async function verify({ globals, args: [name] }: Call): Promise<ExitCode> {
  const { loadConfig } = await import('../config/load.ts');
  const { findHeldStream, verifyArchive } = await import('../ops/verify.ts');
  const config = loadConfig(globals.config);
  const talk = createTalk(globals);
  const only = name === undefined ? undefined : await findHeldStream(config, name);
  const tick = (slices: number, records: number): void =>
    talk.progress([`${count(slices)} slices, ${count(records)} records read again`]);
  const { warnings, ...verified } = await verifyArchive(config, { only, tick });
  const { slices, records, findings } = verified;
  print(globals, { data: verified, text: harmless(findings.map(({ message }) => message).join('\n')), warnings });
  const verdict =
    findings.length === 0
      ? 'all as sealed'
      : `${count(findings.length)} findings. More: sluice explain archive-damaged`;
  talk.say(`${count(slices)} slices, ${count(records)} records: ${verdict}`);
  return findings.length === 0 ? 0 : 74;
}

export async function rebuild({ globals }: Call): Promise<ExitCode> {
  const { loadConfig } = await import('../config/load.ts');
  const { rebuildLedger } = await import('../ops/rebuild.ts');
  const talk = createTalk(globals);
  const tick = (manifests: number): void => talk.progress([`${count(manifests)} manifests read`]);
  const rebuilt = await rebuildLedger(loadConfig(globals.config), tick);
  const { slices, damaged, ledger, former, tookOver } = rebuilt;
  print(globals, { data: rebuilt, text: harmless(damaged.map(({ key, damage }) => `${key}: ${damage}`).join('\n')) });
  talk.say(`${count(slices)} slices written to ${ledger}`);
  if (former !== undefined) talk.say(`The former file is ${former}`);
  if (former !== undefined && tookOver) talk.say('Its starts, wishes, losses and failures were taken over.');
  if (former !== undefined && !tookOver) {
    talk.say('Not all of it could be read: some starts, wishes, losses or failures may be gone.');
  }
  if (damaged.length > 0) {
    talk.say(
      `${count(damaged.length)} manifests are damaged, and their slices are missing. More: sluice explain archive-damaged`,
    );
  }
  return damaged.length === 0 ? 0 : 74;
}

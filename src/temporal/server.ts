import { mkdirSync, mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, dirname, join, parse, resolve } from 'node:path';
import { findTemporal } from './binary.ts';
import { withLock } from './lock.ts';
import type { SearchAttributes } from './search-attributes.ts';
import { claimPort } from './ports.ts';
import { inspectProgram } from './program.ts';
import { answers, whenReady } from './ready.ts';
import { isAlive, readRecord, removeRecord, writeRecord, type ServerRecord } from './server-record.ts';
import { adopt, lastLines, launch, terminate, type LaunchPlan, type ServerProcess } from './server-process.ts';
import { supervise, type TemporalServer } from './supervise.ts';

export type { TemporalEnd, TemporalServer } from './supervise.ts';

export interface StartOptions {
  /**
   * Where histories are kept: `temporal.db` becomes `temporal-1.31.2.db`, by the server's version, because the server does not bring a file of
   * another version up to date. Without it all is in memory.
   */
  readonly dataFile?: string;
  /** 0 takes any free port. */
  readonly port: number;
  /** 0 takes any free port; `null`, or nothing, starts without the UI. */
  readonly uiPort?: number | null;
  readonly ip?: string;
  readonly searchAttributes: SearchAttributes;
  /** A Temporal CLI; without it {@link findTemporal} looks for one. */
  readonly executable?: string;
  /** Starts a server that dies again on its data file. Without a data file there would be nothing to start again. */
  readonly supervise?: boolean;
  /** How long to wait before each of these tries, in ms; five tries within a minute without it. */
  readonly restartWaits?: readonly number[];
  /** Hears one line for a person at each thing worth knowing. */
  readonly log?: (line: string) => void;
  /** Called once when the server has ended for good and nobody had asked it to. */
  readonly onExit?: (reason: string) => void;
  /** How a person chooses another port; ends the message of `PortInUse`. */
  readonly portAdvice?: string;
}

/** The server did not come up; the message has its last words. */
export class TemporalStartFailed extends Error {
  override readonly name = 'TemporalStartFailed';
}

/** Another process that still runs has a server on this data file. */
export class DataFileInUse extends Error {
  override readonly name = 'DataFileInUse';
}

/**
 * Starts a Temporal dev server and waits until workflows can be started on it, with its namespace keeping closed runs for 30 days.
 *
 * It stops with `stop()`, and with our process however that ends by itself. Signals are the caller's: handle them and call `stop()`. If we are
 * killed outright, the server goes on; the next start on the same file adopts it when its ports are the wanted ones, and otherwise stops
 * it and starts anew. So at most one is left behind for each file.
 *
 * Errors: `TemporalUnavailable`, `PortInUse`, {@link DataFileInUse}, {@link TemporalStartFailed}.
 */
export async function startTemporal(options: StartOptions): Promise<TemporalServer> {
  const log = options.log ?? (() => undefined);
  const executable = options.executable ?? (await findTemporal({ onProgress: log }));
  const program = await inspectProgram(resolve(executable), process.env);
  const draft = { program: program.path, ip: '127.0.0.1', ...options };
  if (options.dataFile === undefined) {
    const folder = mkdtempSync(join(tmpdir(), 'sluice-temporal-'));
    const plan = { ...(await planPorts(draft)), dataFile: undefined, logFile: join(folder, 'temporal.log') };
    const server = await start(plan).catch((error: unknown) => {
      rmSync(folder, { recursive: true, force: true });
      throw error;
    });
    return supervise(server, plan, {
      log,
      onExit: options.onExit,
      cleanUp: () => rmSync(folder, { recursive: true, force: true }),
    });
  }
  const dataFile = versionedFile(options.dataFile, program.server, log);
  mkdirSync(dirname(dataFile), { recursive: true });
  return await withLock(`${dataFile}.starting`, async () => {
    const logFile = `${dataFile}.log`;
    const { server, plan } =
      (await adoptOrEnd(dataFile, logFile, draft, log)) ?? (await startAnew(draft, dataFile, logFile));
    return supervise(server, plan, {
      log,
      onExit: options.onExit,
      restartWaits: options.restartWaits,
      ...(options.supervise === true ? { restart: () => start(plan) } : {}),
      cleanUp: (pid) => removeRecord(dataFile, pid),
    });
  });
}

type Draft = StartOptions & { readonly program: string; readonly ip: string };
type Started = { readonly server: ServerProcess; readonly plan: LaunchPlan };

/** The server chooses ports for its inner services by itself, and anybody may take one in between: that is no reason to give up. */
const PORT_TRIES = 3;

async function startAnew(draft: Draft, dataFile: string | undefined, logFile: string): Promise<Started> {
  for (let tries = 1; ; tries += 1) {
    const plan = { ...(await planPorts(draft)), dataFile, logFile };
    try {
      return { server: await start(plan), plan };
    } catch (error) {
      if (tries === PORT_TRIES || !String(error).includes('address already in use')) throw error;
    }
  }
}

async function planPorts({
  program,
  ip,
  port,
  uiPort,
  searchAttributes,
  portAdvice,
}: Draft): Promise<Omit<LaunchPlan, 'dataFile' | 'logFile'>> {
  const advice = portAdvice ?? 'Stop that, or choose another port.';
  const ui = uiPort ?? null;
  return {
    program,
    ip,
    searchAttributes,
    port: await claimPort(ip, port, 'the Temporal server', advice),
    uiPort: ui === null ? null : await claimPort(ip, ui, 'the Temporal UI', advice),
  };
}

async function start(plan: LaunchPlan): Promise<ServerProcess> {
  const server = launch(plan);
  const died = new AbortController();
  try {
    if (plan.dataFile !== undefined) writeRecord(plan.dataFile, server.pid, plan);
    void server.exited.then(() => died.abort(new Error('it ended')));
    await whenReady(`${plan.ip}:${plan.port}`, plan.searchAttributes, died.signal);
    return server;
  } catch (error) {
    await terminate(server);
    if (plan.dataFile !== undefined) removeRecord(plan.dataFile, server.pid);
    throw startFailed(plan, error);
  }
}

function startFailed({ logFile, dataFile, program }: LaunchPlan, cause: unknown): TemporalStartFailed {
  const words = lastLines(logFile);
  const damaged = words.some((line) => /not a database|malformed/.test(line));
  const advice = damaged
    ? `Its file ${dataFile ?? ''} is damaged. It holds histories only, coverage is in the ledger: move it away and start again.`
    : `Its log is ${logFile}.`;
  const reason = cause instanceof Error ? cause.message : String(cause);
  return new TemporalStartFailed(
    [`the Temporal server (${program}) did not start: ${reason}`, ...words.map((line) => `  ${line}`), advice].join(
      '\n',
    ),
    { cause },
  );
}

/** A server that runs on the file already: adopted if it is where it is wanted, ended if not. Errors: {@link DataFileInUse}. */
async function adoptOrEnd(
  dataFile: string,
  logFile: string,
  draft: Draft,
  log: (line: string) => void,
): Promise<Started | undefined> {
  const record = readRecord(dataFile);
  if (record === undefined || !isAlive(record.server)) return undefined;
  if (isAlive(record.owner)) {
    throw new DataFileInUse(
      `${dataFile} is in use: process ${record.owner.pid} runs a Temporal server on it. Stop that, or use another data folder.`,
    );
  }
  const server = adopt(record.server);
  const { ip, port, uiPort } = record;
  const address = `${ip}:${port}`;
  if (!isWhereWanted(record, draft) || !(await answers(address))) {
    log(`stopping the Temporal server that an earlier run left at ${address}`);
    await terminate(server);
    return undefined;
  }
  await whenReady(address, draft.searchAttributes, new AbortController().signal);
  writeRecord(dataFile, server.pid, record);
  log(`went on with the Temporal server that an earlier run left at ${address}`);
  const { program, searchAttributes } = draft;
  return { server, plan: { program, searchAttributes, ip, port, uiPort, dataFile, logFile } };
}

function isWhereWanted(record: ServerRecord, { ip, port, uiPort }: Draft): boolean {
  const ui = uiPort ?? null;
  const sameUi = ui === null ? record.uiPort === null : record.uiPort !== null && [0, record.uiPort].includes(ui);
  return record.ip === ip && [0, record.port].includes(port) && sameUi;
}

/** `temporal.db` → `temporal-1.31.2.db`; says so when the files of another version are left aside. */
function versionedFile(dataFile: string, version: string, log: (line: string) => void): string {
  const { dir, name, ext } = parse(resolve(dataFile));
  const file = join(dir, `${name}-${version}${ext}`);
  const there = listed(dir).filter((other) => other.startsWith(`${name}-`) && other.endsWith(ext));
  if (there.length > 0 && !there.includes(basename(file))) {
    log(
      `Temporal ${version} starts with a new file, ${file}: histories in ${there.join(', ')} were written by another version and are left as they are`,
    );
  }
  return file;
}

function listed(folder: string): readonly string[] {
  try {
    return readdirSync(folder);
  } catch {
    return [];
  }
}

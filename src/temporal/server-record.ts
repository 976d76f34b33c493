import { readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { z } from 'zod';
import { birthOf } from './processes.ts';

const processSchema = z.object({ pid: z.int().positive(), birth: z.string() });

const recordSchema = z.object({
  server: processSchema,
  /** Who stops the server; when it is dead, the server is anybody's who wants it on the same file. */
  owner: processSchema,
  ip: z.string(),
  port: z.int(),
  uiPort: z.int().nullable(),
});

/** Which server runs on a data file, kept beside that file. */
export type ServerRecord = z.infer<typeof recordSchema>;

const recordPath = (dataFile: string): string => `${dataFile}.server.json`;

/** What was last recorded; `undefined` when there is none or it was torn by a power cut. */
export function readRecord(dataFile: string): ServerRecord | undefined {
  try {
    return recordSchema.parse(JSON.parse(readFileSync(recordPath(dataFile), 'utf8')));
  } catch {
    return undefined;
  }
}

/** Synchronous, so that between a server's start and its record there is no moment for us to die in but a kill. */
export function writeRecord(dataFile: string, pid: number, where: Pick<ServerRecord, 'ip' | 'port' | 'uiPort'>): void {
  const { ip, port, uiPort } = where;
  const record: ServerRecord = { server: identity(pid), owner: identity(process.pid), ip, port, uiPort };
  const path = recordPath(dataFile);
  writeFileSync(`${path}.new`, JSON.stringify(record));
  renameSync(`${path}.new`, path);
}

/** Removes the record of the server `pid`, not one that somebody else has written since. */
export function removeRecord(dataFile: string, pid: number): void {
  if (readRecord(dataFile)?.server.pid === pid) rmSync(recordPath(dataFile), { force: true });
}

export function isAlive({ pid, birth }: ServerRecord['server']): boolean {
  return birthOf(pid) === birth;
}

function identity(pid: number): ServerRecord['server'] {
  return { pid, birth: birthOf(pid) ?? '' };
}

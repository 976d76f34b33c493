import { readdirSync, readFileSync, readlinkSync } from 'node:fs';
import { createServer } from 'node:net';
import { basename } from 'node:path';

/** A port that the embedded server should listen on is taken. Nothing was started. */
export class PortInUse extends Error {
  override readonly name = 'PortInUse';
  readonly port: number;

  constructor(port: number, purpose: string, advice: string) {
    const holder = holderOf(port);
    super(`port ${port}, for ${purpose}, is in use${holder === undefined ? '' : ` by ${holder}`}. ${advice}`);
    this.port = port;
  }
}

/** A port of `ip` that nothing listens on: `wanted`, or any for 0. Errors: {@link PortInUse}. */
export async function claimPort(ip: string, wanted: number, purpose: string, advice: string): Promise<number> {
  return await new Promise((resolve, reject) => {
    const server = createServer();
    server.once('error', (error: NodeJS.ErrnoException) => {
      reject(error.code === 'EADDRINUSE' ? new PortInUse(wanted, purpose, advice) : error);
    });
    server.listen({ host: ip, port: wanted, exclusive: true }, () => {
      const address = server.address();
      server.close(() => resolve(typeof address === 'object' && address !== null ? address.port : wanted));
    });
  });
}

/** Who listens there, as far as the system tells us: `process 123 (java)`. */
function holderOf(port: number): string | undefined {
  const sockets = ['/proc/net/tcp', '/proc/net/tcp6'].flatMap((table) => listeners(table, port));
  if (sockets.length === 0) return undefined;
  for (const pid of read(() => readdirSync('/proc')) ?? []) {
    if (!/^\d+$/.test(pid)) continue;
    const open = read(() => readdirSync(`/proc/${pid}/fd`)) ?? [];
    if (!open.some((fd) => sockets.includes(read(() => readlinkSync(`/proc/${pid}/fd/${fd}`)) ?? ''))) continue;
    const command = read(() => readFileSync(`/proc/${pid}/cmdline`, 'utf8').split('\0')[0]);
    return `process ${pid} (${basename(command ?? 'unknown')})`;
  }
  return undefined;
}

/** proc(5): the second column is `address:port` in hex, the fourth the state (0A listens), the tenth the socket's inode. */
function listeners(table: string, port: number): readonly string[] {
  const rows = (read(() => readFileSync(table, 'utf8')) ?? '').split('\n').map((line) => line.trim().split(/\s+/));
  return rows
    .filter((row) => row[3] === '0A' && Number.parseInt(row[1]?.split(':')[1] ?? '', 16) === port)
    .map((row) => `socket:[${row[9] ?? ''}]`);
}

function read<T>(look: () => T): T | undefined {
  try {
    return look();
  } catch {
    return undefined;
  }
}

/** The port when nothing listens there on the loopback, else any free one: for a demo, which must not fail over a number. */
export async function freeOr(port: number): Promise<number> {
  try {
    return await claimPort('127.0.0.1', port, '', '');
  } catch {
    return await claimPort('127.0.0.1', 0, '', '');
  }
}

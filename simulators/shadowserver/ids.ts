import { createHmac } from 'node:crypto';

/** What an id stands for; the numbers are places in the simulator's lists and types. */
export interface Ticket {
  /** Days since the epoch. */
  readonly day: number;
  readonly list: number;
  readonly type: number;
  readonly generation: number;
  /** Unix seconds; 0: good for ever. */
  readonly issued: number;
}

const PAYLOAD = 11;
const MAC = 24;

/**
 * An id looks like the page's samples, 47 random characters, and holds what it stands for: a restarted simulator knows it, and nobody can
 * make one up. `unsafe` puts characters into it that a URL's path would end at or change (shadowserver.txt:104 has a `?`).
 */
export function writeId(ticket: Ticket, seed: number, unsafe: boolean): string {
  const payload = Buffer.alloc(PAYLOAD);
  payload.writeUInt16BE(ticket.day, 0);
  payload.writeUInt16BE(ticket.list, 2);
  payload.writeUInt16BE(ticket.type, 4);
  payload.writeUInt8(ticket.generation, 6);
  payload.writeUInt32BE(ticket.issued, 7);
  const mac = keyed(seed, payload).subarray(0, MAC);
  const id = Buffer.concat([mac, mask(payload, mac, seed)]).toString('base64url');
  return unsafe ? `${id.slice(0, 9)}?${id.slice(9, 18)}/${id.slice(18, 27)}%${id.slice(27, 36)}+${id.slice(36)}` : id;
}

/** `undefined` for what {@link writeId} did not write. */
export function readId(id: string, seed: number): Ticket | undefined {
  const bytes = Buffer.from(id.replaceAll(/[?/%+]/g, ''), 'base64url');
  if (bytes.length !== MAC + PAYLOAD) return undefined;
  const mac = bytes.subarray(0, MAC);
  const payload = mask(bytes.subarray(MAC), mac, seed);
  if (!keyed(seed, payload).subarray(0, MAC).equals(mac)) return undefined;
  return {
    day: payload.readUInt16BE(0),
    list: payload.readUInt16BE(2),
    type: payload.readUInt16BE(4),
    generation: payload.readUInt8(6),
    issued: payload.readUInt32BE(7),
  };
}

function mask(payload: Buffer, mac: Buffer, seed: number): Buffer {
  const stream = keyed(seed, mac);
  return Buffer.from(payload.map((byte, at) => byte ^ (stream[at] ?? 0)));
}

function keyed(seed: number, bytes: Buffer): Buffer {
  return createHmac('sha256', `ids:${seed}`).update(bytes).digest();
}

import type { IncomingMessage, ServerResponse } from 'node:http';
import { pause, Refusal } from '../kit/http.ts';
import { refuseWhenBusy } from './api.ts';
import { deliver, htmlDelivery, skip, type Delivery } from './delivery.ts';
import type { Parts } from './parts.ts';
import type { ReportFile } from './files.ts';

/** @returns the handler of the download host: `GET /<id>`, without credentials, CSV with a row of headers. */
export function createDl(
  parts: Parts,
): (request: IncomingMessage, response: ServerResponse, segment: string) => Promise<void> {
  return async (request, response, segment) => {
    const { faults, strikes, report, observe, attempts, patience } = parts;
    if (request.method !== 'GET') {
      report('method', `${request.method} of a file`);
      throw new Refusal(405, 'only GET is allowed');
    }
    if (request.headers['hmac2'] !== undefined || request.headers.authorization !== undefined)
      report('credentials-on-dl', 'the download host needs none');
    const file = fileOf(parts, segment);
    const { list, type, day, name } = file;
    const key = `dl ${name}`;
    const occasion = { kind: 'dl', list: list.name, type, day, file: name, attempt: attempts(key) };
    patience.check(key);
    await observe(occasion);
    await pause(faults.latencyMs);
    if (strikes.strike('hang', faults.hang, occasion) !== undefined) return;
    refuseWhenBusy(parts, occasion, key);
    const down = strikes.strike('dlDown', faults.dlDown, occasion);
    const html = down === undefined && strikes.strike('dlHtml', faults.dlHtml, occasion) !== undefined;
    const delivery =
      down !== undefined || html ? htmlDelivery(down === undefined ? 200 : (down.status ?? 503)) : csv(parts, file);
    return deliver(response, html || down ? delivery : ranged(parts, request, delivery), faults, strikes, occasion);
  };
}

/** An id stands in the path as one segment: what is not escaped of it would be cut off or split there. */
function fileOf({ world, report }: Parts, segment: string): ReportFile {
  if (/[?/]/.test(segment)) report('id-not-encoded', 'an id with ? or / in the path');
  const file = /[?/]/.test(segment) ? 'gone' : world.open(decode(segment));
  if (file === 'forged') report('forged-id', segment.slice(0, 100));
  if (typeof file === 'string') throw new Refusal(404, 'not found');
  return file;
}

function csv({ world, faults }: Parts, file: ReportFile): Delivery {
  const headers = { 'Content-Type': 'text/csv' };
  if (world.isEmptyYet(file)) return { status: 200, headers, size: 0, chunks: [] };
  const content = world.content(file);
  const size = faults.contentLength || faults.ranges ? content.size : null;
  return { status: 200, headers, size, chunks: content.chunks() };
}

/** Nobody says that the host knows ranges, so it does only when told. */
function ranged({ faults }: Parts, request: IncomingMessage, delivery: Delivery): Delivery {
  const { size, chunks } = delivery;
  if (!faults.ranges || size === null) return delivery;
  const headers = { ...delivery.headers, 'Accept-Ranges': 'bytes' };
  const from = Number(/^bytes=(\d+)-$/.exec(request.headers.range ?? '')?.[1] ?? Number.NaN);
  if (Number.isNaN(from)) return { ...delivery, headers };
  if (from >= size) throw new Refusal(416, 'range not satisfiable', { 'Content-Range': `bytes */${size}` });
  return {
    status: 206,
    headers: { ...headers, 'Content-Range': `bytes ${from}-${size - 1}/${size}` },
    size: size - from,
    chunks: skip(chunks, from),
  };
}

function decode(segment: string): string {
  try {
    return decodeURIComponent(segment);
  } catch {
    return '';
  }
}

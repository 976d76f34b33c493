import type { RequestListener, ServerResponse } from 'node:http';
import { describe, expect, it } from 'vitest';
import type { ReportPiece, ReportRef } from '../../src/core/contract.ts';
import { gzipSync } from 'node:zlib';
import { pieces, whole, type Whole } from './report-source.contract.ts';
import { DAY, FILE, KEY, ref, reportStream, start, type Options } from './shadowserver.scripted.ts';
import type { Reply } from './scripted-vendor.ts';
import { everythingIn, failureOf, live } from './window-source.contract.ts';

process.env['TZ'] = 'America/New_York';

/** A download host that has one file. */
const host =
  (text: string | Buffer, headers: Readonly<Record<string, string>> = {}, status = 200): RequestListener =>
  (_, response) =>
    void response.writeHead(status, { 'content-type': 'text/csv', ...headers }).end(text);

async function read(text: string | Buffer, from: Partial<ReportRef> = {}): Promise<Whole> {
  const { source } = await start(undefined, { dl: host(text) });
  return whole(await pieces(reportStream(source), { ...ref, ...from }));
}

describe('a file', () => {
  it('is downloaded from its own host by its id, encoded, and without the key', async () => {
    const { source, downloads, calls } = await start(undefined, { dl: host('timestamp,ip\n') });
    await pieces(reportStream(source), ref);
    expect(downloads.map(({ url }) => url)).toEqual(['/an%3Fid%2Fof%2B47']);
    expect(downloads[0]?.headers).not.toHaveProperty('hmac2');
    expect(JSON.stringify(downloads)).not.toContain(KEY);
    expect(calls()).toEqual([]);
  });

  it('is kept as it is, and its rows are objects in the order of its header', async () => {
    const text =
      '\ufeff"timestamp",ip,note\r\n2026-11-20 00:10:02,192.0.2.1,"two\r\nlines, and ""quotes"""\r\n\r\n2026-11-20 23:59:59,192.0.2.2,5" disk\n';
    const { bytes, records, identities, notes } = await read(text);
    expect(bytes.toString()).toBe(text);
    expect(records).toEqual([
      '{"timestamp":"2026-11-20 00:10:02","ip":"192.0.2.1","note":"two\\r\\nlines, and \\"quotes\\""}',
      '{"timestamp":"2026-11-20 23:59:59","ip":"192.0.2.2","note":"5\\" disk"}',
    ]);
    expect(identities.map(({ time }) => new Date(time).toISOString())).toEqual([
      '2026-11-20T00:10:02.000Z',
      '2026-11-20T23:59:59.000Z',
    ]);
    expect(notes).toEqual([]);
  });

  it('has rows whose id is the file’s, and the same whatever order their columns have', async () => {
    const one = await read('timestamp,ip,tag\n2026-11-20 00:00:01,192.0.2.1,ssl\n');
    const other = await read('tag,timestamp,ip\nssl,2026-11-20 00:00:01,192.0.2.1\n');
    expect(one.identities).toEqual(other.identities);
    expect(one.identities[0]?.id).toMatch(new RegExp(`^${FILE}:[0-9a-f]{32}$`));
    const elsewhere = await read('timestamp,ip,tag\n2026-11-20 00:00:01,192.0.2.1,ssl\n', { file: 'another.csv' });
    expect(elsewhere.identities[0]?.id).not.toBe(one.identities[0]?.id);
    const shifted = await read('timestamp,ip,tag\n2026-11-20 00:00:01,192.0.2,.1ssl\n');
    expect(shifted.identities[0]?.id).not.toBe(one.identities[0]?.id);
  });

  it('keeps rows that are equal, under one id', async () => {
    const row = '2026-11-20 00:00:01,192.0.2.1\n';
    const { records, identities } = await read(`timestamp,ip\n${row}${row}${row}`);
    expect(records).toHaveLength(3);
    expect(new Set(identities.map(({ id }) => id)).size).toBe(1);
  });

  it('keeps rows that are too short or too long, and says so once', async () => {
    const { records, notes } = await read('a,b,c\n1\n1,2,3\n1,2,3,4,"5,6"\n');
    expect(records).toEqual([
      '{"a":"1"}',
      '{"a":"1","b":"2","c":"3"}',
      '{"a":"1","b":"2","c":"3","__extra":["4","5,6"]}',
    ]);
    expect(notes).toEqual(['rows with other fields than the header has are kept as they are']);
  });

  it('loses no value to a name that stands twice, is a number, or means something to JavaScript', async () => {
    const { records } = await read('b,2,1,b,__proto__,__extra\n1,2,3,4,5,6,7\n');
    expect(records).toEqual(['{"b":"1","2":"2","1":"3","b__2":"4","__proto__":"5","__extra__2":"6","__extra":["7"]}']);
  });

  it.each([
    ['no time', 'ip\n192.0.2.1\n'],
    ['an empty one', 'timestamp,ip\n,192.0.2.1\n'],
    ['one that is none', 'timestamp,ip\n2026-02-30 10:00:00,192.0.2.1\n'],
  ])('places rows with %s on its day', async (_, text) => {
    expect((await read(text)).identities[0]?.time).toBe(Date.parse(`${DAY}T00:00:00Z`));
  });

  it.each([
    ['2026-11-20 05:00:00', '05:00:00.000'],
    ['2026-11-20T05:00:00Z', '05:00:00.000'],
    ['2026-11-20 05:00:00.25', '05:00:00.250'],
    ['2026-11-20 05:00:00+02:00', '03:00:00.000'],
    ['2026-11-20 05:00:00 -0130', '06:30:00.000'],
    ['2026-11-20 05:00:00 UTC', '05:00:00.000'],
  ])('reads %s in UTC, wherever the worker is', async (written, read_) => {
    const [identity] = (await read(`timestamp\n${written}\n`)).identities;
    expect(new Date(identity?.time ?? NaN).toISOString()).toBe(`2026-11-20T${read_}Z`);
  });

  it('that has only its header is a file without rows', async () => {
    for (const text of ['timestamp,ip\n', 'timestamp,ip', '\ufefftimestamp,ip\r\n\r\n']) {
      const { bytes, records } = await read(text);
      expect([bytes.toString(), records]).toEqual([text, []]);
    }
  });

  it.each([[''], ['\ufeff'], ['\r\n\n']])(
    'that has not even a header (%j) is not ready: nothing of it comes',
    async (text) => {
      const { source } = await start(undefined, { dl: host(text) });
      expect(await pieces(reportStream(source), ref)).toEqual([]);
    },
  );

  it('with bytes that are not UTF-8 keeps them, and says so', async () => {
    const text = Buffer.concat([Buffer.from('ip,name\n192.0.2.1,caf'), Buffer.from([0xe9]), Buffer.from('\n')]);
    const { bytes, records, notes } = await read(text);
    expect(bytes.equals(text)).toBe(true);
    expect(records).toEqual(['{"ip":"192.0.2.1","name":"caf\ufffd"}']);
    expect(notes.join()).toContain('not UTF-8');
  });

  it('may come packed', async () => {
    const text = `a,b\n${'1,2\n'.repeat(1_000)}`;
    const { source } = await start(undefined, { dl: host(gzipSync(text), { 'content-encoding': 'gzip' }) });
    const { bytes, records } = whole(await pieces(reportStream(source), ref));
    expect([bytes.toString(), records.length]).toEqual([text, 1_000]);
  });

  it('with a field of many kilobytes is whole', async () => {
    const certificate = 'x'.repeat(700_000);
    const { records } = await read(`ip,raw_cert\n192.0.2.1,"${certificate}"\n192.0.2.2,short\n`);
    expect(records).toHaveLength(2);
    expect(records[0]).toContain(certificate);
  });

  it.each([
    ['a page in HTML', host('<!DOCTYPE html><h1>later</h1>', { 'content-type': 'text/html' }), 'unexpected-answer'],
    ['an error in JSON', host('{"error":"no such file"}'), 'unexpected-answer'],
    ['a quote that nobody closes', host('a,b\n1,"2\n3,4\n'), 'unexpected-answer'],
    ['a first row that is no header', host(`${'x'.repeat(40_000)},b\n1,2\n`), 'unexpected-answer'],
    ['a part that was not asked for', host('a,b\n', { 'content-range': 'bytes 0-3/9' }, 206), 'unexpected-answer'],
    ['a redirect', host('', { location: 'https://evil.example/' }, 302), 'refused-target'],
    ['429', host('slow down', { 'retry-after': '9' }, 429), 'rate-limited'],
    ['500', host('oh no', {}, 500), 'unavailable'],
    ['403', host('not you', {}, 403), 'unexpected-answer'],
    ['an end before its length', cutShort, 'unavailable'],
  ] as const)('answered with %s is named', async (_, dl, name) => {
    const { source, calls } = await start(undefined, { dl });
    const failure = await failureOf(pieces(reportStream(source), ref));
    expect(failure.name).toBe(name);
    expect(everythingIn(failure)).not.toContain('canary');
    expect(calls()).toEqual([]);
  });
});

function cutShort(_: unknown, response: ServerResponse): void {
  response.writeHead(200, { 'content-length': '1000' }).write('a,b\n1,2\n3,');
  setTimeout(() => response.destroy(), 50);
}

describe('the other way to a file', () => {
  const rows = '[ {"timestamp":"2026-11-20 00:00:01","ip":"192.0.2.1","tag":"a,b"},\n{"ip":"é\\"}","tag":""} ]\n';
  const api =
    (reply: Reply) =>
    ({ method }: { readonly method: string }): Reply | undefined =>
      method === 'reports/download' ? reply : undefined;

  it.each([404, 410, 503])(
    'is taken where the download host answers %d: its body is the file, and its elements are the records',
    async (status) => {
      const { source, calls } = await start(api({ body: rows }), { dl: host('gone', {}, status) });
      const { bytes, records, notes } = whole(await pieces(reportStream(source), ref));
      expect(bytes.toString()).toBe(rows);
      expect(records).toEqual([
        '{"timestamp":"2026-11-20 00:00:01","ip":"192.0.2.1","tag":"a,b"}',
        '{"ip":"é\\"}","tag":""}',
      ]);
      expect(notes.join()).toMatch(new RegExp(`status ${status}.*as JSON`));
      expect(calls().map(({ method, fields }) => ({ method, fields }))).toEqual([
        { method: 'reports/download', fields: { id: ref.id } },
      ]);
    },
  );

  it('gives a row the id that it has in the CSV', async () => {
    const csv = await read('tag,ip,timestamp\n"a,b",192.0.2.1,2026-11-20 00:00:01\n');
    const { source } = await start(api({ body: rows }));
    expect(whole(await pieces(reportStream(source), ref)).identities[0]).toEqual(csv.identities[0]);
  });

  it('is the first where the settings say so, and the download host the second', async () => {
    const settings = { download: 'api' } as const;
    const first = await start(api({ body: rows }), { settings, dl: host('a\n1\n') });
    expect(whole(await pieces(reportStream(first.source), ref)).notes).toEqual([]);
    expect(first.downloads).toEqual([]);
    const second = await start(api({ status: 404, body: { error: 'removed' } }), { settings, dl: host('a\n1\n') });
    const { records, notes } = whole(await pieces(reportStream(second.source), ref));
    expect([records, notes.join()]).toEqual([['{"a":"1"}'], expect.stringContaining('removed')]);
  });

  it.each([
    ['dl', 503, 404, 'unavailable'],
    ['dl', 404, 503, 'unexpected-answer'],
    ['api', 503, 404, 'unavailable'],
    ['api', 404, 404, 'unexpected-answer'],
  ] as const)(
    'failing too (%s first, %d and %d), the download host’s failure counts',
    async (download, dl, other, name) => {
      const { source } = await start(api({ status: other, body: { error: 'words' } }), {
        settings: { download },
        dl: host('gone', {}, dl),
      });
      const failure = await failureOf(pieces(reportStream(source), ref));
      expect(failure.name).toBe(name);
      expect(failure.message).toContain(`status ${dl}`);
      expect(failure.message).toContain(`in the other way`);
    },
  );

  it.each([['[]'], ['{}'], [' [ ] ']])(
    'with nothing in it (%s) is not ready, unless the vendor counts no rows',
    async (body) => {
      const { source } = await start(api({ body }));
      expect(await pieces(reportStream(source), ref)).toEqual([]);
      expect(whole(await pieces(reportStream(source), { ...ref, reported: 0 })).bytes.toString()).toBe(body);
    },
  );

  it.each([
    ['an error', '{"error":"no such id"}'],
    ['an array that does not end', '[{"a":"1"},'],
    ['a record that does not end', '[{"a":"1'],
    ['texts instead of objects', '["a"]'],
    ['what is not JSON', '[{"a":1,}]'],
    ['something after its end', '[] x'],
    ['a page', '<html>'],
  ])('with %s is not taken', async (_, body) => {
    const { source } = await start(api({ body }));
    expect((await failureOf(pieces(reportStream(source), ref))).name).toBe('unexpected-answer');
  });

  it('is gone on with over what was handed out', async () => {
    const many = JSON.stringify(
      Array.from({ length: 20_000 }, (_, i) => ({ ip: `10.0.${i >> 8}.${i & 255}`, text: 'x"{[\\'.repeat(9) })),
    );
    const { source } = await start(api({ body: many }));
    const all = await pieces(reportStream(source), ref);
    expect(all.length).toBeGreaterThan(2);
    for (const [i, { place }] of all.entries()) {
      const rest = [...all.slice(0, i + 1), ...(await pieces(reportStream(source), ref, place))];
      expect(whole(rest).bytes.toString() === many).toBe(true);
      expect(whole(rest).records).toHaveLength(20_000);
    }
  });
});

describe('a file that was left', () => {
  const rows = Array.from(
    { length: 30_000 },
    (_, i) => `2026-11-20 00:00:01,10.0.${i >> 8}.${i & 255},"row\n${i}, ""${'x'.repeat(i % 40)}"""\n`,
  );
  const text = Buffer.from(`\ufefftimestamp,ip,note\n${rows.join('')}`);

  const served =
    (body: Buffer, { ranges = true, etag = '"one"', length = true } = {}): RequestListener =>
    ({ headers }, response) => {
      const from = Number(/^bytes=(\d+)-$/.exec(headers.range ?? '')?.[1] ?? NaN);
      const fits = headers['if-range'] === undefined || headers['if-range'] === etag;
      if (Number.isNaN(from) || !ranges || !fits) {
        response.writeHead(200, { etag, ...(length && { 'content-length': body.length }) }).end(body);
      } else if (from >= body.length) response.writeHead(416).end();
      else {
        const range = `bytes ${from}-${body.length - 1}/${body.length}`;
        response.writeHead(206, { etag, 'content-range': range }).end(body.subarray(from));
      }
    };

  async function left(options: Options['dl']): Promise<readonly ReportPiece[]> {
    const { source } = await start(undefined, { dl: options ?? served(text) });
    return pieces(reportStream(source), ref);
  }

  it.each([
    ['by a range', served(text)],
    ['over what was read, where the host knows no ranges', served(text, { ranges: false })],
    ['over what was read, where it says no length either', served(text, { ranges: false, length: false })],
  ])('is gone on with %s', async (_, dl) => {
    const all = await left(served(text));
    expect(all.length).toBeGreaterThan(2);
    const { source, downloads } = await start(undefined, { dl });
    for (const [i, { place }] of all.entries()) {
      const rest = [...all.slice(0, i + 1), ...(await pieces(reportStream(source), ref, place))];
      expect(whole(rest).bytes.equals(text)).toBe(true);
      expect(whole(rest).identities).toEqual(whole(all).identities);
    }
    expect(downloads.every(({ headers }) => headers['range'] !== undefined && headers['if-range'] === '"one"')).toBe(
      true,
    );
    expect(downloads.every(({ headers }) => headers['accept-encoding'] === 'identity')).toBe(true);
  });

  it('packed is gone on with unpacked', async () => {
    const packed = gzipSync(text);
    const all = await left(
      (_, response) => void response.writeHead(200, { 'content-encoding': 'gzip', etag: '"one-gzip"' }).end(packed),
    );
    const { source } = await start(undefined, { dl: served(text) });
    const rest = [all[0], ...(await pieces(reportStream(source), ref, all[0]?.place))].filter(
      (one) => one !== undefined,
    );
    expect(whole(rest).bytes.equals(text)).toBe(true);
  });

  const other = Buffer.from(text);
  other[1_000] = (other[1_000] ?? 0) ^ 1;
  const near = Buffer.from(text);

  it.each([
    ['another byte long ago', served(other, { ranges: false, etag: '"one"' })],
    ['a byte more', served(Buffer.concat([text, Buffer.from('x')]))],
    ['fewer bytes than were read', served(text.subarray(0, 1_000), { length: false })],
    ['another tag', served(text, { etag: '"two"' })],
    [
      'other bytes just before',
      (request: Parameters<RequestListener>[0], response: ServerResponse) => served(near)(request, response as never),
    ],
    [
      'another range than was asked for',
      (_: unknown, response: ServerResponse) =>
        void response
          .writeHead(206, { 'content-range': `bytes 5-${text.length - 1}/${text.length}` })
          .end(text.subarray(5)),
    ],
  ])('and has %s by now, is another file', async (_, dl) => {
    const [first] = await left(served(text));
    near[(first?.bytes.length ?? 0) - 10] = 0x21;
    const { source } = await start(undefined, { dl });
    const failure = await failureOf(pieces(reportStream(source), ref, first?.place));
    expect(failure.name).toBe('unexpected-answer');
  });

  it('is not looked for in the other way: its bytes are other ones there', async () => {
    const [first] = await left(served(text));
    const { source, calls } = await start(undefined, { dl: host('later', {}, 503) });
    expect((await failureOf(pieces(reportStream(source), ref, first?.place))).name).toBe('unavailable');
    expect(calls()).toEqual([]);
  });

  it('says so to whoever garbles the place', async () => {
    const [first] = await left(served(text));
    const { source } = await start(undefined, { dl: served(text) });
    for (const garbled of [
      first?.place.slice(1),
      first?.place.replace('"csv"', '"tsv"'),
      first?.place.replace(/"offset":\d+/, '"offset":3'),
    ]) {
      expect((await failureOf(pieces(reportStream(source), ref, garbled ?? ''))).name).toBe('unexpected-answer');
    }
    expect(live().aborted).toBe(false);
  });
});

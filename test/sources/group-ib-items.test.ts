import { describe, expect, it } from 'vitest';
import type { Identity } from '../../src/core/contract.ts';
import { UnexpectedAnswer } from '../../src/core/failures.ts';
import { DAY, floorTo } from '../../src/core/time.ts';
import { readTime } from '../../src/sources/group-ib/times.ts';
import { openSource } from './group-ib.scripted.ts';

process.env['TZ'] = 'America/New_York';

const NOON = Date.UTC(2026, 10, 20, 12);

async function identified(collection: string, text: string, clock = Date.now): Promise<Identity> {
  const settings = { collections: [{ name: collection }], ignoreValidation: true };
  const source = openSource('http://127.0.0.1:9', { settings, clock });
  try {
    const [stream] = source.streams;
    if (stream === undefined) throw new Error('a stream was expected');
    return stream.identify({ bytes: Buffer.from(text) });
  } finally {
    await source.close();
  }
}

const timeOf = async (collection: string, text: string, clock?: () => number): Promise<number> =>
  (await identified(collection, text, clock)).time;

describe('the time of an item', () => {
  const cases: readonly (readonly [string, string])[] = [
    ['compromised/account_group', '{"id":"a","dateFirstSeen":"2026-11-20T12:00:00+00:00"}'],
    [
      'compromised/account_group',
      '{"id":"a","dateFirstSeen":null,"events":[{},{"dateDetected":"2026-11-20T12:00:00Z"}]}',
    ],
    [
      'compromised/bank_card_group',
      '{"id":"a","dateFirstCompromised":"2026-11-20T12:00:00+0000","dateFirstSeen":"2026-11-21"}',
    ],
    ['compromised/bank_card_group', '{"id":"a","dateFirstCompromised":"","dateFirstSeen":"2026-11-20T12:00:00"}'],
    ['compromised/breached', '{"id":"a","uploadTime":"2026-11-20T12:00:00"}'],
    ['compromised/mule', '{"id":"a","dateAdd":null,"dateIncident":"2026-11-20 12:00:00"}'],
    ['attacks/ddos', '{"id":"a","dateReg":null,"dateBegin":"2026-11-20T13:00:00+01:00"}'],
    ['attacks/deface', '{"id":"a","date":"2026-11-20T12:00:00+00"}'],
    ['attacks/phishing_group', '{"id":"a","date":{"detected":"2026-11-20T12:00:00.000Z"}}'],
    ['attacks/phishing_group', '{"id":"a","date":{"detected":null,"updated":"2026-11-20T07:00:00-0500"}}'],
    ['attacks/phishing_kit', '{"id":"a","dateFirstSeen":"2026-11-20T12:00Z"}'],
    ['apt/threat', '{"id":"a","createdAt":"0001-01-01","datePublished":"2026-11-20T12:00:00Z"}'],
    ['hi/threat_actor', '{"id":"a","createdAt":"2026-11-20T12:00:00Z"}'],
    ['malware/cnc', '{"id":"a","dateDetected":"2026-11-20T12:00:00Z"}'],
    ['malware/malware', '{"id":"a","updatedAt":"2026-11-20T12:00:00Z"}'],
    ['osi/git_repository', '{"id":"a","dateDetected":"2026-11-20T12:00:00Z"}'],
    ['osi/public_leak', '{"id":"a","created":"2026-11-20T12:00:00Z"}'],
    ['osi/vulnerability', '{"id":"CVE-1","datePublished":"2026-11-20T12:00:00Z"}'],
    ['suspicious_ip/vpn', '{"id":"a","dateFirstSeen":"2026-11-20T12:00:00Z"}'],
    ['drp/violation', '{"id":"a","violation":{"detected":"2026-11-20T12:00:00+0000","seqUpdate":1}}'],
    ['made/up', '{"id":"a","dateDetected":"2026-11-20T12:00:00Z"}'],
  ];
  it.each(cases)('of %s is the first that can be read: %s', async (collection, text) => {
    expect(await timeOf(collection, text)).toBe(NOON);
  });

  it('that says none, or only nonsense, is the UTC day on which it was fetched, never its sequence number', async () => {
    const clock = (): number => NOON + DAY;
    for (const date of ['null', '""', '"0000-00-00"', '"00-11-20"', '"2026-02-30"', '"soon"', '{}', '[]', '5']) {
      const text = `{"id":"a","dateReg":${date},"seqUpdate":1763640000000000}`;
      expect(await timeOf('attacks/ddos', text, clock), date).toBe(floorTo(NOON + DAY, DAY));
    }
  });

  it('is read in whatever zone the worker runs', () => {
    expect(readTime('2026-11-20')).toBe(Date.UTC(2026, 10, 20));
    expect(readTime('2026-07-01T00:00:00')).toBe(Date.UTC(2026, 6, 1));
    expect(readTime('2026-11-20T23:59:59.9999+00:00')).toBe(Date.UTC(2026, 10, 20, 23, 59, 59, 999));
    for (const text of [
      '2026-13-01',
      '2026-11-20T25:00:00',
      '2026-11-20T10:60:00',
      '2026-11-20T10:00:00+99:00',
      '20/11/2026',
      '0099-01-01',
    ]) {
      expect(readTime(text), text).toBeUndefined();
    }
  });
});

describe('the identity of an item', () => {
  it('is a version: its id and its number, to the digit', async () => {
    expect((await identified('attacks/ddos', '{"id":"a","seqUpdate":9007199254740993}')).id).toBe('a@9007199254740993');
    expect((await identified('attacks/ddos', '{"id":"a","seqUpdate":"17"}')).id).toBe('a@17');
    expect((await identified('attacks/ddos', '{"id":12345678901234567890,"seqUpdate":1}')).id).toBe(
      '12345678901234567890@1',
    );
  });

  it('is its bytes where it has no number, so that a changed item is another', async () => {
    const [one, other] = [
      await identified('attacks/ddos', '{"id":"a","n":1}'),
      await identified('attacks/ddos', '{"id":"a","n":2}'),
    ];
    expect(one.id).toMatch(/^a@[0-9a-f]{64}$/);
    expect(other.id).not.toBe(one.id);
  });

  it('is read in any alphabet, and from the bytes of a part of a larger buffer', async () => {
    expect((await identified('attacks/ddos', ' {"\\u0069d":"ключ-é\\n","seqUpdate":1} ')).id).toBe('ключ-é\n@1');
    const larger = Buffer.from('xx{"id":"a","seqUpdate":1}yy');
    const source = openSource('http://127.0.0.1:9');
    expect(source.streams[0]?.identify({ bytes: larger.subarray(2, -2) }).id).toBe('a@1');
    await source.close();
  });

  it('of a violation may be its nested id', async () => {
    expect((await identified('drp/violation', '{"violation":{"id":"v","seqUpdate":3}}')).id).toBe('v@3');
  });

  it.each(['{}', '{"id":null}', '{"id":""}', '{"id":{}}', '{"id":"a","seqUpdate":"x"}', '[]', '"a"', '{"id":"a"'])(
    'cannot be made out of %s',
    async (text) => {
      await expect(identified('attacks/ddos', text)).rejects.toBeInstanceOf(UnexpectedAnswer);
    },
  );
});

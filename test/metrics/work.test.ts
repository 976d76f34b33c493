import { ApplicationFailure } from '@temporalio/common';
import type { ActivityInboundCallsInterceptor } from '@temporalio/worker';
import { describe, expect, it, onTestFinished } from 'vitest';
import { createHttp } from '../../src/http/client.ts';
import { createWorkMetrics, type WorkMetrics } from '../../src/metrics/work.ts';
import { web } from '../http/servers.ts';
import { receipt } from '../ledger/kit.ts';
import { GIB, place, valuesOf, WAF } from './kit.ts';

function counting(): WorkMetrics {
  const work = createWorkMetrics([WAF, GIB]);
  onTestFinished(() => work.close());
  return work;
}

type Execute = NonNullable<ActivityInboundCallsInterceptor['execute']>;

/** Runs something as the body of an activity with this argument, the way the SDK calls an interceptor. */
function asActivity<T>(work: WorkMetrics, argument: unknown, body: () => Promise<T>): Promise<T> {
  const made = work.interceptor({} as Parameters<WorkMetrics['interceptor']>[0]);
  const execute = made.inbound?.execute?.bind(made.inbound) as Execute;
  return execute({ args: [argument], headers: {} }, body) as Promise<T>;
}

const WWW = 'acme-waf www.example.com';

describe('what a worker counts', () => {
  it('begins at 0 for every configured stream, so that the first increase is seen', async () => {
    const text = await counting().registry.metrics();
    expect(valuesOf(text, 'sluice_records_delivered_total')).toEqual({ [WWW]: '0', 'acme-gib apt/threat': '0' });
    const requests = valuesOf(text, 'sluice_vendor_requests_total');
    expect(requests[`${WWW} auth`]).toBe('0');
    // A login is a request of the whole source.
    expect(requests['acme-waf  auth']).toBe('0');
  });

  it('are the records, bytes and repeats of a slice, once, however often it is committed', async () => {
    const work = counting();
    const { ledger } = await place();
    const counted = work.counted(ledger);
    const one = receipt(0, 1, { ...WAF, records: 3, repeats: 1 });
    expect(await counted.commit(one)).toBe('committed');
    expect(await counted.commit(one)).toBe('present');
    const text = await work.registry.metrics();
    expect(valuesOf(text, 'sluice_records_delivered_total')[WWW]).toBe('3');
    expect(valuesOf(text, 'sluice_bytes_delivered_total')[WWW]).toBe('600');
    expect(valuesOf(text, 'sluice_records_duplicate_total')[WWW]).toBe('1');
  });

  it('are requests, by stream and by the kind of their answer', async () => {
    const work = counting();
    const server = await web((request, response) => {
      response.writeHead(Number(request.url?.slice(1))).end('{}');
    });
    onTestFinished(() => server.close());
    const http = createHttp({ baseUrl: `http://127.0.0.1:${server.port}`, connections: 2 });
    onTestFinished(() => http.close());
    const ask = (status: number) =>
      http.request({ method: 'GET', path: `/${status}`, signal: new AbortController().signal });
    await asActivity(work, { source: 'acme-waf' }, () => ask(401));
    await asActivity(work, WAF, async () => {
      for (const status of [200, 201, 400, 403, 429, 503]) await ask(status);
    });
    const text = await work.registry.metrics();
    const requests = valuesOf(text, 'sluice_vendor_requests_total');
    const counted = Object.entries(requests).filter(([, value]) => value !== '0');
    expect(Object.fromEntries(counted)).toEqual({
      'acme-waf  auth': '1',
      [`${WWW} 2xx`]: '2',
      [`${WWW} 4xx`]: '1',
      [`${WWW} auth`]: '1',
      [`${WWW} throttled`]: '1',
      [`${WWW} 5xx`]: '1',
    });
    expect(valuesOf(text, 'sluice_vendor_request_duration_seconds_count')[WWW]).toBe('6');
    expect(valuesOf(text, 'sluice_vendor_concurrency_in_use')[WWW]).toBe('0');
  });

  it('is the time that the vendor makes it wait; other failures cost none, and none is swallowed', async () => {
    const work = counting();
    const fail = (type: string) =>
      asActivity(work, WAF, async () => {
        throw ApplicationFailure.create({ type, message: 'later', nextRetryDelay: 90_000 });
      });
    await expect(fail('rate-limited')).rejects.toThrow('later');
    await expect(fail('unavailable')).rejects.toThrow('later');
    expect(valuesOf(await work.registry.metrics(), 'sluice_vendor_throttled_seconds_total')[WWW]).toBe('90');
  });

  it('is the age of cursors that die', async () => {
    const work = counting();
    work.cursorUsed(WAF, 50);
    const text = await work.registry.metrics();
    expect(valuesOf(text, 'sluice_next_url_age_seconds_bucket')).toMatchObject({
      [`45 ${WWW}`]: '0',
      [`55 ${WWW}`]: '1',
    });
  });
});

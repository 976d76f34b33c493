import type { CommonSettings } from '../core/contract.ts';
import { createHttp, type Http, type HttpLimits } from '../http/client.ts';

/** A source's way to its vendor, by the settings that every source takes. @param host the vendor's own base URL */
export function openHttp(settings: CommonSettings, host: string, limits?: Partial<HttpLimits>): Http {
  return createHttp({
    baseUrl: settings.baseUrl ?? host,
    connections: settings.limits.perSource,
    ...(settings.proxy && { proxy: settings.proxy }),
    ...(settings.ca !== undefined && { ca: settings.ca }),
    ...(limits && { limits }),
  });
}

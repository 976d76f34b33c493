import { setImmediate as turn } from 'node:timers/promises';

/** Two per site, five per corp (signal-sciences.txt:46-47). */
const PER_SITE = 2;
export const PER_CORP = 5;

export interface Connections {
  /** How many requests of a site are being answered. */
  readonly current: Map<string, number>;
  /** The most there were at once, those that were refused included. */
  readonly peak: { corp: number; site: Record<string, number> };
  /** Takes a place for a request that has arrived. @returns what gives it back (once; again does nothing), or `undefined` at the limit. */
  take(site: string): Promise<(() => void) | undefined>;
}

export function createConnections(): Connections {
  const current = new Map<string, number>();
  const peak: Connections['peak'] = { corp: 0, site: {} };
  const ofSite = (site: string): number => current.get(site) ?? 0;
  const ofCorp = (): number => [...current.values()].reduce((sum, count) => sum + count, 0);
  const isFree = (site: string): boolean => ofSite(site) < PER_SITE && ofCorp() < PER_CORP;
  return { current, peak, take };

  async function take(site: string): Promise<(() => void) | undefined> {
    // A client that broke off and asks again is not at fault when the system reports the new request before the old one's end.
    for (let turns = 0; turns < 10 && !isFree(site); turns++) await turn();
    peak.corp = Math.max(peak.corp, ofCorp() + 1);
    peak.site[site] = Math.max(peak.site[site] ?? 0, ofSite(site) + 1);
    if (!isFree(site)) return undefined;
    current.set(site, ofSite(site) + 1);
    let held = true;
    return () => {
      if (held) current.set(site, ofSite(site) - 1);
      held = false;
    };
  }
}

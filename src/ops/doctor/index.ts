import type { Config } from '../../config/load.ts';
import type { Finding } from './checkup.ts';
import { dataFindings } from './data.ts';
import { machineFindings } from './machine.ts';
import { temporalFindings } from './temporal.ts';
import { vendorFindings } from './vendors.ts';

export type { Finding } from './checkup.ts';

export interface DoctorOptions {
  /** Ask no vendor. */
  readonly offline: boolean;
  readonly signal: AbortSignal;
  readonly now?: number;
}

/** Looks at everything that has to work, and changes nothing. A probe file is written into the data folder and removed. */
export async function examine(
  config: Config,
  { offline, signal, now = Date.now() }: DoctorOptions,
): Promise<readonly Finding[]> {
  const parts = await Promise.all([
    machineFindings(),
    temporalFindings(config, now),
    dataFindings(config),
    offline ? [] : vendorFindings(config, signal),
  ]);
  return parts.flat();
}

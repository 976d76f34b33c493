import type { Config, ConfiguredSource } from '../../config/load.ts';
import { Failure } from '../../core/failures.ts';
import { formatDuration, SECOND } from '../../core/time.ts';
import { fail, ok, warn, type Finding, type Verdict } from './checkup.ts';

/** From here on a clock is wrong, and not merely read at another moment. */
const SKEWED = 30 * SECOND;

/** Whether each vendor takes the credentials, and how far its clock is from ours. One that cannot be asked keeps none of the others from it. */
export async function vendorFindings(config: Config, signal: AbortSignal): Promise<readonly Finding[]> {
  return await Promise.all(
    [...config.sources.values()].map(async (source) => ({
      about: source.id,
      area: 'vendor' as const,
      ...(await vendorVerdict(source, signal)),
    })),
  );
}

async function vendorVerdict({ id, type, settings }: ConfiguredSource, signal: AbortSignal): Promise<Verdict> {
  const source = type.open({ id, settings, clock: Date.now });
  try {
    const { skew } = await source.authenticate(signal);
    const away = `its clock is ${formatDuration(Math.abs(skew))} ${skew > 0 ? 'ahead of' : 'behind'} ours`;
    if (Math.abs(skew) < SECOND) return ok('credentials taken, its clock is as ours');
    if (Math.abs(skew) < SKEWED) return ok(`credentials taken, ${away}`);
    return warn(
      `credentials taken, but ${away}`,
      'Set this machine’s clock by NTP; sluice reckons with the vendor’s meanwhile.',
    );
  } catch (error) {
    if (!(error instanceof Failure)) throw error;
    const fix = `sluice explain ${error.name}`;
    return { ...fail(`${error.name}: ${error.message}`, fix), failure: error.name };
  } finally {
    await source.close();
  }
}

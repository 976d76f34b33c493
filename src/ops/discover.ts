import type { Complaint, Listing, Source } from '../core/contract.ts';
import { nearest } from '../core/nearest.ts';
import type { Config, ConfiguredSource } from '../config/load.ts';
import { Failure } from '../core/failures.ts';
import type { RunFailure } from './run-failure.ts';
import { UsageError } from './usage-error.ts';

/** A vendor's lists, or nothing where a source type has none. Errors: those of the vendor, and {@link UsageError} for an unknown source. */
export async function discoverSource(
  config: Config,
  name: string,
  signal: AbortSignal,
): Promise<readonly Listing[] | undefined> {
  return await withSource(findConfigured(config, name), async (source) => await source.discover?.(signal));
}

/** The source that a user named. @throws UsageError with the nearest name there is */
export function findConfigured(config: Config, name: string): ConfiguredSource {
  const configured = config.sources.get(name);
  if (configured === undefined) throw unknownSource(config, name);
  return configured;
}

function unknownSource(config: Config, name: string): UsageError {
  const names = [...config.sources.keys()];
  const meant = nearest(name, names);
  const hint = meant === undefined ? `It has: ${names.join(', ')}` : `Did you mean ${meant}?`;
  return new UsageError(`there is no source ${JSON.stringify(name)} in ${config.file}. ${hint}`);
}

/** What a vendor's own lists say about one source's settings. */
export interface Review {
  readonly source: string;
  /** `unasked` where the source type has no lists to compare with. */
  readonly result: 'ok' | 'complaints' | 'failed' | 'unasked';
  readonly complaints: readonly Complaint[];
  readonly failure?: RunFailure;
}

/** Asks every vendor; one that cannot be asked keeps none of the others from it. */
export async function reviewConfig(config: Config, signal: AbortSignal): Promise<readonly Review[]> {
  return await Promise.all([...config.sources.values()].map((configured) => reviewSource(configured, signal)));
}

async function reviewSource(configured: ConfiguredSource, signal: AbortSignal): Promise<Review> {
  const { id } = configured;
  try {
    const complaints = await withSource(configured, async (source) => await source.review?.(signal));
    if (complaints === undefined) return { source: id, result: 'unasked', complaints: [] };
    return { source: id, result: complaints.length === 0 ? 'ok' : 'complaints', complaints };
  } catch (error) {
    if (!(error instanceof Failure)) throw error;
    const failure = { name: error.name, message: `${id}: ${error.message}` };
    return { source: id, result: 'failed', complaints: [], failure };
  }
}

export async function withSource<T>(
  { id, type, settings }: ConfiguredSource,
  use: (source: Source) => Promise<T>,
): Promise<T> {
  const source = type.open({ id, settings, clock: Date.now });
  try {
    return await use(source);
  } finally {
    await source.close();
  }
}

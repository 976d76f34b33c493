import type { TestProject } from 'vitest/node';
import { findTemporal } from '../../src/temporal/binary.ts';
import { searchAttributes } from '../../src/temporal/search-attributes.ts';
import { startTemporal } from '../../src/temporal/server.ts';

declare module 'vitest' {
  interface ProvidedContext {
    /** `host:port` of the server that the run shares. */
    temporalAddress: string;
    /** The Temporal CLI, for tests that start a server of their own. */
    temporalCli: string;
  }
}

const say = (line: string): boolean => process.stderr.write(`temporal: ${line}\n`);

/** One Temporal server for the whole run, in memory; a test that kills servers starts its own, on its own file. */
export default async function setup(project: TestProject): Promise<() => Promise<void>> {
  const executable = await findTemporal({ onProgress: say });
  // What tests start finds the same program at once.
  process.env['SLUICE_TEMPORAL_CLI'] = executable;
  const server = await startTemporal({ executable, port: 0, searchAttributes, onExit: say });
  project.provide('temporalAddress', server.address);
  project.provide('temporalCli', executable);
  return () => server.stop();
}

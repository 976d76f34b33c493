import { readFile } from 'node:fs/promises';
import { fail, ok, warn, type Finding, type Verdict } from './checkup.ts';

/** As `engines` of package.json has it. */
const OLDEST_NODE = [20, 19] as const;
/** The worker's connections, SQLite's files and open parts, with room. */
const FEWEST_FILES = 1024;

/** Node and its limits. */
export async function machineFindings(): Promise<readonly Finding[]> {
  return [
    { about: 'node', area: 'machine', ...nodeVerdict(process.versions.node) },
    { about: 'open files', area: 'machine', ...(await filesVerdict()) },
  ];
}

/** @param version `20.19.0` */
export function nodeVerdict(version: string): Verdict {
  const [major = 0, minor = 0] = version.split('.').map(Number);
  const [oldest, oldestMinor] = OLDEST_NODE;
  const fix = `Use Node ${oldest}.${oldestMinor} or newer, best a long-term release: 22 or 24.`;
  if (major < oldest || (major === oldest && minor < oldestMinor)) return fail(`Node ${version}`, fix);
  if (major % 2 === 1) return warn(`Node ${version}, which is no long-term release`, fix);
  return ok(`Node ${version}`);
}

/** How many files this process may have open; Linux tells. */
async function filesVerdict(): Promise<Verdict> {
  const limits = await readFile('/proc/self/limits', 'utf8').catch(() => '');
  const soft = /^Max open files\s+(\d+|unlimited)/m.exec(limits)?.[1];
  if (soft === undefined) return ok('not to be known on this system');
  if (soft !== 'unlimited' && Number(soft) < FEWEST_FILES) {
    return warn(
      `at most ${soft} open files`,
      `Raise it to ${FEWEST_FILES} or more: ulimit -n, or LimitNOFILE= of the service.`,
    );
  }
  return ok(`at most ${soft} open files`);
}

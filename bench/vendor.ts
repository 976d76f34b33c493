import { startSignalSciences } from '../simulators/signal-sciences.ts';

const HOUR = 3_600_000;

/** The vendor of the bench, in a process of its own: serves `count` records in each of some hours. Prints its address. */
async function main([site, count, ...hours]: string[]): Promise<void> {
  const simulator = await startSignalSciences({
    corp: 'bench',
    sites: [site ?? ''],
    accounts: [{ email: 'bench@example.com', password: 'bench-password', token: 'bench-token' }],
    rate: 0,
  });
  for (const from of hours.map(Number)) {
    simulator.load(site ?? '', from, from + HOUR, Number(count));
    // Made beforehand, so that the bench measures the client and not how quickly records can be made up.
    simulator.preload(site ?? '', from, from + HOUR);
  }
  process.stdout.write(`${simulator.url}\n`);
  process.once('SIGTERM', () => void simulator.close().then(() => process.exit(0)));
}

await main(process.argv.slice(2));

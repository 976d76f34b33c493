#!/usr/bin/env node
import { run, type Row } from './cli/program.ts';

// A reader that has seen enough, such as `head`, is no trouble.
process.stdout.on('error', (error: NodeJS.ErrnoException) => {
  if (error.code !== 'EPIPE') throw error;
  process.exit(0);
});

const running = () => import('./cli/running.ts');
const looking = () => import('./cli/looking.ts');
const gaps = () => import('./cli/gaps.ts');
const words = () => import('./cli/words.ts');
const vendors = () => import('./cli/vendors.ts');

const rows: readonly Row[] = [
  {
    usage: 'demo',
    about: 'the whole against a simulated vendor; no account needed',
    run: async () => (await running()).demo,
    options: [
      ['--folder <path>', 'where it keeps its configuration and data', './sluice-demo'],
      ['--once', 'catch up, then exit'],
    ],
    examples: ['sluice demo', 'sluice demo --once'],
    exits: [69, 74, 75, 143],
  },
  {
    usage: 'up',
    about: 'server, ledger, archive, worker and schedules, all in one process',
    run: async () => (await running()).up,
    options: [['--once', 'extract what is due until nothing is, then exit: for cron']],
    examples: ['sluice up', 'sluice up --once && sluice status --check'],
    exits: [3, 69, 74, 75, 77, 78, 143],
  },
  {
    usage: 'status',
    about: 'per stream: state, watermark, lag, gaps, nearest deadline; from the ledger alone',
    run: async () => (await looking()).status,
    options: [
      ['--check', 'exit 2 when something is late, failed or at risk, 3 when data was lost'],
      ['--since <time>', 'count losses only from then on: 7d, or ISO 8601 with a zone'],
      ['--lateness', 'instead: how late records were, and the vendor’s counts beside what is held'],
    ],
    examples: ['sluice status', 'sluice status --check --since 7d -o json'],
    exits: [2, 3, 74, 75, 78],
  },
  {
    usage: 'gaps',
    about: 'what is missing, the nearest deadline first, and why',
    run: async () => (await gaps()).gaps,
    options: [
      ['--source <name>', 'only the streams of this source'],
      ['--lost', 'also what the vendor has forgotten, with the recorded reason'],
      ['--acknowledged', 'also what somebody has acknowledged'],
      ['--offline', 'do not ask the Temporal server for reasons'],
      ['--check', 'exit 2 when something is late, failed or at risk, 3 when data was lost'],
    ],
    examples: ['sluice gaps', 'sluice gaps --lost -o json', 'sluice gaps heal --all'],
    exits: [2, 3, 74, 75, 78],
  },
  {
    usage: 'gaps heal [stream]',
    about: 'pull what is missing now, and wait for what comes of it',
    run: async () => (await gaps()).heal,
    options: [
      ['--all', 'every stream that lacks something'],
      ['--from <time>', 'also a range; ISO 8601 with a zone'],
      ['--to <time>', 'its end, not included (default: what has settled)'],
    ],
    examples: ['sluice gaps heal --all', 'sluice gaps heal acme-waf/www.example.com'],
    exits: [3, 69, 74, 75, 77, 78, 143],
  },
  {
    usage: 'gaps ack <stream>',
    about: 'record that a gap is known: it no longer counts as late, failed, at risk or lost',
    run: async () => (await gaps()).acknowledge,
    options: [
      ['--from <time>', 'ISO 8601 with a zone'],
      ['--to <time>', 'its end, not included'],
      ['--why <text>', 'what is known of it'],
      ['--by <name>', 'who says so (default: the user of this machine)'],
    ],
    examples: [
      'sluice gaps ack acme-waf/www.example.com --from 2026-11-21T09:00Z --to 2026-11-21T10:00Z --why "the site was off"',
    ],
    exits: [74, 75, 78],
  },
  {
    usage: 'gaps unack <stream>',
    about: 'take an acknowledgement back',
    run: async () => (await gaps()).unacknowledge,
    options: [
      ['--from <time>', 'ISO 8601 with a zone'],
      ['--to <time>', 'its end, not included'],
    ],
    examples: ['sluice gaps unack acme-waf/www.example.com --from 2026-11-21 --to 2026-11-22'],
    exits: [74, 75, 78],
  },
  {
    usage: 'reconcile <stream>',
    about: 'look at sealed windows again, and add the events that came late',
    run: async () => (await gaps()).reconcile,
    options: [
      ['--from <time>', 'every sealed window from here on, not only those whose moment has come'],
      ['--to <time>', 'the end of that, not included (default: what has settled)'],
    ],
    examples: [
      'sluice reconcile acme-waf/www.example.com',
      'sluice reconcile acme-waf/www.example.com --from 2026-11-21',
    ],
    exits: [69, 74, 75, 77, 78, 143],
  },
  {
    usage: 'slices <stream>',
    about: 'what the ledger holds of a stream in the order of time, gaps and losses included',
    run: async () => (await looking()).slices,
    options: [
      ['--since <time>', 'a length of time such as 6h, or ISO 8601 with a zone', '26h'],
      ['--limit <n>', 'at most this many, the newest', '1000'],
    ],
    examples: ['sluice slices acme-waf/www.example.com', 'sluice slices acme-waf/www.example.com --since 2h -o json'],
    exits: [74, 75, 78],
  },
  {
    usage: 'pull <stream>',
    about: 'extract a stream now, and wait for what comes of it; harmless to repeat',
    run: async () => (await running()).pull,
    options: [
      ['--from <time>', 'also a range, from before the stream’s start for instance; ISO 8601 with a zone'],
      ['--until <time>', 'its end, not included (default: what has settled)'],
    ],
    examples: [
      'sluice pull acme-waf/www.example.com',
      'sluice pull acme-waf/www.example.com --from 2026-11-21T09:00Z --until 2026-11-21T12:00Z',
    ],
    exits: [3, 69, 74, 75, 77, 78, 143],
  },
  {
    usage: 'records <stream>',
    about: 'the records of sealed slices as NDJSON on stdout, oldest slice first',
    run: async () => (await looking()).records,
    options: [
      ['--since <time>', 'slices that end after it: a length of time such as 6h, or ISO 8601 with a zone', '26h'],
      ['--verbatim', 'as the vendor sent them, though they are no JSON objects'],
      ['--view <name>', 'what the configuration makes of them: parsed, iocs (Group-IB)'],
    ],
    examples: [
      'sluice records acme-waf/www.example.com --since 2h | jq .',
      'sluice records acme-cdn/events --verbatim',
    ],
    exits: [74, 75, 78],
  },
  {
    usage: 'discover <source>',
    about: 'what the vendor’s own lists offer to choose from in the configuration',
    run: async () => (await vendors()).discover,
    examples: ['sluice discover acme-cdn', 'sluice discover acme-cdn -o json'],
    exits: [75, 77, 78],
  },
  {
    usage: 'verify [stream]',
    about: 're-hash every part of the archive, and compare it with the ledger',
    run: async () => (await looking()).verify,
    examples: ['sluice verify', 'sluice verify acme-waf/www.example.com'],
    exits: [74, 75, 78],
  },
  {
    usage: 'ledger rebuild',
    about: 'make the ledger again from the archive; workers may go on',
    run: async () => (await looking()).rebuild,
    examples: ['sluice ledger rebuild'],
    exits: [74, 75, 78],
  },
  {
    usage: 'apply',
    about: 'make the schedules of a Temporal server what the configuration says',
    run: async () => (await running()).apply,
    examples: ['sluice apply'],
    exits: [69, 74, 75, 78],
  },
  {
    usage: 'worker',
    about: 'one worker for a Temporal server; run as many as you like',
    run: async () => (await running()).worker,
    examples: ['sluice worker'],
    exits: [69, 74, 78],
  },
  {
    usage: 'config check',
    about: 'find every mistake in the configuration, with line and column',
    run: async () => (await words()).configCheck,
    options: [['--online', 'also ask the vendors whether they know what it names']],
    examples: ['sluice config check', 'sluice config check --online', 'sluice config check -c other.yaml -o json'],
    exits: [75, 77, 78],
  },
  {
    usage: 'config show',
    about: 'the configuration with every default; secrets by their place',
    run: async () => (await words()).configShow,
    examples: ['sluice config show'],
    exits: [78],
  },
  {
    usage: 'config schema',
    about: 'the JSON schema of the configuration, for editors',
    run: async () => (await words()).configSchema,
    examples: ['sluice config schema > sluice.schema.json'],
  },
  {
    usage: 'explain [failure]',
    about: 'what a failure means, what it costs, and what to do',
    run: async () => (await words()).explain,
    examples: ['sluice explain', 'sluice explain credentials-rejected'],
  },
];

const code = await run(rows, process.argv.slice(2));
// Once all is written the process ends: what a library keeps running, such as the Temporal SDK's native threads, must not hold it.
process.stdout.write('', () => process.stderr.write('', () => process.exit(code)));

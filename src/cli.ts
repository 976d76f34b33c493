#!/usr/bin/env node
import { run, type Row } from './cli/program.ts';

// A reader that has seen enough, such as `head`, is no trouble.
process.stdout.on('error', (error: NodeJS.ErrnoException) => {
  if (error.code !== 'EPIPE') throw error;
  process.exit(0);
});

const running = () => import('./cli/running.ts');
const looking = () => import('./cli/looking.ts');
const words = () => import('./cli/words.ts');
const vendors = () => import('./cli/vendors.ts');
const lookup = () => import('./cli/lookup.ts');
const backfills = () => import('./cli/backfill.ts');

const range = [
  ['--from <time>', 'where it begins: ISO 8601, a date or a time with a zone'],
  ['--to <time>', 'its end, not included (default: what has settled)'],
] as const;

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
    ],
    examples: ['sluice status', 'sluice status --check --since 7d -o json'],
    exits: [2, 3, 74, 75, 78],
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
    usage: 'backfill plan <stream|source>',
    about: 'what a backfill of a range would do: to extract, held, joined, lost; requests and time',
    run: async () => (await backfills()).plan,
    options: [...range, ['--save <file>', 'write the plan, for start --plan']],
    examples: ['sluice backfill plan acme-waf/www.example.com --from 2026-11-20T12:00Z --to 2026-11-21T00:00Z'],
    exits: [74, 75, 78],
  },
  {
    usage: 'backfill start [stream|source]',
    about: 'have a range extracted; it goes on on the server, beside what is due anyway',
    run: async () => (await backfills()).start,
    options: [...range, ['--plan <file>', 'what was planned and saved'], ['--yes', 'do not ask']],
    examples: [
      'sluice backfill start acme-waf/www.example.com --from 2026-11-20T12:00Z --yes',
      'sluice backfill start --plan plan.json',
    ],
    exits: [69, 74, 75, 78],
  },
  {
    usage: 'backfill list',
    about: 'all backfills and how far they are; from the ledger alone',
    run: async () => (await backfills()).list,
    examples: ['sluice backfill list'],
    exits: [74, 75, 78],
  },
  {
    usage: 'backfill show <id>',
    about: 'one backfill: state, progress, trouble',
    run: async () => (await backfills()).show,
    examples: ['sluice backfill show bf-20261121-a3f9c1 -o json'],
    exits: [74, 75, 78],
  },
  {
    usage: 'backfill watch <id>',
    about: 'follow a backfill to its end; Ctrl-C ends only the looking',
    run: async () => (await backfills()).watch,
    examples: ['sluice backfill watch bf-20261121-a3f9c1'],
    exits: [3, 74, 75, 77, 78, 143],
  },
  {
    usage: 'backfill pause <id>',
    about: 'start nothing new of it; what is under way is finished',
    run: async () => (await backfills()).pause,
    examples: ['sluice backfill pause bf-20261121-a3f9c1'],
    exits: [74, 75, 78],
  },
  {
    usage: 'backfill resume <id>',
    about: 'go on with a paused backfill',
    run: async () => (await backfills()).resume,
    examples: ['sluice backfill resume bf-20261121-a3f9c1'],
    exits: [74, 75, 78],
  },
  {
    usage: 'backfill cancel <id>',
    about: 'its range is no longer wanted; planned again, exactly what is left is picked up',
    run: async () => (await backfills()).cancel,
    options: [['--now', 'give up what is under way as well; nothing of it is kept']],
    examples: ['sluice backfill cancel bf-20261121-a3f9c1', 'sluice backfill cancel bf-20261121-a3f9c1 --now'],
    exits: [74, 75, 78],
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
    usage: 'search <source> <query>',
    about: 'the vendor’s own search: what each of its collections has, sealed into the archive (Group-IB)',
    run: async () => (await lookup()).search,
    options: [['--print', 'the finds as NDJSON on stdout, secrets inside them hidden']],
    examples: ['sluice search acme-gib domain:example.com', 'sluice search acme-gib ip:192.0.2.1 --print | jq .id'],
    exits: [69, 74, 75, 77, 78, 143],
  },
  {
    usage: 'find <source> <collection> <id>',
    about: 'one item of a collection by its id, as the vendor sends it (Group-IB)',
    run: async () => (await lookup()).find,
    examples: ['sluice find acme-gib apt/threat 5d3c0e | jq .'],
    exits: [75, 77, 78],
  },
  {
    usage: 'file <source> <collection> <id> <file>',
    about: 'a file of an item, into the archive (Group-IB)',
    run: async () => (await lookup()).file,
    options: [['--to <path>', 'write it there as well']],
    examples: ['sluice file acme-gib apt/threat 5d3c0e 7f1a.pdf --to report.pdf'],
    exits: [74, 75, 77, 78],
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

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
const beginning = () => import('./cli/beginning.ts');
const temporal = () => import('./cli/temporal-views.ts');
const checking = () => import('./cli/checking.ts');
const planning = () => import('./cli/planning.ts');
const lookup = () => import('./cli/lookup.ts');
const serving = () => import('./cli/serving.ts');

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
    usage: 'init',
    about: 'write a commented configuration to begin with; never over one that is there',
    run: async () => (await beginning()).init,
    options: [
      ['--type <type...>', 'a source type; may be given several times'],
      ['--file <file>', 'what to write (default: as --config)'],
    ],
    examples: ['sluice init --type signal-sciences', 'sluice init --type instart --type group-ib --file prod.yaml'],
    exits: [74],
  },
  {
    usage: 'up',
    about: 'server, ledger, archive, worker and schedules, all in one process',
    run: async () => (await running()).up,
    options: [
      ['--once', 'extract what is due until nothing is, then exit: for cron'],
      ['--page-port <n>', 'of the status page; 0 takes any', '8090'],
    ],
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
      ['--watch', 'look again and again, until Ctrl-C'],
    ],
    examples: ['sluice status', 'sluice status --watch', 'sluice status --check --since 7d -o json'],
    exits: [2, 3, 74, 75, 78],
  },
  {
    usage: 'serve',
    about: 'the status page and its JSON API; `up` and `demo` serve it as well',
    run: async () => (await serving()).serve,
    options: [
      ['--port <n>', 'its port; 0 takes any', '8090'],
      ['--host <address>', 'where others can reach it actions need a token', '127.0.0.1'],
      ['--token-file <path>', 'holds the token for actions; SLUICE_TOKEN does the same'],
      ['--allow-host <names>', 'names under which it may be asked, such as status.example.com:8090; a comma list'],
    ],
    examples: [
      'sluice serve',
      'sluice serve --host 0.0.0.0 --token-file /run/secrets/sluice --allow-host sluice.example.com',
    ],
    exits: [69, 74, 78, 143],
  },
  {
    usage: 'coverage <stream>',
    about: 'the axis of a window stream as text: what is held, due, late, at risk and lost',
    run: async () => (await looking()).coverage,
    options: [['--since <time>', 'a length of time such as 7d, or ISO 8601 with a zone', '24h']],
    examples: [
      'sluice coverage acme-waf/www.example.com',
      'sluice coverage acme-waf/www.example.com --since 7d -o json',
    ],
    exits: [74, 75, 78],
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
    usage: 'tap <stream>',
    about: 'the records of slices as they are sealed, as NDJSON on stdout, until Ctrl-C',
    run: async () => (await import('./cli/tapping.ts')).tap,
    options: [
      ['--since <time>', 'begin with slices sealed after it: 6h, or ISO 8601 with a zone (default: now)'],
      ['--limit <n>', 'end after so many records'],
      ['--verbatim', 'as the vendor sent them, though they are no JSON objects'],
      ['--view <name>', 'what the configuration makes of them: parsed, iocs (Group-IB)'],
    ],
    examples: [
      'sluice tap acme-waf/www.example.com | jq .',
      'sluice tap acme-waf/www.example.com --since 1h --limit 10',
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
    usage: 'test <source>',
    about: 'log in, make the smallest requests, show three records; writes and delivers nothing',
    run: async () => (await vendors()).test,
    examples: ['sluice test acme-waf', 'sluice test acme-waf -o json'],
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
    run: async () => (await planning()).apply,
    options: [
      ['--prune', 'delete the schedules of streams that are gone, instead of pausing them; never data'],
      ['--confirm <namespace>', 'agrees to what --prune deletes, without being asked'],
      ['--overwrite-drift', 'take back what was changed by hand on the server'],
    ],
    examples: ['sluice apply', 'sluice apply --prune --confirm default'],
    exits: [69, 74, 75, 78],
  },
  {
    usage: 'plan',
    about: 'what apply would do: schedules, what it means for coverage, the next runs',
    run: async () => (await planning()).plan,
    options: [
      ['--check', 'exit 2 when apply would change something'],
      ['--prune', 'as with apply --prune'],
      ['--overwrite-drift', 'as with apply --overwrite-drift'],
    ],
    examples: ['sluice plan', 'sluice plan --check -o json'],
    exits: [2, 69, 74, 75, 78],
  },
  {
    usage: 'open [name]',
    about: 'the pages of the Temporal UI of a stream, a source, a backfill or a workflow',
    run: async () => (await temporal()).open,
    options: [
      ['--failed', 'only runs that ended badly'],
      ['--print', 'only print the addresses'],
    ],
    examples: ['sluice open acme-waf/www.example.com', 'sluice open --failed --print'],
    exits: [78],
  },
  {
    usage: 'replay [workflow]',
    about: 'replay a stored history with the present code; asks no vendor, changes nothing',
    run: async () => (await temporal()).replay,
    options: [
      ['--file <file>', 'a history as JSON, instead of one on the server'],
      ['--run <id>', 'a run of the workflow (default: the newest)'],
    ],
    examples: ['sluice replay extract:acme-waf:www.example.com', 'sluice replay --file history.json'],
    exits: [69, 74, 78],
  },
  {
    usage: 'worker',
    about: 'one worker for a Temporal server; run as many as you like',
    run: async () => (await running()).worker,
    options: [
      ['--metrics-port <port>', 'serve /metrics, /livez and /readyz on the loopback (default: as `metrics:` says)'],
    ],
    examples: ['sluice worker', 'sluice worker --metrics-port 9464'],
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
    usage: 'doctor',
    about: 'what has to work, looked at: machine, Temporal, disk, ledger, vendors; and how to mend it',
    run: async () => (await checking()).doctor,
    options: [['--offline', 'ask no vendor']],
    examples: ['sluice doctor', 'sluice doctor --offline -o json'],
    exits: [69, 74, 75, 77, 78],
  },
  {
    usage: 'completion <shell>',
    about: 'the script that completes commands and names in bash, zsh or fish',
    run: async () => (await import('./cli/completion.ts')).completion,
    examples: ['sluice completion bash > /etc/bash_completion.d/sluice', 'source <(sluice completion zsh)'],
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

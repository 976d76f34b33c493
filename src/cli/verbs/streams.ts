import type { Row } from '../program.ts';

const running = () => import('../running.ts');
const looking = () => import('../looking.ts');
const gaps = () => import('../gaps.ts');
const beginning = () => import('../beginning.ts');
const serving = () => import('../serving.ts');

/** What is run and looked at, in the order in which a user meets it. */
export const streamVerbs: readonly Row[] = [
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
      ['--lateness', 'instead: how late records were, and the vendor’s counts beside what is held'],
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
    usage: 'tap <stream>',
    about: 'the records of slices as they are sealed, as NDJSON on stdout, until Ctrl-C',
    run: async () => (await import('../tapping.ts')).tap,
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
];

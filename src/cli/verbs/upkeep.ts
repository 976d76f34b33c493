import type { Row } from '../program.ts';

const running = () => import('../running.ts');
const looking = () => import('../looking.ts');
const words = () => import('../words.ts');
const vendors = () => import('../vendors.ts');
const temporal = () => import('../temporal-views.ts');
const checking = () => import('../checking.ts');
const planning = () => import('../planning.ts');
const lookup = () => import('../lookup.ts');

/** Vendors, the archive and the ledger, Temporal, the configuration. */
export const upkeepVerbs: readonly Row[] = [
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
    run: async () => (await import('../completion.ts')).completion,
    examples: ['sluice completion bash > /etc/bash_completion.d/sluice', 'source <(sluice completion zsh)'],
  },
  {
    usage: 'explain [failure]',
    about: 'what a failure means, what it costs, and what to do',
    run: async () => (await words()).explain,
    examples: ['sluice explain', 'sluice explain credentials-rejected'],
  },
];

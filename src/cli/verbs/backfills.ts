import type { Row } from '../program.ts';

const backfills = () => import('../backfill.ts');

const range = [
  ['--from <time>', 'where it begins: ISO 8601, a date or a time with a zone'],
  ['--to <time>', 'its end, not included (default: what has settled)'],
] as const;

/** Ranges that an operator wants. */
export const backfillVerbs: readonly Row[] = [
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
];

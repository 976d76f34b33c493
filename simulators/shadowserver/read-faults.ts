import { noFaults, type Faults } from './faults.ts';

/** What a value of JSON may be: a number, a word out of a list, or a switch with settings of these names. */
type Shape = 'boolean' | 'number' | 'number-or-null' | readonly string[] | { readonly settings: readonly string[] };

const switchWith = (...settings: string[]): Shape => ({ settings: ['times', 'when', ...settings] });

const SHAPES: Readonly<Record<keyof Faults, Shape>> = {
  clockSkewMs: 'number',
  latencyMs: 'number',
  hmac: ['strict', 'any-case', 'off'],
  errorFormat: ['error', 'message', 'text'],
  unknownFields: ['refused', 'ignored'],
  hang: switchWith(),
  rateLimit429: switchWith('retryAfter'),
  apiDown: switchWith('status'),
  errorWith200: switchWith('message'),
  trailingComma: switchWith(),
  noSubscription: switchWith(),
  emptyListAsObject: switchWith(),
  listItems: ['documented', 'typed'],
  reportSuffix: 'boolean',
  reportsField: ['lists', 'types', 'both'],
  bigLimits: ['clamped', 'refused'],
  shuffledKeys: 'boolean',
  relativeDates: ['documented', 'everywhere'],
  maxDays: 'number-or-null',
  late: switchWith('hours', 'suffix'),
  reissue: switchWith('extraRows', 'from', 'generation'),
  oldIds: ['gone', 'served'],
  idLifetimeMs: 'number-or-null',
  unsafeIds: 'boolean',
  numberedNames: 'boolean',
  retentionDays: 'number-or-null',
  downloadRemoved: switchWith(),
  downloadFlaky: switchWith(),
  downloadByName: 'boolean',
  dlDown: switchWith('status'),
  dlHtml: switchWith(),
  emptyFirst: switchWith('until', 'hours'),
  contentLength: 'boolean',
  ranges: 'boolean',
  permutedHeaders: 'boolean',
  newColumn: switchWith('from', 'name'),
  repeatedRows: 'boolean',
  bom: switchWith(),
  crlf: switchWith(),
  noFinalNewline: switchWith(),
  raggedRows: switchWith(),
  hugeFields: switchWith('bytes'),
  queryRefused: switchWith(),
  slowQuery: switchWith('ms'),
  gatewayTimeout: switchWith('days'),
  heavyQueryRows: 'number',
  topLevelFilter: 'boolean',
  rowsShiftBetweenPages: switchWith('by'),
  unexplainedFields: 'boolean',
  statsNames: ['hyphens', 'underscores'],
  statsNeedReport: 'boolean',
  statsAhead: 'boolean',
  countMismatch: switchWith('by'),
  reset: switchWith('at'),
  truncatedBody: switchWith('how', 'at'),
  stall: switchWith('ms', 'at'),
};

/**
 * Reads switches that came as JSON. @returns what is to be assigned to the live faults; `null` puts a fault back to its default,
 * except where it is a value of its own. Throws a TypeError that names the fault for an unknown one and for a value that it cannot have.
 */
export function readFaults(json: unknown): Partial<Faults> {
  if (typeof json !== 'object' || json === null || Array.isArray(json)) throw new TypeError('faults are a JSON object');
  const defaults = noFaults();
  const read = Object.entries(json).map(([name, value]: [string, unknown]) => {
    if (!Object.hasOwn(SHAPES, name)) throw new TypeError(`no such fault: ${name}`);
    const fault = name as keyof Faults;
    if (value === null && SHAPES[fault] !== 'number-or-null') return [name, defaults[fault]];
    if (!fits(SHAPES[fault], value)) throw new TypeError(`${name} cannot be ${JSON.stringify(value)}`);
    return [name, value];
  });
  return Object.fromEntries(read) as Partial<Faults>;
}

function fits(shape: Shape, value: unknown): boolean {
  if (shape === 'boolean') return typeof value === 'boolean';
  if (shape === 'number') return Number.isFinite(value);
  if (shape === 'number-or-null') return value === null || Number.isFinite(value);
  if (!('settings' in shape)) return typeof value === 'string' && shape.includes(value);
  if (typeof value === 'boolean') return true;
  if (typeof value !== 'object' || value === null) return false;
  return Object.keys(value).every((name) => shape.settings.includes(name));
}

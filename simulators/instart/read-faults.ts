import { noFaults, type Faults } from './faults.ts';

/** What a value of JSON may be: one of a list, a plain kind, or a switch with settings of these names. */
type Shape =
  'boolean' | 'number' | 'number-or-null' | 'text' | readonly unknown[] | { readonly settings: readonly string[] };

const switchWith = (...settings: string[]): Shape => ({ settings: ['times', 'when', ...settings] });

const SHAPES: Readonly<Record<keyof Faults, Shape>> = {
  clockSkewMs: 'number',
  latencyMs: 'number',
  unauthorized: switchWith(),
  head: ['served', 'refused'],
  startParameter: ['accepted', 'refused'],
  times: ['iso', 'seconds'],
  requestGranularity: ['optional', 'required', 'ignored', 'refused'],
  bounds: ['[)', '[]', '()', '(]'],
  eventRetentionDays: 'number',
  hang: switchWith(),
  rateLimit: switchWith('retryAfter'),
  serverError: switchWith('status'),
  redirect: switchWith('location'),
  htmlWith200: switchWith(),
  emptyBody: switchWith(),
  truncatedJson: switchWith(),
  gatewayTimeoutAbove: 'number-or-null',
  gatewayTimeoutOf: ['limit', 'rows', 'total'],
  totalGrowsBy: switchWith('rows'),
  capLimit: 'number-or-null',
  capEcho: ['capped', 'asked'],
  rowsMissing: switchWith('rows'),
  rowTooShort: switchWith(),
  lateByMs: 'number',
  lateShare: 'number',
  equalRows: 'boolean',
  shuffledEachCall: 'boolean',
  columnOrder: ['asked', 'server', 'shuffled'],
  timestampNotPrepended: [false, 'last', 'absent'],
  fractions: ['none', 'some', 'all'],
  timeColumn: 'text',
  aggregateEcho: ['documented', 'extended'],
  filtersEcho: ['tenant', 'asked', 'absent'],
  listShape: ['object', 'array', 'named'],
  prettyPrinted: 'boolean',
  badUtf8: 'boolean',
  oddLiterals: 'boolean',
  resetAfterHeaders: switchWith(),
  truncatedBody: switchWith('how'),
  drip: switchWith('bytes', 'everyMs'),
};

/**
 * Reads switches that came as JSON. @returns what is to be assigned to the live faults; `null` puts a fault back to its default.
 * Throws a TypeError that names the fault for an unknown one and for a value that it cannot have.
 */
export function readFaults(json: unknown): Partial<Faults> {
  if (typeof json !== 'object' || json === null || Array.isArray(json)) throw new TypeError('faults are a JSON object');
  const defaults = noFaults();
  const read = Object.entries(json).map(([name, value]: [string, unknown]) => {
    if (!Object.hasOwn(SHAPES, name)) throw new TypeError(`no such fault: ${name}`);
    const fault = name as keyof Faults;
    if (value === null) return [name, defaults[fault]];
    if (!fits(SHAPES[fault], value)) throw new TypeError(`${name} cannot be ${JSON.stringify(value)}`);
    return [name, value];
  });
  return Object.fromEntries(read) as Partial<Faults>;
}

function fits(shape: Shape, value: unknown): boolean {
  if (shape === 'boolean') return typeof value === 'boolean';
  if (shape === 'number' || shape === 'number-or-null') return Number.isFinite(value);
  if (shape === 'text') return typeof value === 'string' && value !== '';
  if (!('settings' in shape)) return shape.includes(value);
  if (typeof value === 'boolean') return true;
  if (typeof value !== 'object' || value === null) return false;
  return Object.keys(value).every((name) => shape.settings.includes(name));
}

import { noFaults, type Faults } from './faults.ts';

/** What a value of JSON may be: a number, a word out of a list, names, or a switch with settings of these names. */
type Shape =
  | 'boolean'
  | 'number'
  | 'names'
  | 'per-collection'
  | 'rate'
  | readonly string[]
  | { readonly settings: readonly string[] };

const switchWith = (...settings: string[]): Shape => ({ settings: ['times', 'when', ...settings] });

const SHAPES: Readonly<Record<keyof Faults, Shape>> = {
  clockSkewMs: 'number',
  latencyMs: 'number',
  cursorMode: ['exclusive', 'inclusive'],
  dateTo: ['inclusive', 'exclusive'],
  unknownParameters: ['refused', 'ignored'],
  ties: 'boolean',
  seqAsString: 'boolean',
  seqAbove2to53: 'boolean',
  emptyPageSeqUpdate: ['null', 'absent', 'cursor'],
  clampTo: 'per-collection',
  searchSeqUpdate: 'boolean',
  searchOrder: ['descending', 'unsorted'],
  resultIdAdvances: 'boolean',
  resultIdExpires: switchWith('afterMs', 'how', 'status'),
  grantedRepeats: 'boolean',
  itemTooLarge: { settings: ['at', 'bytes'] },
  forbiddenCollections: 'names',
  keyInactive: switchWith(),
  ipNotAllowed: switchWith(),
  rateLimit: 'rate',
  hang: switchWith(),
  tooManyRequests: switchWith('retryAfter'),
  serverError: switchWith('status'),
  badGateway: switchWith(),
  gatewayTimeoutAbove: 'per-collection',
  redirect301: switchWith('location', 'status'),
  html200: switchWith(),
  emptyObjectBody: switchWith(),
  cursorIgnored: switchWith('how'),
  missingTopSeqUpdate: switchWith(),
  missingCount: switchWith(),
  missingItems: switchWith(),
  countRises: switchWith('by'),
  emptySequenceList: switchWith(),
  reset: switchWith(),
  truncated: switchWith('how'),
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
  if (shape === 'number') return Number.isFinite(value);
  if (shape === 'names') return Array.isArray(value) && value.every((name) => typeof name === 'string');
  if (shape === 'per-collection')
    return Number.isFinite(value) || (isObject(value) && Object.values(value).every(Number.isFinite));
  if (shape === 'rate')
    return isObject(value) && Number.isFinite(value['perSecond']) && only(value, ['perSecond', 'retryAfter', 'by']);
  if (!('settings' in shape)) return typeof value === 'string' && shape.includes(value);
  return typeof value === 'boolean' || (isObject(value) && only(value, shape.settings));
}

function only(value: object, names: readonly string[]): boolean {
  return Object.keys(value).every((name) => names.includes(name));
}

function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

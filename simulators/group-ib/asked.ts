import { Refusal } from '../kit/http.ts';
import type { Faults } from './faults.ts';
import type { Report } from './violations.ts';

/** A request's parameters, judged. */
export interface Asked {
  one(name: string): string | undefined;
  /** `brandIds[]=a&brandIds[]=b` */
  all(name: string): readonly string[];
}

/** What the vendor's clients send to any list (page and client). */
const WALK = ['df', 'dt', 'q', 'limit'];
const FLAGS = [
  'apply_hunting_rules',
  'is_tailored',
  'apply_has_exploit',
  'probable_corporate_access',
  'unique',
  'combolist',
];

export const PARAMETERS = {
  updated: [...WALK, ...FLAGS, 'seqUpdate'],
  collection: [...WALK, ...FLAGS, 'resultId'],
  item: [],
  file: [],
  search: ['q'],
  sequence_list: ['date', 'collection', 'apply_hunting_rules'],
  granted: [],
  settings: [],
  violations: [...WALK, 'seqUpdate', 'section', 'brandIds[]', 'approveState[]', 'subtypes[]', 'typoSquatting'],
} as const satisfies Record<string, readonly string[]>;

/** Reads a query. Throws a {@link Refusal} (400) for what nobody documents and for what is there twice. */
export function readAsked(query: string, known: readonly string[], faults: Faults, report: Report): Asked {
  const found = new Map<string, string[]>();
  for (const [name, value] of new URLSearchParams(query)) {
    if (!known.includes(name)) {
      report('parameter', `unknown parameter: ${name}`);
      if (faults.unknownParameters === 'refused') throw new Refusal(400, `Wrong request: unknown parameter ${name}`);
      continue;
    }
    const values = found.get(name) ?? [];
    if (values.length > 0 && !name.endsWith('[]')) throw wrong(report, `${name} is there twice`);
    found.set(name, [...values, value]);
  }
  const all: Asked['all'] = (name) => (found.get(name) ?? []).filter((value) => value !== '');
  return { all, one: (name) => all(name)[0] };
}

/** What a client never sends. */
export function wrong(report: Report, detail: string): Refusal {
  report('parameter', detail);
  return new Refusal(400, `Wrong request: ${detail}`);
}

/** Digits, or undefined where there is none. Throws a {@link Refusal} (400) for anything else. */
export function readDigits(asked: Asked, name: string, report: Report): string | undefined {
  const text = asked.one(name);
  if (text !== undefined && !/^\d{1,30}$/.test(text)) throw wrong(report, `${name} is not a number: ${text}`);
  return text;
}

const DATE = /^\d{4}-\d\d-\d\d$/;
const INSTANT = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$/;

/** `2026-11-21`, or `2026-11-21T12:00:00Z`: the forms that the vendor's client lets through. @returns ms, and how long the text stands for. */
export function readDate(
  asked: Asked,
  name: string,
  report: Report,
): { readonly time: number; readonly spanMs: number } | undefined {
  const text = asked.one(name);
  if (text === undefined) return undefined;
  const spanMs = DATE.test(text) ? 86_400_000 : 1000;
  const time = spanMs === 1000 && !INSTANT.test(text) ? Number.NaN : Date.parse(text);
  // Date.parse takes 2026-02-30 for the 2nd of March.
  const same = !Number.isNaN(time) && new Date(time).toISOString().startsWith(text.replace('Z', ''));
  if (!same) throw wrong(report, `${name} is not a date: ${text}`);
  return { time, spanMs };
}

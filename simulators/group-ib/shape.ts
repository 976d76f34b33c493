import type { Random } from './traits.ts';

/** How the vendor writes dates: with an offset, in one of two ways, with a Z, without a zone (UTC is meant), and as a day. */
type DateForm = 'offset' | 'basic-offset' | 'zulu' | 'no-zone' | 'day';

/** `time` in ms. Whole seconds: the vendor's dates have no fractions. By hand, for an item has many and a walk many items. */
export function date(time: number, form: DateForm = 'offset'): string {
  const day = Math.floor(time / DAY);
  if (form === 'day') return dayText(day);
  const second = Math.floor(time / 1000) - day * 86_400;
  const clock = `${two(Math.floor(second / 3600))}:${two(Math.floor(second / 60) % 60)}:${two(second % 60)}`;
  return `${dayText(day)}T${clock}${ENDS[form]}`;
}

const DAY = 86_400_000;
const ENDS = { offset: '+00:00', 'basic-offset': '+0000', zulu: 'Z', 'no-zone': '' } as const;
const PAIRS = Array.from({ length: 60 }, (_, value) => String(value).padStart(2, '0'));
const days = new Map<number, string>();

function two(value: number): string {
  return PAIRS[value] ?? '';
}

function dayText(day: number): string {
  const known = days.get(day);
  if (known !== undefined) return known;
  const text = new Date(day * DAY).toISOString().slice(0, 10);
  if (days.size > 10_000) days.clear();
  days.set(day, text);
  return text;
}

/** A date that is not always one: null, empty, of the year 0, or of another form. */
export function oddDate(random: Random, time: number, form: DateForm = 'offset'): string | null {
  switch (random() % 32) {
    case 0:
      return null;
    case 1:
      return '';
    case 2:
      return '0000-00-00 00:00:00';
    case 3:
      return `00${date(time, 'no-zone').slice(2)}`;
    case 4:
      return date(time, 'no-zone');
    case 5:
      return date(time, 'day');
    default:
      return date(time, form);
  }
}

/** A part of an item; now and then null, [] or {} stands in its place, which of them is anybody's guess. */
export function part<Value>(random: Random, value: Value): Value | null | readonly [] | object {
  switch (random() % 24) {
    case 0:
      return null;
    case 1:
      return [];
    case 2:
      return {};
    default:
      return value;
  }
}

/** A text that may be missing, in one of two ways. */
export function text(random: Random, value: string): string | null {
  const kind = random() % 24;
  if (kind === 0) return null;
  return kind === 1 ? '' : value;
}

export function pick<Value>(random: Random, values: readonly Value[]): Value {
  return values[random() % values.length] as Value;
}

/** The vendor's rating of an item; not each has one. */
export function evaluation(random: Random): object | null {
  if (random() % 16 === 0) return null;
  return {
    admiraltyCode: pick(random, ['A1', 'A2', 'B2', 'C3']),
    credibility: 50 + (random() % 51),
    reliability: 50 + (random() % 51),
    severity: pick(random, ['green', 'orange', 'red']),
    tlp: pick(random, ['white', 'green', 'amber', 'red']),
    ttl: random() % 4 === 0 ? null : 30,
  };
}

/** An address as an object, and sometimes as a list of them. */
export function ipv4(random: Random, ip: string): unknown {
  const one = {
    ip,
    asn: `AS${random() % 65_000}`,
    city: null,
    countryCode: 'US',
    countryName: 'United States',
    region: '',
  };
  const provider = pick(random, ['Example Net', 'Beispiel & Söhne', '例え']);
  return part(random, random() % 16 === 0 ? [{ ...one, provider }] : { ...one, provider });
}

import { Refusal } from '../kit/http.ts';
import { DAY, dayText, type Days } from './dates.ts';
import { fieldsOf } from './fields.ts';
import type { Call, Outcome, Parts } from './parts.ts';
import type { ReportList } from './simulator.ts';

/** `reports/stats` (shadowserver.txt:566-639): events by day and type, under a row of headers. */
export function stats(parts: Parts, call: Call): Outcome {
  const { world, faults, now, report } = parts;
  const fields = fieldsOf(call.body, parts);
  const yesterday = Math.floor(now() / DAY) - 1;
  // "Default is the previous day."
  const days = fields.days(true) ?? { first: yesterday, last: yesterday };
  const names = fields.texts('report', 'or-one');
  if (names === undefined && call.lists.length > 1 && faults.statsNeedReport) {
    report('bad-field', 'reports/stats of several lists without a report');
    throw new Refusal(400, 'report filter needed: subscribed to more than one');
  }
  const lists = call.lists.filter(({ name }) => names?.includes(name) ?? true);
  // The page writes `scan-exchange` here and `scan_ssl_freak` elsewhere.
  const asked = fields.texts('type', 'or-one')?.map((type) => type.replaceAll('-', '_'));
  const types = world.types.filter((type) => asked?.includes(type) ?? true);
  return { json: [['date', 'type', 'events'], ...rowsOf(parts, call, { lists, types, days })] };
}

interface Asked {
  readonly lists: readonly ReportList[];
  readonly types: readonly string[];
  readonly days: Days;
}

function rowsOf(parts: Parts, call: Call, { lists, types, days }: Asked): readonly unknown[] {
  const { faults, now } = parts;
  const rows: unknown[] = [];
  const today = Math.floor(now() / DAY);
  const first = Math.max(days.first, today - (faults.retentionDays ?? 36_500));
  for (let day = first; day <= Math.min(days.last, today); day++) {
    for (const type of types) {
      const events = eventsOf(parts, call, lists, type, day);
      const name = faults.statsNames === 'hyphens' ? type.replaceAll('_', '-') : type;
      if (events !== undefined) rows.push([dayText(day), name, events]);
    }
  }
  return rows;
}

function eventsOf(
  { world, faults, strikes }: Parts,
  { occasion }: Call,
  lists: readonly ReportList[],
  type: string,
  day: number,
): number | undefined {
  const files = lists
    .map((list) => world.file(list, type, day))
    .filter((file) => file !== undefined)
    .filter((file) => faults.statsAhead || world.held(file));
  if (files.length === 0) return undefined;
  const row = { ...occasion, list: files[0]?.list.name ?? '', type, day: dayText(day) };
  const off = strikes.strike('countMismatch', faults.countMismatch, row);
  const events = files.reduce((sum, { rows }) => sum + rows, 0);
  return Math.max(0, events + (off === undefined ? 0 : (off.by ?? 3)));
}

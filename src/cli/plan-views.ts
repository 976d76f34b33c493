import { toIso } from '../core/time.ts';
import type { AppliedLine } from '../ops/apply.ts';
import type { PlanLine } from '../ops/plan.ts';
import { harmless, paint, type Color } from './terminal.ts';
import type { WriteTime } from './times.ts';

type Action = PlanLine['action'];

/** A sign and a word beside the colour. */
const looks: Readonly<Record<Action, readonly [sign: string, word: string, color: Color]>> = {
  create: ['+', 'create', 'green'],
  resume: ['+', 'resume', 'green'],
  update: ['~', 'change', 'yellow'],
  pause: ['-', 'pause', 'red'],
  delete: ['-', 'delete', 'red'],
  none: [' ', 'leave', 'dim'],
  foreign: ['!', 'not ours', 'red'],
};

/** What would be done, and what is to be known of the rest; nothing of a schedule that is as it should be. */
export function planText(lines: readonly PlanLine[], write: WriteTime, isPainted: boolean): string {
  return lines
    .filter(({ action, drift, orphaned }) => action !== 'none' || drift.length > 0 || orphaned)
    .map((line) => blockOf(line, write, isPainted))
    .join('\n');
}

function blockOf(line: PlanLine, write: WriteTime, isPainted: boolean): string {
  const { id, about, action, changes, drift, orphaned, paused, next, consequences } = line;
  const [sign, word, color] = looks[action];
  const head = `${paint(color, `${sign} ${word}`, isPainted)} ${harmless(about)}${id.startsWith('reconcile:') ? ' (second look)' : ''}${orphaned ? ' (orphaned)' : ''}`;
  const more = [
    ...changes.map(({ what, from, to }) => `${what}: ${from} -> ${to}`),
    ...drift.map(({ what, file, server, kept }) =>
      what === 'paused'
        ? `paused by hand (${server}): ${kept ? 'stays so' : 'resumed'}`
        : `drift: ${what} is ${server} on the server, ${file} in the file: ${kept ? 'kept' : 'overwritten'}`,
    ),
    ...(action === 'foreign' ? [`${id} is the id of a schedule that is not sluice's: left alone`] : []),
    ...(paused !== undefined && drift.length === 0 ? [`paused: ${paused}`] : []),
    ...consequences,
    ...(next.length > 0 ? [`next: ${next.map(write).join(', ')}`] : []),
  ];
  return [head, ...more.map((text) => `    ${harmless(text)}`)].join('\n');
}

/** How many of each, in words: `2 to create, 1 to pause, 7 as they should be`. */
export function planSummary(lines: readonly PlanLine[]): string {
  const counted = (['create', 'resume', 'update', 'pause', 'delete', 'foreign'] as const).flatMap((action) => {
    const count = lines.filter((line) => line.action === action).length;
    return count === 0 ? [] : [`${count} ${action === 'foreign' ? 'not ours' : `to ${looks[action][1]}`}`];
  });
  const drifted = lines.filter(({ drift }) => drift.some(({ kept }) => kept)).length;
  const same = lines.filter(({ action }) => action === 'none').length;
  return [
    ...counted,
    ...(same === 0 ? [] : [`${same} to leave as they are`]),
    ...(drifted === 0 ? [] : [`${drifted} changed by hand and kept (--overwrite-drift takes the file’s word)`]),
  ].join(', ');
}

/** For programs; `change` is what was done, or `action` what would be. */
export function planJson(lines: readonly (PlanLine | AppliedLine)[]): readonly unknown[] {
  return lines.map(({ id, about, next, ...line }) => ({
    ...('done' in line ? { change: line.done } : {}),
    stream: about,
    schedule: id,
    action: line.action,
    changes: line.changes,
    drift: line.drift,
    orphaned: line.orphaned,
    paused: line.paused ?? null,
    next: next.map(toIso),
    consequences: line.consequences,
  }));
}

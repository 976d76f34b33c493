import { axisStates, columnsOf, sharesOf, type AxisState, type Run } from '../core/axis.ts';
import { formatDuration, toIso, type Interval } from '../core/time.ts';
import { stateColor, stateGlyph, minute } from './views.ts';
import { paint } from './terminal.ts';

/** Fits into a terminal of 80 columns. */
const WIDTH = 72;

/** A line of signs, the gravest state of each column; below it how much of the time is in each state. */
export function axisText(runs: readonly Run[], within: Interval, isPainted: boolean): string {
  const width = (within.until - within.from) / WIDTH;
  const line = columnsOf(runs, within, WIDTH)
    .map(({ from, until, state }) => {
      const length = Math.round((until - from) / width);
      return state === undefined ? ' '.repeat(length) : sign(state, isPainted).repeat(length);
    })
    .join('');
  const ends = [minute(within.from), minute(within.until)];
  const scale = `${ends[0]}${' '.repeat(Math.max(1, WIDTH - (ends[0]?.length ?? 0) - (ends[1]?.length ?? 0)))}${ends[1]}`;
  const shares = sharesOf(runs, within);
  const legend = axisStates.flatMap((state) => {
    const length = shares[state];
    return length === undefined
      ? []
      : [`${sign(state, isPainted)} ${state.replace('-', ' ')} ${formatDuration(length)}`];
  });
  return [line, scale, '', legend.join('   ')].join('\n');
}

function sign(state: AxisState, isPainted: boolean): string {
  const color = stateColor(state);
  return color === undefined ? stateGlyph(state) : paint(color, stateGlyph(state), isPainted);
}

export function axisJson(runs: readonly Run[]): readonly unknown[] {
  return runs.map(({ from, until, state }) => ({ from: toIso(from), until: toIso(until), state }));
}

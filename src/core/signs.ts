import type { AxisState } from './axis.ts';

/** Every state that a person is shown: of a stretch, and of a stream. */
export type ShownState = AxisState | 'current' | 'not-configured';

/** The sign of each state on the command line and on the page: nothing is said by colour alone. */
export const signs: Readonly<Record<ShownState, string>> = {
  current: '█',
  sealed: '█',
  empty: '▒',
  settling: '·',
  acknowledged: '~',
  due: '○',
  extracting: '▶',
  late: '◐',
  failed: '✗',
  'at-risk': '!',
  lost: '†',
  'not-configured': '~',
};

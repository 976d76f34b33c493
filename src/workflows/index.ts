export { backfill } from './backfill.ts';
export { collectReports } from './collect-reports.ts';
export { connections } from './connections.ts';
export { extractWindows } from './extract-windows.ts';
export { followSequence } from './follow-sequence.ts';
export { pull } from './pull.ts';
export { search } from './search.ts';

export { collectReports } from './collect-reports.ts';
export { connections } from './connections.ts';
export { extractWindows } from './extract-windows.ts';
export { followSequence } from './follow-sequence.ts';
export { pull } from './pull.ts';
export { search } from './search.ts';
export { reconcile } from './reconcile.ts';
export { watchdog } from './watchdog.ts';

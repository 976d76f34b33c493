export { connections } from './connections.ts';
export { extractWindows } from './extract-windows.ts';
export { pull } from './pull.ts';

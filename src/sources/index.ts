import type { SourceType } from '../core/contract.ts';
import { apptrana } from './apptrana/index.ts';
import { groupIb } from './group-ib/index.ts';
import { instart } from './instart/index.ts';
import { shadowserver } from './shadowserver/index.ts';
import { signalSciences } from './signal-sciences/index.ts';

/** The source types by the `type:` of the config. */
export type SourceRegistry = Readonly<Record<string, SourceType>>;

/** The registry: adding a source type adds one line here. */
export const sourceTypes: SourceRegistry = {
  'signal-sciences': signalSciences,
  instart,
  apptrana,
  'group-ib': groupIb,
  shadowserver,
};

import type { Body, Key } from './auth.ts';
import type { Strikes } from '../kit/faults.ts';
import type { Delivery } from './delivery.ts';
import type { Faults, Occasion } from './faults.ts';
import type { ReportList } from './simulator.ts';
import type { Report } from './violations.ts';
import type { World } from './world.ts';

/** What both hosts are made of. */
export interface Parts {
  readonly keys: readonly Key[];
  readonly seed: number;
  readonly faults: Faults;
  readonly strikes: Strikes<Occasion>;
  readonly world: World;
  /** The vendor's clock, ms. */
  readonly now: () => number;
  readonly report: Report;
  readonly observe: (event: Occasion) => Promise<void>;
  /** Counts how often the same was asked for. */
  readonly attempts: (key: string) => number;
  readonly patience: { expect(key: string, seconds: number): void; check(key: string): void };
  /** Where the files are. */
  readonly dlUrl: () => string;
}

/** A call that is allowed. */
export interface Call {
  readonly body: Body;
  readonly occasion: Occasion;
  /** What the customer is subscribed to. */
  readonly lists: readonly ReportList[];
}

/** JSON, or an answer that is too large for that. */
export type Outcome = { readonly json: unknown } | { readonly delivery: Delivery };

import type { Strikes } from '../kit/faults.ts';
import type { Answer } from '../kit/http.ts';
import type { Asked } from './asked.ts';
import type { Account } from './auth.ts';
import type { Faults, Occasion } from './faults.ts';
import type { Report } from './violations.ts';
import type { World } from './world.ts';

/** What the endpoints share. */
export interface Parts {
  readonly accounts: readonly Account[];
  readonly faults: Faults;
  readonly strikes: Strikes<Occasion>;
  readonly world: World;
  /** The vendor's clock, ms. */
  readonly now: () => number;
  readonly report: Report;
  readonly observe: (occasion: Occasion) => Promise<void>;
  /** Of the simulator itself, for the links in answers. */
  readonly url: () => string;
}

/** A request that is let in, with what its path says. */
export interface Call {
  readonly account: Account;
  readonly asked: Asked;
  readonly occasion: Occasion;
  /** Empty where the path names no collection. */
  readonly collection: string;
  /** Empty where the path names no item. */
  readonly id: string;
  readonly file: string;
}

/** Answers a call. Throws a Refusal for what it refuses. */
export type Endpoint = (call: Call) => Answer;

/** When a fault strikes. A fresh object starts to count afresh, so assigning one again re-arms the fault. */
export interface Trigger<Of extends object = Occasion> {
  /** How often it strikes; without it, always. */
  readonly times?: number;
  readonly when?: Condition<Of>;
}

/** What a fault may be tied to: a test gives a function, JSON gives values that must be equal (or be in the list). */
type Condition<Of extends object> =
  ((occasion: Of) => boolean) | { readonly [key in keyof Of]?: Value | readonly Value[] };

export interface Occasion {
  readonly kind: 'login' | 'feed';
  readonly site?: string;
  /** From 1. */
  readonly page?: number;
  /** How often this page of this window was asked for, this time included. */
  readonly attempt?: number;
}

type Value = string | number;

/** Off, on, or on under conditions and with settings of its own. */
export type Switch<Settings extends object = object, Of extends object = Occasion> =
  boolean | (Trigger<Of> & Partial<Settings>);

export interface Strikes<Of extends object = Occasion> {
  /** How often each fault struck. */
  readonly counts: Readonly<Record<string, number>>;
  /** The fault's settings when it strikes on this occasion, and counts it; `undefined` when it does not. */
  strike<Settings extends object>(
    name: string,
    setting: Switch<Settings, Of>,
    occasion: Of,
  ): Partial<Settings> | undefined;
}

export function createStrikes<Of extends object = Occasion>(): Strikes<Of> {
  const counts: Record<string, number> = {};
  const struck = new WeakMap<Trigger<Of>, number>();
  return {
    counts,
    strike: <Settings extends object>(name: string, setting: Switch<Settings, Of>, occasion: Of) => {
      if (setting === false) return undefined;
      const trigger: Trigger<Of> & Partial<Settings> = setting === true ? {} : setting;
      const before = struck.get(trigger) ?? 0;
      if (before >= (trigger.times ?? Infinity) || !holds(trigger.when, occasion)) return undefined;
      struck.set(trigger, before + 1);
      counts[name] = (counts[name] ?? 0) + 1;
      return trigger;
    },
  };
}

/** Whether the occasion is one that the condition names. */
export function holds<Of extends object>(condition: Condition<Of> | undefined, occasion: Of): boolean {
  if (condition === undefined) return true;
  if (typeof condition === 'function') return condition(occasion);
  return Object.entries(condition).every(([key, wanted]) => {
    const value = occasion[key as keyof Of];
    return Array.isArray(wanted) ? wanted.includes(value) : wanted === value;
  });
}

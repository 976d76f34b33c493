type Report = (rule: 'retry-after-ignored', detail: string) => void;

/** Counts the requests for one page of one window; forgets the oldest pages of a long life. */
export function createAttempts(): (key: string) => number {
  const attempts = new Map<string, number>();
  return (key) => {
    const attempt = (attempts.get(key) ?? 0) + 1;
    attempts.set(key, attempt);
    const [oldest] = attempts.keys();
    if (attempts.size > 100_000 && oldest !== undefined) attempts.delete(oldest);
    return attempt;
  };
}

export interface Patience {
  /** The page was refused with this Retry-After. */
  expect(key: string, seconds: number): void;
  /** The page is asked for. */
  check(key: string): void;
}

/** Remembers who was told to wait, in real time: a client sleeps real seconds, whatever the vendor's clock says. */
export function createPatience(report: Report): Patience {
  const until = new Map<string, number>();
  return {
    expect: (key, seconds) => void until.set(key, performance.now() + seconds * 1000),
    check: (key) => {
      const left = (until.get(key) ?? 0) - performance.now();
      until.delete(key);
      // Timers on both sides may be a few milliseconds off.
      if (left > 50) report('retry-after-ignored', `asked again ${Math.round(left)} ms too early`);
    },
  };
}

/** A number for a person: `12,345`. */
export const count = (n: number): string => n.toLocaleString('en-US');

/** A number with its noun: `1 window`, `12,345 windows`. */
export const plural = (n: number, noun: string): string => `${count(n)} ${noun}${n === 1 ? '' : 's'}`;

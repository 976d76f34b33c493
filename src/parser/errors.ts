/** The class that the original library raises in the same place: what a strict comparison, or code that is ported, goes by. */
export type OriginalError =
  | 'InputException'
  | 'ParserException'
  | 'AttributeError'
  | 'IndexError'
  | 'KeyError'
  | 'RecursionError'
  | 'TypeError'
  | 'ValueError';

/** `strict`: the original's outputs and errors. `lenient`: null where the original fails on what a feed holds. */
export type Mode = 'strict' | 'lenient';

/**
 * A template that is wrong, or a feed that does not fit it. Feeds hold passwords and card numbers in plain text, so a message says where
 * (the item, the path of the template) and never what was found there.
 */
export class ParserError extends Error {
  override readonly name = 'ParserError';
  readonly original: OriginalError;

  constructor(original: OriginalError, message: string, options?: ErrorOptions) {
    super(message, options);
    this.original = original;
  }
}

/** For what a feed holds and the original stumbles over. @throws ParserError in strict mode; null in lenient mode */
export function nullUnlessStrict(mode: Mode, original: OriginalError, message: string): null {
  if (mode === 'strict') throw new ParserError(original, message);
  return null;
}

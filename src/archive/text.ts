/** A surrogate without its other half: JSON can write one (`"\ud800"`), UTF-8 cannot. */
const LONE_SURROGATE = /\p{Surrogate}/u;

/**
 * Text as bytes, different texts always as different bytes: UTF-8, and a lone surrogate as the three bytes that UTF-8's scheme would give it.
 * `Buffer.from` writes every lone surrogate as U+FFFD, and two ids would become one.
 */
export function encodeText(text: string): Buffer {
  if (!LONE_SURROGATE.test(text)) return Buffer.from(text, 'utf8');
  return Buffer.concat(Array.from(text, encodeCharacter));
}

/** Texts one after the other, each as {@link encodeText} writes it, and how many bytes each has. */
export function encodeTexts(texts: readonly string[]): { readonly bytes: Buffer; readonly lengths: Uint32Array } {
  const all = texts.join('');
  // Nearly all ids are ASCII: a call for all of them instead of one for each.
  if (isPlain(all))
    return { bytes: Buffer.from(all, 'latin1'), lengths: Uint32Array.from(texts, ({ length }) => length) };
  const encoded = texts.map(encodeText);
  return { bytes: Buffer.concat(encoded), lengths: Uint32Array.from(encoded, ({ length }) => length) };
}

/** How to compare some texts so that they stand in the order of their bytes as {@link encodeText} writes them. */
export function textOrder(texts: readonly string[]): (a: string, b: string) => number {
  return isPlain(texts.join('')) ? compareCharacters : compareBytes;
}

function compareCharacters(a: string, b: string): number {
  if (a === b) return 0;
  return a < b ? -1 : 1;
}

function compareBytes(a: string, b: string): number {
  return Buffer.compare(encodeText(a), encodeText(b));
}

/** Nothing but ASCII. Of such texts the order of the characters is that of the bytes. */
function isPlain(text: string): boolean {
  // eslint-disable-next-line no-control-regex -- all of ASCII
  return /^[\u0000-\u007f]*$/.test(text);
}

function encodeCharacter(character: string): Buffer {
  const code = character.codePointAt(0) ?? 0;
  if (code < 0xd800 || code > 0xdfff) return Buffer.from(character, 'utf8');
  return Buffer.of(0xe0 | (code >> 12), 0x80 | ((code >> 6) & 0x3f), 0x80 | (code & 0x3f));
}

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

function encodeCharacter(character: string): Buffer {
  const code = character.codePointAt(0) ?? 0;
  if (code < 0xd800 || code > 0xdfff) return Buffer.from(character, 'utf8');
  return Buffer.of(0xe0 | (code >> 12), 0x80 | ((code >> 6) & 0x3f), 0x80 | (code & 0x3f));
}

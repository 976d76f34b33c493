/**
 * Keeps secrets out of everything that is printed: messages, histories, logs, excerpts of answers. Known secrets are registered where
 * they are read and replaced wherever they show up; what only looks like one (a header, a URL's password) is replaced as well.
 */

const MARK = '[redacted]';
const SHORTEST = 4;
/** Tokens are issued anew for ever; the oldest that nobody used since are forgotten. A secret in use is registered at every use. */
const MOST = 1_000;

/** Each known secret with the forms in which it may be written. The order is that of their last use. */
const known = new Map<string, readonly string[]>();

/** Makes a secret known to {@link redact} for the life of the process. Shorter than 4 characters it would eat ordinary text: ignored. */
export function registerSecret(value: string): void {
  if (value.length < SHORTEST) return;
  const forms = known.get(value) ?? formsOf(value);
  known.delete(value);
  known.set(value, forms);
  const [oldest] = known.keys();
  if (known.size > MOST && oldest !== undefined) known.delete(oldest);
}

/** The text with every known secret, and whatever looks like one, replaced by `[redacted]`. */
export function redact(text: string): string {
  return withoutLookalikes(withoutKnown(text, text.length));
}

/**
 * The start of an answer for a message: redacted, with everything that could steer a terminal or fake a log line escaped, on one line.
 * @param max the most characters, an ellipsis included.
 */
export function excerpt(body: Uint8Array, max = 200): string {
  const { longest } = sizes();
  const length = max * 4 + longest;
  const text = Buffer.from(body.buffer, body.byteOffset, Math.min(body.byteLength, length)).toString('utf8');
  // Redacted before it is cut: half a secret would not be found. So nothing may show whose rest could lie behind the part looked at.
  const whole = body.byteLength <= length;
  const shown = withoutLookalikes(withoutKnown(text, whole ? text.length : text.length - longest));
  return cut(printable(shown.trim()), max, !whole);
}

/** The text with control, format and bidirectional characters, line ends and lone surrogates written as escapes. */
export function printable(text: string): string {
  return text.replace(/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}\p{Cs}]/gu, (char) => {
    const code = char.codePointAt(0) ?? 0;
    return NAMED[char] ?? (code < 0x100 ? `\\x${hex(code, 2)}` : `\\u${hex(code, 4)}`);
  });
}

const NAMED: Readonly<Record<string, string>> = { '\n': '\\n', '\r': '\\r', '\t': '\\t' };

function hex(code: number, digits: number): string {
  return code.toString(16).padStart(digits, '0');
}

function cut(text: string, max: number, more: boolean): string {
  if (text.length <= max && !more) return text;
  // Not between the halves of a pair.
  return `${text.slice(0, max - 1).replace(/[\ud800-\udbff]$/, '')}…`;
}

function formsOf(secret: string): readonly string[] {
  const component = encodeURIComponent(Buffer.from(secret).toString());
  const form = new URLSearchParams({ '': secret }).toString().slice(1);
  const base64 = Buffer.from(secret).toString('base64').replace(/=+$/, '');
  const base64url = Buffer.from(secret).toString('base64url');
  const json = JSON.stringify(secret).slice(1, -1);
  const lower = [component, form].map((text) => text.replace(/%[0-9A-F]{2}/g, (code) => code.toLowerCase()));
  return [...new Set([secret, component, form, ...lower, base64, base64url, json, json.replaceAll('/', '\\/')])];
}

function sizes(): { readonly longest: number } {
  let longest = 0;
  for (const forms of known.values()) for (const form of forms) longest = Math.max(longest, form.length);
  return { longest };
}

/**
 * Secrets overlap (one is the start of another, or of a pair), so what is replaced is the union of all that was found, not one
 * after the other.
 * @param end nothing from here on comes out.
 */
function withoutKnown(text: string, end: number): string {
  let out = '';
  let done = 0;
  for (const [from, until] of found(text)) {
    if (from >= end) break;
    if (from > done || done === 0) out += text.slice(done, from) + MARK;
    done = Math.max(done, until);
  }
  return done < end ? out + text.slice(done, end) : out;
}

function found(text: string): readonly (readonly [number, number])[] {
  const places: [number, number][] = [];
  for (const forms of known.values()) {
    for (const form of forms) {
      for (let at = text.indexOf(form); at >= 0; at = text.indexOf(form, at + 1)) places.push([at, at + form.length]);
    }
  }
  return places.sort((a, b) => a[0] - b[0]);
}

const LOOKALIKES: readonly (readonly [RegExp, string])[] = [
  [/\b((?:proxy-)?authorization["']?\s*[:=]\s*["']?)[^\r\n"']+/gi, `$1${MARK}`],
  [/\b(bearer\s+)[\w.~+/=-]+/gi, `$1${MARK}`],
  [/\b(x-[\w-]{0,40}(?:token|key|secret)["']?\s*[:=]\s*["']?)[^\s"',;]+/gi, `$1${MARK}`],
  [/("[\w-]{0,40}(?:token|secret|password|passwd|api[-_]?key|cvv2?)"\s*:\s*")(?:[^"\\]|\\.)*/gi, `$1${MARK}`],
  [/\b([\w-]{0,40}(?:token|secret|password|passwd|api[-_]?key)=)[^&\s"'<>]+/gi, `$1${MARK}`],
  [/\b([a-z][a-z0-9+.-]{0,20}:\/\/)[^\s/?#]*@/gi, `$1${MARK}@`],
];

function withoutLookalikes(text: string): string {
  const rest = LOOKALIKES.reduce((some, [pattern, replacement]) => some.replace(pattern, replacement), text);
  return rest.replace(CARD_NUMBER, (digits) => (isCardNumber(digits.replace(/\D/g, '')) ? MARK : digits));
}

/** Answers on stolen cards are full of them; a time in ms or an id of so many digits seldom has the right check digit. */
const CARD_NUMBER = /(?<![\d.])[3-6]\d{3}[ -]?\d{4}[ -]?\d{4}[ -]?\d{1,7}(?![\d.])/g;

/** ISO/IEC 7812-1: every second digit from the right counts double. */
function isCardNumber(digits: string): boolean {
  const sum = Array.from(digits)
    .toReversed()
    .reduce((total, digit, i) => {
      const value = Number(digit) * (1 + (i % 2));
      return total + (value > 9 ? value - 9 : value);
    }, 0);
  return sum % 10 === 0;
}

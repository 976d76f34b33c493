import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { excerpt, redact, registerSecret } from '../../src/http/redaction.ts';

describe('redact', () => {
  it('hides a secret in every form in which it travels', () => {
    const secret = 'p@ss/w+rd é"\\&x';
    registerSecret(secret);
    const forms = [
      secret,
      encodeURIComponent(secret),
      encodeURIComponent(secret).replace(/%../g, (code) => code.toLowerCase()),
      new URLSearchParams({ q: secret }).toString(),
      Buffer.from(secret).toString('base64'),
      Buffer.from(secret).toString('base64url'),
      JSON.stringify({ pw: secret }),
    ];
    for (const form of forms) {
      const text = redact(`it said ${form} to me`);
      expect(text).toContain('[redacted]');
      expect(text).not.toMatch(/ss.*rd|w.r|rd/);
    }
  });

  it('leaves nothing of secrets that are part of one another, or overlap', () => {
    for (const secret of ['gamma12', 'gamma12-delta34', 'delta34-omega56']) registerSecret(secret);
    expect(redact('<gamma12-delta34-omega56> <gamma12> <gamma12-delta3>')).toBe(
      '<[redacted]> <[redacted]> <[redacted]-delta3>',
    );
  });

  it('leaves text alone for secrets too short to be any', () => {
    registerSecret('abc');
    registerSecret('');
    expect(redact('abc of it')).toBe('abc of it');
  });

  it('knows a secret in use after thousands of tokens were issued', () => {
    registerSecret('long-lived-password');
    for (let i = 0; i < 3_000; i += 1) {
      registerSecret(`session-token-${i}`);
      if (i % 500 === 0) registerSecret('long-lived-password');
    }
    expect(redact('long-lived-password session-token-2999!')).toBe('[redacted] [redacted]!');
  });

  it.each([
    ['Authorization: Basic dXNlcjpwYXNz\r\nHost: x', 'Authorization: [redacted]\r\nHost: x'],
    ['{"Proxy-Authorization":"Basic dXNlcjpwYXNz","a":1}', '{"Proxy-Authorization":"[redacted]","a":1}'],
    ['sent Bearer eyJh.bGci-Oi_J9/+= there', 'sent Bearer [redacted] there'],
    ['x-api-token: 0123abcd', 'x-api-token: [redacted]'],
    ['X-Api-Key=0123abcd', 'X-Api-Key=[redacted]'],
    ['{"token": "a\\"b", "id": 7}', '{"token": "[redacted]", "id": 7}'],
    ['email=me&password=a%20b&x=1', 'email=me&password=[redacted]&x=1'],
    ['http://me:p@ss@proxy:3128/x', 'http://[redacted]@proxy:3128/x'],
    ['see https://example.com/a@b', 'see https://example.com/a@b'],
    ['the token expired', 'the token expired'],
  ])('hides what looks like a secret: %j', (text, expected) => {
    expect(redact(text)).toBe(expected);
  });

  it('takes no time over hostile text', () => {
    const start = performance.now();
    for (const text of ['a-'.repeat(50_000), '"'.repeat(100_000), 'x-'.repeat(50_000), '://'.repeat(30_000)])
      redact(text);
    expect(performance.now() - start).toBeLessThan(2_000);
  });
});

describe('excerpt', () => {
  it('cannot steer a terminal or fake a line of a log', () => {
    const text = 'ok\u001b]0;owned\u0007\r\n2026 ERROR fake\u2028\u202egnp\u009b1m\u200b\ud800\u{e0041}';
    expect(excerpt(Buffer.from(text, 'utf8'), 500)).toBe(
      'ok\\x1b]0;owned\\x07\\r\\n2026 ERROR fake\\u2028\\u202egnp\\x9b1m\\u200b\ufffd\\ue0041',
    );
  });

  it('is never longer than asked, and cuts no character in two', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary', maxLength: 400 }), fc.integer({ min: 1, max: 200 }), (text, max) => {
        const shown = excerpt(Buffer.from(text), max);
        expect(shown.length).toBeLessThanOrEqual(max);
        expect(Buffer.from(shown).toString()).toBe(shown);
      }),
    );
  });

  it('shows no card number, and leaves other numbers of that length', () => {
    expect(excerpt(Buffer.from('{"number":"4111111111111111","cvv":"123"}'))).toBe(
      '{"number":"[redacted]","cvv":"[redacted]"}',
    );
    expect(excerpt(Buffer.from('5500 0000 0000 0004 and 3782-8224-6310-005'))).toBe('[redacted] and [redacted]');
    for (const text of ['4111111111111112', '0.4111111111111111', '94111111111111111110'])
      expect(excerpt(Buffer.from(text))).toBe(text);
  });

  it('shows no part of a secret, wherever the cut falls', () => {
    const secret = 'TOPSECRETVALUE-1234567890';
    registerSecret(secret);
    for (let before = 0; before < 1_200; before += 1) {
      const body = Buffer.from(`${'.'.repeat(before)}${secret}${'.'.repeat(1_000)}`);
      expect(excerpt(body, 100)).not.toMatch(/TOP|SEC|123/);
    }
    const many = Buffer.from(`${secret} `.repeat(200));
    expect(excerpt(many, 1000)).not.toMatch(/TOP|SEC|123/);
  });

  it('looks at the start of a large body only', () => {
    const start = performance.now();
    expect(excerpt(Buffer.alloc(64 * 1024 * 1024, 'a'))).toBe(`${'a'.repeat(199)}…`);
    expect(performance.now() - start).toBeLessThan(500);
  });
});

// Last, as its secrets stay known.
describe('redact, for any secrets', () => {
  it('leaves nothing of any secret, wherever it stands', () => {
    const secrets = fc.array(
      fc.string({ unit: 'binary', minLength: 4, maxLength: 12 }).filter((text) => !/^\[?redacted/.test(text)),
      { minLength: 1, maxLength: 3 },
    );
    fc.assert(
      fc.property(secrets, fc.string(), fc.string(), (values, before, after) => {
        values.forEach(registerSecret);
        const text = redact(`${before}${values.join('')}${after}`);
        for (const value of values)
          if (!'[redacted]'.includes(value)) expect(text.replaceAll('[redacted]', '')).not.toContain(value);
      }),
      { numRuns: 60 },
    );
  });
});

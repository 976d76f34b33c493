import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { inspect } from 'node:util';
import { describe, expect, it } from 'vitest';
import { formatConfigError, type ConfigError } from '../../src/config/errors.ts';
import { loadConfig, type Config } from '../../src/config/load.ts';
import { showConfig } from '../../src/config/show.ts';
import type { Secret } from '../../src/core/contract.ts';
import { redact } from '../../src/http/redaction.ts';
import type { SignalSciencesSettings } from '../../src/sources/signal-sciences/settings.ts';
import { BASE, CANARY, changed, ENV, folder, load, places, refusal, refusalOf, write } from './kit.ts';

const REFERENCE = '${env:SIGSCI_PASSWORD}';

function password(config: Config): Secret {
  const { auth } = (config.sources.get('acme-waf')?.settings ?? {}) as unknown as SignalSciencesSettings;
  if (!('password' in auth)) throw new Error('a login was expected');
  return auth.password;
}

/** Every way in which an error gets out. */
function allOf(error: ConfigError): string {
  return [
    error.message,
    error.stack,
    String(error),
    inspect(error, { depth: 20 }),
    JSON.stringify(error),
    formatConfigError(error, { color: true }),
  ].join('\n');
}

describe('a secret of a configuration', () => {
  it('is a reference that is read at each use, so that a rotated one needs no restart', () => {
    const env = { ...ENV };
    const secret = password(load(BASE, { env }));
    expect(secret.reveal()).toBe(CANARY);
    env.SIGSCI_PASSWORD = 'rotated-1f';
    expect(secret.reveal()).toBe('rotated-1f');
  });

  it('may be a file, whose last line break is no part of it', () => {
    const home = folder();
    writeFileSync(join(home, 'secret'), `${CANARY}\r\n`);
    const file = write(changed([REFERENCE, '${file:./secret}']), 'sluice.yaml', home);
    const secret = password(loadConfig(file, { env: {} }));
    expect(secret.reveal()).toBe(CANARY);
    writeFileSync(join(home, 'secret'), 'rotated-2e\n');
    expect(secret.reveal()).toBe('rotated-2e');
  });

  it('says why it cannot be read any more, and where it should come from', () => {
    const env: NodeJS.ProcessEnv = { ...ENV };
    const secret = password(load(BASE, { env }));
    delete env['SIGSCI_PASSWORD'];
    expect(() => secret.reveal()).toThrow('the environment variable `SIGSCI_PASSWORD` is not set');
  });

  it('shows its place however it is printed', () => {
    const secret = password(load(BASE));
    const printed = [
      `secret: ${secret as unknown as string}`,
      JSON.stringify({ secret }),
      inspect(secret),
      inspect({ a: [secret] }, { showHidden: true, depth: 9 }),
    ];
    for (const text of printed) {
      expect(text).toContain(REFERENCE);
      expect(text).not.toContain(CANARY);
    }
  });

  it('does not show in a configuration that is printed', () => {
    const config = load(changed(undefined, 'proxy: ${env:PROXY}'), {
      env: { ...ENV, PROXY: `http://me:${CANARY}@proxy:3128` },
    });
    const printed = [
      inspect(config, { depth: 20 }),
      JSON.stringify([...config.sources.values()]),
      showConfig(config, 'yaml'),
      showConfig(config, 'json'),
    ];
    for (const text of printed) expect(text).not.toContain(CANARY);
    expect(config.sources.get('acme-waf')?.settings.proxy?.reveal()).toContain(CANARY);
  });

  it('is known to the redaction once it was read', () => {
    const value = 'canary-read-at-load-77';
    load(BASE, { env: { SIGSCI_PASSWORD: value } });
    expect(redact(`the vendor said: ${value}`)).not.toContain(value);
  });

  it('may stand in the file only where the caller says so, and is not shown then either', () => {
    const text = changed([REFERENCE, CANARY]);
    expect(places(refusal(text))).toEqual(['9:17 a secret must not be written into the file']);
    const config = load(text, { allowInlineSecrets: true });
    expect(password(config).reveal()).toBe(CANARY);
    expect(showConfig(config, 'yaml')).not.toContain(CANARY);
  });

  it('cannot be allowed by the file itself', () => {
    expect(places(refusal(`allowInlineSecrets: true\n${BASE}`))).toEqual([
      '1:1 there is no key `allowInlineSecrets` here',
    ]);
  });

  it('that is a proxy without a password may stand in the file', () => {
    const config = load(changed(undefined, 'proxy: http://proxy.example.com:3128'));
    expect(config.sources.get('acme-waf')?.settings.proxy?.reveal()).toBe('http://proxy.example.com:3128');
  });
});

describe('a secret that is not there is found when the configuration is loaded', () => {
  const at = (reference: string, env: NodeJS.ProcessEnv = {}): readonly string[] =>
    places(refusal(changed([REFERENCE, reference]), { env }));

  it('a variable that is not set, or empty', () => {
    expect(at('${env:NOPE}')).toEqual(['9:17 the environment variable `NOPE` is not set']);
    expect(at('${env:NOPE}', { NOPE: '' })).toEqual(['9:17 the environment variable `NOPE` is empty']);
  });

  it('a file that is missing, empty, a folder or not text', () => {
    const home = folder();
    writeFileSync(join(home, 'empty'), '\n');
    writeFileSync(join(home, 'binary'), Buffer.from([0xff, 0xfe, 0x00]));
    mkdirSync(join(home, 'folder'));
    expect(at(`\${file:${home}/nope}`)).toEqual([`9:17 \${file:${home}/nope}: there is no such file`]);
    expect(at(`\${file:${home}/empty}`)).toEqual([`9:17 \${file:${home}/empty}: the file is empty`]);
    expect(at(`\${file:${home}/folder}`)).toEqual([`9:17 \${file:${home}/folder}: is a folder; expected a file`]);
    expect(at(`\${file:${home}/binary}`)).toEqual([`9:17 \${file:${home}/binary}: the file is not UTF-8`]);
    expect(at('${file:/dev/null}')).toEqual([
      '9:17 ${file:/dev/null}: is no regular file: it is read again at every use',
    ]);
  });

  it('a reference with a default, which is the secret itself', () => {
    expect(at('${env:NOPE:-hunter2}')).toEqual(['9:17 a secret must not be written into the file']);
  });

  it('a reference that is only a part of it', () => {
    expect(at('x${env:SIGSCI_PASSWORD}', ENV)).toEqual(['9:17 a secret must not be written into the file']);
  });

  it('something that is no text', () => {
    expect(at('[a]')).toEqual([
      '9:17 expected a reference to a secret: `${env:NAME}` or `${file:/run/secrets/name}`, found something else',
    ]);
    expect(at('')).toEqual([
      '9:7 expected a reference to a secret: `${env:NAME}` or `${file:/run/secrets/name}`, found nothing',
    ]);
  });

  it('a proxy that is no address, without a word of it', () => {
    const error = refusal(changed(undefined, 'proxy: ${env:PROXY}'), {
      env: { ...ENV, PROXY: `socks://me:${CANARY}@x` },
    });
    expect(places(error)).toEqual([
      '10:12 expected the address of an HTTP proxy, such as http://proxy.example.com:3128',
    ]);
    expect(allOf(error)).not.toContain(CANARY);
  });
});

describe('a secret that somebody wrote into the file shows in no error', () => {
  // Not known to the redaction: what is not shown here was masked by its place.
  const secret = 'hunter-8d1c';
  const lines: readonly [string, string][] = [
    ['as it is', `password: ${secret}`],
    ['in quotes', `password: "${secret}"`],
    ['with an open quote', `password: "${secret}`],
    ['with text after the quote', `password: "x"${secret}`],
    ['with an escape', `password: "\\${secret}"`],
    ['like an alias', `password: *${secret}`],
    ['like an anchor', `password: &${secret}`],
    ['like a tag', `password: !${secret}`],
    ['like a tag with a value', `password: !${secret} ${secret}`],
    ['like a directive', `password: %${secret}`],
    ['like a reserved character', `password: @${secret}`],
    ['like a list', `password: [${secret}`],
    ['like a closed list', `password: [${secret}]`],
    ['like a map', `password: {${secret}`],
    ['like a folded text', `password: >${secret}`],
    ['on lines of its own', `password: |\n        ${secret}`],
    ['with a colon', `password: ${secret}: x`],
    ['without a colon', `password ${secret}\n      x: 1`],
    ['as a default', `password: \${env:NOPE:-${secret}}`],
    ['beside a reference', `password: \${env:SIGSCI_PASSWORD}${secret}`],
    ['in an open reference', `password: \${env:${secret}`],
    ['in a wrong reference', `password: \${${secret}}x`],
    [
      'in flow style',
      `password: \${env:SIGSCI_PASSWORD}\n    temporal: { apiKey: ${secret}, x: \${env:X:-${secret}} }`,
    ],
    ['under a mistyped key', `passwrd: ${secret}`],
    ['under a key that resembles a secret', `tokn: ${secret}`],
    ['under a key of its own', `apiSecret: ${secret}`],
    ['beside another mistake in its line', `password: \${env:SIGSCI_PASSWORD}\n    x: { password: ${secret}, y: *z }`],
  ];

  it.each(lines)('%s', (_, line) => {
    const error = refusal(changed([`password: ${REFERENCE}`, line]));
    expect(error.findings.length).toBeGreaterThan(0);
    expect(allOf(error)).not.toContain(secret);
  });

  it.each([
    ['in one line with another mistake', `auth: { email: nobody, password: ${secret} }`],
    ['of an unknown kind of source', `type: other\n    auth: { password: ${secret}, x: *y }`],
    ['in the address of a proxy', `proxy: http://me:${secret}@proxy:3128`],
  ])('%s', (_, line) => {
    const error = refusal(changed([/ {4}auth:[^]*/.exec(BASE)?.[0] ?? '', `    ${line}\n`]));
    expect(allOf(error)).not.toContain(secret);
  });

  it('with the way to do it right', () => {
    const error = refusal(changed([REFERENCE, secret]));
    expect(error.findings[0]?.suggestion).toBe(
      'Put it into the environment and write `${env:ACME_WAF_PASSWORD}`, or into a file and write `${file:/run/secrets/acme-waf-password}`.',
    );
    expect(error.findings[0]?.excerpt).toBe('      password: ***\n                ^^^');
  });

  it('while a reference shows as it is', () => {
    const error = refusal(changed([REFERENCE, '${env:NOPE}']));
    expect(error.findings[0]?.excerpt).toBe('      password: ${env:NOPE}\n                ^^^^^^^^^^^');
  });
});

it('a value that came from the environment is named by its reference, not repeated', () => {
  const env = { ...ENV, SITE: `https://${CANARY}/` };
  const error = refusalOf(() =>
    load(changed(['[www.example.com]', '["${env:SITE}"]'], 'limit: ${env:SITE}', 'window: ${env:SITE}'), { env }),
  );
  expect(places(error)).toEqual([
    "6:13 ${env:SITE} is an address; expected the site's short name, as it stands in the dashboard's address: without http:// or https://",
    '10:12 expected a number, found the value of ${env:SITE}',
    '11:13 expected a length of time such as `90s`, `5m`, `1h` or `24h5m` (units d, h, m, s; the largest first), found ${env:SITE}',
  ]);
  expect(allOf(error)).not.toContain(CANARY);
});

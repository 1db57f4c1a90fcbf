"""What does a page look like on a bright screen, a dark one, a small one, and on paper?"""

STYLE = """
:root {
  color-scheme: light dark;
  --paper: #fbfaf8; --card: #ffffff; --ink: #1c1b1a; --soft: #5d5a55; --line: #e2ded7; --accent: #2f5fd0;
  --yes: #14703a; --yes-bg: #e4f4e9; --no: #b01c2e; --no-bg: #fce8ea; --unknown: #805600; --unknown-bg: #fdf1d2;
  --code: #f3f0eb;
}
@media (prefers-color-scheme: dark) {
  :root {
    --paper: #141517; --card: #1c1e21; --ink: #eceae6; --soft: #a5a19a; --line: #33363b; --accent: #8fb0ff;
    --yes: #7ddc9f; --yes-bg: #16301f; --no: #ff9aa5; --no-bg: #3a1a1f; --unknown: #f2c766; --unknown-bg: #362a10;
    --code: #25282c;
  }
}
* { box-sizing: border-box; }
html { scroll-behavior: smooth; }
@media (prefers-reduced-motion: reduce) { html { scroll-behavior: auto; } }
body {
  margin: 0; background: var(--paper); color: var(--ink);
  font: 16px/1.55 ui-sans-serif, system-ui, -apple-system, "Segoe UI", Roboto, "Helvetica Neue", sans-serif;
}
.page { max-width: 72rem; margin: 0 auto; padding: 3rem 1.5rem 5rem; }
h1 { font-size: 2rem; line-height: 1.2; letter-spacing: -.02em; margin: 0; }
.lead { color: var(--soft); margin: .4rem 0 0; }
.tiles { display: flex; flex-wrap: wrap; gap: .75rem; margin: 1.75rem 0 1rem; padding: 0; list-style: none; }
.tiles li {
  flex: 1 1 8rem; background: var(--card); border: 1px solid var(--line); border-radius: .75rem; padding: .8rem 1rem;
}
.tiles b { display: block; font-size: 1.75rem; line-height: 1.15; font-variant-numeric: tabular-nums; }
.tiles span { color: var(--soft); font-size: .875rem; }
.tiles .yes b { color: var(--yes); } .tiles .no b { color: var(--no); } .tiles .unknown b { color: var(--unknown); }
.legend { color: var(--soft); font-size: .875rem; margin: 0; }
.contents { margin: 1.25rem 0 0; }
.contents b { display: block; margin: .6rem 0 .3rem; font-size: .875rem; color: var(--soft); overflow-wrap: anywhere; }
.contents ul { margin: 0; padding: 0; list-style: none; display: flex; flex-wrap: wrap; gap: .4rem .5rem; }
.contents .domains { gap: 0 1.5rem; }
.contents li { max-width: 100%; }
.contents a {
  display: block; border: 1px solid var(--line); border-radius: 1rem; padding: .15rem .75rem; background: var(--card);
  font-size: .875rem; text-decoration: none; overflow-wrap: anywhere;
}
.contents span { font-weight: 650; }
a { color: var(--accent); }
a:focus-visible { outline: 3px solid var(--accent); outline-offset: 2px; border-radius: .3rem; }
.contract {
  background: var(--card); border: 1px solid var(--line); border-radius: 1rem; padding: 1.5rem; margin-top: 1.75rem;
  scroll-margin-top: 1rem;
}
.contract > h2 { margin: 0; font-size: 1.25rem; letter-spacing: -.01em; overflow-wrap: anywhere; }
.about { color: var(--soft); margin: .1rem 0 0; font-size: .9375rem; }
.tables { display: flex; flex-wrap: wrap; gap: 0 3rem; align-items: flex-start; }
.scroll { overflow-x: auto; margin: 1.1rem -5px 0; padding: 2px; max-width: 100%; }
table { border-collapse: separate; border-spacing: 3px; font-variant-numeric: tabular-nums; }
caption { text-align: left; font-weight: 600; padding: 0 0 .35rem 3px; white-space: nowrap; }
th { font-weight: 600; font-size: .875rem; padding: .35rem .6rem; white-space: nowrap; }
thead th { text-align: center; vertical-align: bottom; }
tbody th, thead th:first-child { text-align: left; position: sticky; left: 0; background: var(--card); z-index: 1; }
thead th:first-child { color: var(--soft); font-weight: 400; }
td { padding: 0; min-width: 5.25rem; height: 2.6rem; text-align: center; }
.void { background: none; }
.pair { display: flex; height: 100%; min-height: 2.6rem; border-radius: .45rem; overflow: hidden; }
.pair, .pair:hover { text-decoration: none; }
.pair span {
  flex: 1; display: flex; align-items: center; justify-content: center; gap: .2rem; padding: .3rem .45rem;
  font-weight: 650; font-size: .9375rem; white-space: nowrap;
}
a.pair span { box-shadow: inset 0 -3px 0 -1px currentColor; }
a.pair:hover { filter: brightness(.96); }
@media (prefers-color-scheme: dark) { a.pair:hover { filter: brightness(1.25); } }
.yes { color: var(--yes); } .no { color: var(--no); } .unknown { color: var(--unknown); }
.pair .yes, .badge.yes { background: var(--yes-bg); }
.pair .no, .badge.no { background: var(--no-bg); }
.pair .unknown, .badge.unknown { background: var(--unknown-bg); }
.hint { color: var(--soft); font-size: .875rem; margin: .4rem 0 0; }
.detail {
  display: none; border-top: 1px solid var(--line); margin-top: 1.25rem; padding-top: 1rem; scroll-margin-top: 1rem;
}
.detail:target, .details:target .detail { display: block; }
.detail > h3 { margin: 0; font-size: 1.0625rem; }
.detail > p { margin: .3rem 0 0; }
.finding {
  margin: .9rem 0 0; padding: .85rem 1rem; border-left: 4px solid var(--line); border-radius: .3rem;
  background: var(--paper);
}
.finding.no { border-color: var(--no); } .finding.unknown { border-color: var(--unknown); }
.finding p { margin: .25rem 0 0; color: var(--ink); overflow-wrap: anywhere; }
.finding .what { color: var(--soft); font-size: .875rem; margin: 0; }
.badge {
  display: inline-block; white-space: nowrap; border-radius: 1rem; padding: 0 .6rem; font-size: .8125rem;
  font-weight: 650;
}
dl { display: grid; grid-template-columns: max-content 1fr; gap: .15rem .75rem; margin: .5rem 0 0; font-size: .875rem; }
dt { color: var(--soft); } dd { margin: 0; color: var(--ink); overflow-wrap: anywhere; }
code { font: .875em/1.5 ui-monospace, SFMono-Regular, Menlo, Consolas, monospace; background: var(--code);
  border-radius: .25rem; padding: .05rem .3rem; overflow-wrap: anywhere; }
.meetings { margin-top: .6rem; border-spacing: 0; font-size: .9375rem; }
.meetings td, .meetings th {
  height: auto; padding: .3rem .8rem .3rem 0; text-align: left; border-bottom: 1px solid var(--line);
  vertical-align: top; white-space: normal; position: static;
}
.meetings thead th:first-child { color: inherit; font-weight: 600; }
.meetings td:last-child { min-width: 16rem; }
.numbers td, .numbers th {
  height: auto; min-width: 0; padding: .3rem .8rem .3rem 0; text-align: left; border-bottom: 1px solid var(--line);
  vertical-align: top; white-space: normal; position: static;
}
.numbers { border-spacing: 0; font-size: .9375rem; } .numbers thead th:first-child { color: inherit; font-weight: 600; }
.numbers .wide { min-width: 16rem; } .numbers code { white-space: pre-wrap; } .numbers .count { white-space: nowrap; }
.contract > h3 { margin: 1.6rem 0 0; font-size: 1.0625rem; } .contract > p { margin: .4rem 0 0; }
figure { margin: 1rem 0 0; } figcaption { color: var(--soft); font-size: .875rem; margin-top: .3rem; max-width: 46rem; }
svg { display: block; width: 100%; max-width: 46rem; height: auto; font: 12px/1 ui-sans-serif, system-ui, sans-serif; }
svg text { fill: var(--soft); } svg .axis { stroke: var(--line); }
svg .limit { stroke: var(--no); stroke-dasharray: 5 4; }
svg .course { fill: none; stroke: var(--accent); stroke-width: 2; } svg .dot { fill: var(--accent); }
svg .span { stroke: var(--accent); stroke-width: 8; stroke-linecap: round; } svg .allowed { fill: var(--yes-bg); }
summary { cursor: pointer; color: var(--accent); font-size: .875rem; margin-top: .6rem; }
summary:focus-visible { outline: 3px solid var(--accent); outline-offset: 2px; border-radius: .3rem; }
.empty { color: var(--soft); margin: 1rem 0 0; }
footer { color: var(--soft); font-size: .875rem; margin-top: 2.5rem; }
.skip { position: absolute; left: -999rem; } .skip:focus { position: static; }
@media (max-width: 40rem) {
  .page { padding: 1.5rem 1rem 3rem; } .contract { padding: 1.1rem; } .numbers { min-width: 42rem; }
}
@media print {
  :root { --paper: #fff; --card: #fff; --ink: #000; --soft: #444; --line: #bbb; --yes: #14703a; --yes-bg: #e4f4e9;
    --no: #b01c2e; --no-bg: #fce8ea; --unknown: #805600; --unknown-bg: #fdf1d2; --code: #f3f3f3; }
  body { font-size: 11px; }
  .page { max-width: none; padding: 0; }
  .contract { border: 0; padding: 0; }
  .detail { display: block; break-inside: avoid; } .finding { break-inside: avoid; }
  .scroll { overflow: visible; } .contents, .hint, .back, .skip { display: none; }
  * { print-color-adjust: exact; -webkit-print-color-adjust: exact; }
}
"""

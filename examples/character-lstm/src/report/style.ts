/** Of the report: system fonts, and two palettes that follow the reader's scheme. */
export const style = `
:root { color-scheme: light dark; --paper: #fbfaf7; --card: #ffffff; --ink: #1f2430; --quiet: #5d6472; --rule: #e3e0d8;
  --training: #2b5fc7; --validation: #c4501b; }
@media (prefers-color-scheme: dark) {
  :root { --paper: #14171d; --card: #1c2028; --ink: #e8e6e1; --quiet: #a0a7b4; --rule: #323845;
    --training: #82aaff; --validation: #ff9e64; }
}
* { box-sizing: border-box; }
body { margin: 0; background: var(--paper); color: var(--ink); font: 16px/1.5 system-ui, sans-serif; }
main { max-width: 1180px; margin: 0 auto; padding: 2.5rem 1.25rem 4rem; }
h1 { font-size: 1.9rem; line-height: 1.2; margin: 0; letter-spacing: -0.01em; }
h2 { font-size: 1.15rem; margin: 2.2rem 0 0.6rem; }
h3 { font-size: 0.85rem; margin: 1.1rem 0 0.3rem; color: var(--quiet); font-weight: 600; }
header p, .note { color: var(--quiet); margin: 0.4rem 0 0; max-width: 46rem; }
.note { font-size: 0.9rem; }
.figures { display: grid; grid-template-columns: repeat(auto-fit, minmax(min(100%, 20rem), 1fr)); gap: 1rem; margin: 1.6rem 0 0.8rem; }
.figures > div, .curves > div { background: var(--card); border: 1px solid var(--rule); border-radius: 10px; padding: 1rem 1.25rem; }
.figures h2 { font-size: 0.9rem; font-weight: 600; color: var(--quiet); margin: 0; }
.figures p { display: inline-block; margin: 0.2rem 2rem 0 0; color: var(--quiet); }
.figures b { font-size: 2.2rem; font-weight: 650; color: var(--ink); font-variant-numeric: tabular-nums; letter-spacing: -0.02em; }
.curves > div { display: grid; grid-template-columns: repeat(auto-fit, minmax(min(100%, 30rem), 1fr)); gap: 1rem; }
.curves svg { width: 100%; height: auto; }
.samples { list-style: none; margin: 0; padding: 0 0 0 0.9rem; border-left: 3px solid var(--rule); }
.samples li { font: 0.9rem/1.6 ui-monospace, SFMono-Regular, Menlo, Consolas, monospace; white-space: pre-wrap; overflow-wrap: anywhere;
  padding-left: 2ch; text-indent: -2ch; }
.tables { display: grid; grid-template-columns: repeat(auto-fit, minmax(min(100%, 26rem), 1fr)); gap: 0 2rem; }
.scroll { overflow-x: auto; }
table { border-collapse: collapse; font-size: 0.9rem; font-variant-numeric: tabular-nums; }
th { text-align: left; white-space: nowrap; font-weight: 500; color: var(--quiet); }
th, td { padding: 0.25rem 1.25rem 0.25rem 0; border-bottom: 1px solid var(--rule); vertical-align: top; overflow-wrap: anywhere; }
details { margin-top: 2.2rem; }
summary { cursor: pointer; }
@media print { details { display: none; } }
`;

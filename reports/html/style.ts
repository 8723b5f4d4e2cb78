/**
 * The page's style. Colours are Okabe and Ito's, darkened or lightened to be read on paper and on a dark screen; every
 * one has a word, a shape or a dash beside it. Text keeps a contrast of 4.5 and over.
 */
const LIGHT = `
--paper:#fff;--ink:#1a1e23;--muted:#59636e;--rule:#e2e5e9;--soft:#f5f6f7;
--first:#0067a8;--second:#b85c00;--third:#9a4a87;--fourth:#00785a;
--bound:#b3340d;--fault:#d55e00;--phase:#59636e;--late:#c9ced4;
--heat1:#cfe0ee;--heat2:#9cc3de;--heat3:#62a0c9;--heat4:#2b7ab3;--heat5:#07558a;--heat6:#032f52;
--pass:#00694f;--fail:#b3340d;--invalid:#7a5c00;--absent:#59636e;
--pass-soft:#e9f5f0;--fail-soft:#fdf0ea;--invalid-soft:#faf3dd;--absent-soft:#f5f6f7;`;

const DARK = `
--paper:#14171a;--ink:#e6e9ec;--muted:#9ba5b0;--rule:#2b3138;--soft:#1c2025;
--first:#62b4ee;--second:#f0a35c;--third:#dc97c8;--fourth:#4ac7a1;
--bound:#ff8f66;--fault:#f08a4b;--phase:#9ba5b0;--late:#40474f;
--heat1:#1f3a52;--heat2:#23557a;--heat3:#2d77a8;--heat4:#4f9dcf;--heat5:#8cc6ea;--heat6:#d6ecfb;
--pass:#57cfaa;--fail:#ff9670;--invalid:#e3c45a;--absent:#9ba5b0;
--pass-soft:#14271f;--fail-soft:#311c14;--invalid-soft:#2a2412;--absent-soft:#1c2025;`;

export const STYLE = `
:root{${LIGHT}}
@media screen and (prefers-color-scheme:dark){:root{${DARK}}}
*{box-sizing:border-box}
body{margin:0;background:var(--paper);color:var(--ink);font:16px/1.55 system-ui,-apple-system,"Segoe UI",Roboto,"Helvetica Neue",Arial,sans-serif;-webkit-text-size-adjust:100%;overflow-wrap:break-word}
main{max-width:1008px;margin:0 auto;padding:0 24px 96px}
h1,h2,h3,p,figure,dl,dd,ul{margin:0}
h2{font-size:22px;line-height:1.3;font-weight:650;margin:72px 0 8px;letter-spacing:-.01em}
h3{font-size:17px;line-height:1.35;font-weight:650}
p{max-width:74ch}
code,pre{font:14px/1.5 ui-monospace,SFMono-Regular,Menlo,Consolas,"Liberation Mono",monospace}
code{overflow-wrap:anywhere}
pre{margin:16px 0 0;padding:16px 20px;background:var(--soft);border-radius:6px;white-space:pre-wrap;overflow-wrap:anywhere}
.hidden{position:absolute;width:1px;height:1px;overflow:hidden;clip-path:inset(50%)}
.verdict{padding:56px 0 0}
.brand{font-size:14px;color:var(--muted)}
.verdict h1{display:flex;align-items:center;gap:20px;margin:12px 0 12px;font-size:72px;line-height:1;font-weight:700;letter-spacing:-.03em}
.verdict h1 .sign{width:64px;height:64px}
.sign{flex:none}
.meaning{font-size:20px;font-weight:600}
.why{margin-top:4px;font-size:20px;line-height:1.45}
.why.long{max-width:96ch;font-size:16px}
.which{margin-top:12px;font-size:14px;color:var(--muted)}
.which+.which{margin-top:2px}
.verdict.pass h1,tr.pass .badge{color:var(--pass)}
.verdict.fail h1,tr.fail .badge{color:var(--fail)}
.verdict.invalid h1,tr.invalid .badge,tr.warn .badge{color:var(--invalid)}
tr.absent .badge{color:var(--absent);font-size:13px}
table{border-collapse:collapse;font-variant-numeric:tabular-nums}
th{font-weight:600;text-align:left}
.targets{width:100%;table-layout:fixed;margin-top:20px;font-size:15px;line-height:1.4}
.targets thead th{padding:0 16px 8px 0;font-size:13px;font-weight:400;color:var(--muted);border-bottom:1px solid var(--rule);white-space:nowrap}
.targets tbody th,.targets td{padding:12px 16px 12px 0;vertical-align:top;border-bottom:1px solid var(--rule)}
.targets tr>:last-child{padding-right:12px}
.targets tr>:first-child{padding-left:12px;padding-right:8px}
.targets thead th:nth-child(1){width:13%}
.targets thead th:nth-child(2){width:23.5%}
.targets thead th:nth-child(3){width:20%}
.targets thead th:nth-child(4){width:16%}
.targets thead th:nth-child(5){width:17%}
.targets .title{display:block;font-weight:400;font-size:13px;color:var(--muted);max-width:36ch}
.targets .measured{font-weight:600}
.targets thead th:last-child,.number{text-align:right;white-space:nowrap}
.targets .explained>*{border-bottom:0;padding-bottom:2px}
.targets .reason td{padding-top:0;font-size:14px}
tr.fail>*{background:var(--fail-soft)}
tr.invalid>*{background:var(--invalid-soft)}
.reason.pass td,.reason.absent td{color:var(--muted)}
.badge{display:inline-flex;align-items:center;gap:7px;font-weight:650}
.badge .sign{width:16px;height:16px}
.bands{overflow-wrap:anywhere;list-style:none;padding:0;margin:12px 0 0;font-size:14px}
.bands li{display:flex;gap:10px;align-items:baseline;margin-top:4px}
.band{flex:none;width:22px;height:18px;line-height:18px;text-align:center;font-size:12px;font-weight:600;border-radius:3px;align-self:flex-start;margin-top:2px}
.band.fault{background:color-mix(in srgb,var(--fault) 18%,transparent)}
.band.phase{background:color-mix(in srgb,var(--phase) 12%,transparent)}
.band.late{background:repeating-linear-gradient(-45deg,var(--late) 0 3px,transparent 3px 6px)}
figure{margin-top:40px;break-inside:avoid}
.pair{display:grid;grid-template-columns:1fr 1fr;column-gap:24px}
.pair figure{display:flex;flex-direction:column;min-width:0}
.pair .says{flex:1}
.says{margin-top:2px;font-size:14px;color:var(--muted)}
.nothing{margin-top:12px;padding:24px;background:var(--soft);border-radius:6px;color:var(--muted)}
.legend{display:flex;flex-wrap:wrap;gap:2px 20px;list-style:none;padding:0;margin:10px 0 4px;font-size:13px}
.legend li{display:flex;align-items:center;gap:8px}
.swatch{width:26px;height:10px;flex:none}
.swatch.cell{width:14px;height:14px}
.chart{display:block;width:100%;height:auto}
.when-narrow{display:none}
details{margin-top:6px;font-size:14px}
summary{cursor:pointer;color:var(--muted);width:fit-content;padding:4px 0}
:focus-visible{outline:2px solid var(--first);outline-offset:2px;border-radius:3px}
.scroll{position:relative;overflow:auto;max-height:420px;margin-top:8px;border:1px solid var(--rule);border-radius:6px}
.figures,.listing{width:100%;font-size:13px;line-height:1.4}
.figures th,.figures td,.listing th,.listing td{padding:5px 14px;text-align:right;white-space:nowrap}
.figures thead th,.listing thead th{position:sticky;top:0;background:var(--soft);font-weight:600}
.figures tbody th{font-weight:400}
.listing th,.listing td{text-align:left;vertical-align:top}
.listing .number{text-align:right}
.listing td:last-child{white-space:normal;min-width:24ch}
tbody tr+tr>*{border-top:1px solid var(--rule)}
.targets tbody tr+tr>*{border-top:0}
section>.scroll{margin-top:16px}
.numbers{display:flex;flex-wrap:wrap;gap:20px 40px;margin-top:20px}
.numbers dt{font-size:13px;color:var(--muted)}
.numbers dd{font-size:24px;font-weight:600;line-height:1.3;font-variant-numeric:tabular-nums}
.facts{margin-top:16px;font-size:15px}
.facts div{display:grid;grid-template-columns:260px 1fr;gap:16px;padding:8px 0;border-top:1px solid var(--rule)}
.facts dt{color:var(--muted)}
.facts dd{min-width:0;overflow-wrap:anywhere}
section>ul{padding-left:20px;max-width:74ch}
section>.bands{padding-left:0}
@media screen and (max-width:900px){
.targets,.targets tbody,.targets tr,.targets td,.targets tbody th{display:block;width:100%}
.targets thead{position:absolute;width:1px;height:1px;overflow:hidden;clip-path:inset(50%)}
.targets tbody tr{padding:14px 12px;border-top:1px solid var(--rule);display:grid;grid-template-columns:1fr auto;gap:2px 12px}
.targets tbody tr:last-child{border-bottom:1px solid var(--rule)}
.targets tbody tr>*,.targets tr>:first-child,.targets tr>:last-child{padding:0;border:0;background:none;text-align:left}
.targets tbody tr.fail{background:var(--fail-soft)}
.targets tbody tr.invalid{background:var(--invalid-soft)}
.targets tbody tr:not(.reason)>*{grid-column:1/-1}
.targets tbody tr:not(.reason)>th{grid-column:1;grid-row:1}
.targets tbody tr:not(.reason)>td:first-child{grid-column:2;grid-row:1}
.targets td[data-name]:not(:first-child)::before{content:attr(data-name);display:inline-block;width:104px;padding-right:8px;font-weight:400;font-size:13px;color:var(--muted)}
.targets td[data-name]:not(:first-child){display:grid;grid-template-columns:104px 1fr}
.targets tr.explained{padding-bottom:4px}
.targets .explained>*{padding:0}
.targets td.none:not(:first-child){display:none}
.targets .title{margin-bottom:4px}
.targets tbody tr.reason{display:block;border-top:0;padding-top:0}
.targets .reason td:first-child{display:none}
}
@media screen and (max-width:760px){

main{padding:0 16px 64px}
.verdict{padding-top:32px}
.verdict h1{font-size:52px;gap:14px}
.verdict h1 .sign{width:46px;height:46px}
.meaning,.why{font-size:18px}
h2{margin-top:56px}
.pair{display:block}
.when-wide{display:none}
.when-narrow{display:block;max-width:520px}
.pair .chart{max-width:520px}
.facts div{grid-template-columns:1fr;gap:0}
.numbers{display:grid;grid-template-columns:1fr 1fr;gap:16px}
}
@media print{
body{font-size:10.5pt}
h2{margin-top:36px}
figure{margin-top:24px}
.verdict{padding-top:0}
.targets{font-size:9pt}
.targets .title,.targets .reason td{font-size:8pt}
.targets tbody th,.targets td{padding-top:6px;padding-bottom:6px}
.badge .sign{width:12px;height:12px}
.targets .badge{gap:5px}
.targets tr.absent .badge{font-size:7pt}
main{max-width:none;padding:0}
details{display:none}
.scroll{max-height:none;overflow:visible;border:0}
.listing,.figures{font-size:8pt}
.figures td,.figures th{white-space:normal;padding:3px 5px}
.listing td,.listing th,.listing .number{white-space:normal;overflow-wrap:anywhere;padding:3px 4px}
.listing td:last-child{min-width:0}
section,tr{break-inside:auto}
tr,.facts div,.numbers{break-inside:avoid}
h2,h3,.says,.legend{break-after:avoid}
*{print-color-adjust:exact;-webkit-print-color-adjust:exact}
}
`;

"""The look of the HTML pages: one sheet for screen, telephone and A4 paper."""

CSS = """
:root{--ink:#1f2a37;--soft:#5b6776;--line:#dbe1e8;--blue:#0b4a8f;--pale:#eef4fb;--green:#17683f;--pale-green:#e6f4ec;
--amber:#8a4b00;--pale-amber:#fdf1de;--paper:#fff}
*{box-sizing:border-box}
html{scroll-behavior:smooth}
body{margin:0;color:var(--ink);background:#f5f7fa;font:16px/1.7 "Noto Sans CJK SC","Source Han Sans SC","PingFang SC",
"Microsoft YaHei","Hiragino Sans GB",system-ui,sans-serif;-webkit-text-size-adjust:100%}
.wide{max-width:1040px;margin:0 auto;padding:0 24px}
.top{background:linear-gradient(120deg,#0b3d77,#1766b8);color:#fff;padding:40px 0 64px}
.kind{margin:0 0 4px;letter-spacing:.2em;font-size:14px;opacity:.85}
h1{margin:0;font-size:30px;line-height:1.35;font-weight:700}
.subtitle{margin:10px 0 0;opacity:.92}
.cards{display:grid;grid-template-columns:repeat(auto-fit,minmax(150px,1fr));gap:12px;margin-top:-40px}
.card{background:var(--paper);border:1px solid var(--line);border-radius:10px;padding:14px 16px;
box-shadow:0 4px 14px rgba(15,40,80,.07)}
.card .label{display:block;color:var(--soft);font-size:13px}
.card strong{display:block;font-size:22px;line-height:1.35;color:var(--blue)}
.small{display:block;color:var(--soft);font-size:13px;line-height:1.55}
nav{display:flex;flex-wrap:wrap;gap:6px 18px;margin:22px 0 0;font-size:14px}
nav a{color:var(--blue);text-decoration:none;border-bottom:1px solid transparent}
nav a:hover,nav a:focus{border-color:var(--blue)}
section{background:var(--paper);border:1px solid var(--line);border-radius:10px;padding:22px 26px;margin:18px 0;
scroll-margin-top:12px}
h2{display:flex;align-items:center;gap:12px;margin:0 0 14px;font-size:19px;line-height:1.4}
.number{flex:none;width:28px;height:28px;border-radius:50%;background:var(--blue);color:#fff;font-size:14px;
line-height:28px;text-align:center}
h3{margin:14px 0 2px;font-size:16px}
p{margin:0 0 10px}
p.note{background:var(--pale-amber);color:var(--amber);border-radius:8px;padding:10px 14px}
p.free{background:var(--pale-green);color:var(--green);border-radius:8px;padding:10px 14px}
dl{display:grid;grid-template-columns:minmax(110px,max-content) 1fr;gap:8px 22px;margin:0}
dt{color:var(--soft)}
dd{margin:0;overflow-wrap:anywhere}
ol,ul{margin:0 0 10px;padding-left:1.6em}
li{margin:4px 0}
.scroll{overflow-x:auto;margin-bottom:12px}
table{border-collapse:collapse;width:100%;font-size:15px}
th{background:var(--pale);color:var(--blue);text-align:left;font-weight:600;white-space:nowrap}
th,td{overflow-wrap:anywhere;padding:10px 12px;border-bottom:1px solid var(--line);vertical-align:top}
tbody tr:last-child td{border-bottom:0}
.badge{display:inline-block;border-radius:999px;padding:1px 10px;font-size:13px;font-weight:600;white-space:nowrap}
.badge.give{background:var(--pale-amber);color:var(--amber)}
.badge.free{background:var(--pale-green);color:var(--green)}
figure{margin:0 0 12px;overflow:auto;max-height:620px;border:1px solid var(--line);border-radius:8px}
figure svg{display:block}
.bars{margin:4px 0 12px}
.bar-row{display:grid;grid-template-columns:230px 1fr 130px;gap:14px;align-items:center;padding:4px 0;font-size:14px}
.track{display:block;background:var(--pale);border-radius:6px;height:16px}
.bar{display:block;height:16px;border-radius:6px;background:#7db1e6}
.bar.strong{background:var(--blue)}
.bar-words{color:var(--soft);white-space:nowrap}
.faq h3::before{content:"Q";display:inline-block;width:1.6em;color:var(--blue);font-weight:700}
.faq p::before{content:"A";display:inline-block;width:1.6em;color:var(--green);font-weight:700}
footer{color:var(--soft);font-size:13px;padding-top:4px;padding-bottom:40px}
@media (max-width:640px){
.wide{padding:0 14px}section{padding:18px 16px}h1{font-size:24px}
dl{grid-template-columns:1fr;gap:2px 0}dd{margin-bottom:8px}
.bar-row{grid-template-columns:1fr;gap:2px}
thead,colgroup{display:none}table,tbody{display:block}
tr{display:block;border:1px solid var(--line);border-radius:8px;padding:6px 0;margin-bottom:10px}
td{display:block;border:0;padding:4px 12px}
td::before{content:attr(data-label);display:block;color:var(--soft);font-size:12px}}
@media print{
@page{size:A4;margin:16mm 14mm}
body{background:#fff;font-size:10.5pt}nav{display:none}.wide{max-width:none;padding:0}
.top{background:none;color:var(--ink);padding:0 0 8pt;border-bottom:2px solid var(--blue)}
table{font-size:9.5pt}.small,.badge{font-size:8.5pt}th,td{padding:5pt 6pt}
.cards{margin-top:10pt;grid-template-columns:repeat(6,1fr);gap:6pt}.card{box-shadow:none;padding:6pt 8pt}.card strong{font-size:13pt}
section{border:0;border-radius:0;padding:0;margin:14pt 0}
h2{break-after:avoid;font-size:13pt}figure{max-height:none;overflow:visible;border:0}
figure svg{max-width:100%;max-height:240mm;height:auto}tr,figure,.faq,.bar-row,.card{break-inside:avoid}
thead{display:table-header-group}
*{-webkit-print-color-adjust:exact;print-color-adjust:exact}}
"""

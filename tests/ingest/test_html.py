from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ingest.chunking import cut
from ingest.parsing._html.reader import HtmlReader, parse
from ingest.parsing._texts.outline import Outline
from mistral_rag.errors import ParseError
from mistral_rag.schema import Page


def pages_of(html: str) -> tuple[Page, ...]:
    outline = Outline()
    HtmlReader(outline).read(html)
    return outline.pages()


def blocks(html: str) -> list[tuple[str, str]]:
    return [(block.kind, page.text[block.start : block.end]) for page in pages_of(html) for block in page.blocks]


def test_text_is_read_as_a_browser_shows_it() -> None:
    assert blocks("<p>One\n  <b>bo</b>ld&nbsp;&amp; <i>slanted</i><br>line<p>soft&shy;hyphen") == [
        ("text", "One bold & slanted\nline"),
        ("text", "softhyphen"),
    ]


@pytest.mark.parametrize(
    "hidden",
    [
        "<script>if (a < b) { '</p>' }</script>",
        "<style>p { color: red }</style>",
        "<p hidden>no</p>",
        '<div style="color: red; DISPLAY : none">no</div>',
        "<template><p>no</p></template>",
        "<nav><ul><li>no</ul></nav>",
        "<div role=navigation>no</div>",
        "<svg><title>no</title><desc>no</desc><g>no</g></svg>",
        "<progress>no</progress><meter>no</meter>",
        "<div popover>no</div>",
        "<!-- no -->",
        "<![CDATA[no]]>",
        "<p hidden>no",
    ],
)
def test_what_is_not_shown_is_not_read(hidden: str) -> None:
    assert blocks(f"<p>Before</p>{hidden}<p>after</p>") == [("text", "Before"), ("text", "after")]


CANARY = "Canary pays nine million"


@pytest.mark.parametrize(
    "hidden",
    [
        "<p style='display:none'>{}</p>",
        "<p style='DISP\\4c AY/**/:/**/no\\6e e !important; display: block'>{}</p>",
        "<p style='visibility: hidden'>{}</p>",
        "<p style='visibility:collapse'>{}</p>",
        "<p style='opacity:0'>{}</p>",
        "<p style='opacity: .01'>{}</p>",
        "<p style='opacity:0%'>{}</p>",
        "<p style='filter: blur(0) opacity(0%)'>{}</p>",
        "<p style='font-size:0'>{}</p>",
        "<p style='font: 1px/1 serif'>{}</p>",
        "<p style='width:0;height:0;overflow:hidden'>{}</p>",
        "<p style='max-height:0; overflow: hidden'>{}</p>",
        "<p style='position:absolute; left:-9999px'>{}</p>",
        "<p style='position:fixed; top:-200em'>{}</p>",
        "<p style='position:absolute; left:99999px'>{}</p>",
        "<p style='margin-left:-9999px'>{}</p>",
        "<p style='text-indent:-9999px'>{}</p>",
        "<p style='position:absolute; clip: rect(0 0 0 0)'>{}</p>",
        "<p style='position:absolute; clip: rect(1px, 1px, 1px, 1px)'>{}</p>",
        "<p style='clip-path: inset(50%)'>{}</p>",
        "<p style='clip-path: circle(0)'>{}</p>",
        "<p style='transform: scale(0)'>{}</p>",
        "<p style='transform: rotate(3deg) translateX(-200vw)'>{}</p>",
        "<p style='content-visibility:hidden'>{}</p>",
        "<p style='display:none;display:foo'>{}</p>",
        "<p style='visibility:hidden;visibility:foo;visibility:visible visible'>{}</p>",
        "<p style='opacity:0;opacity:abc'>{}</p>",
        "<p style='color:#fff;color:bogus(1)'>{}</p>",
        "<p style='color:#fff;color:12'>{}</p>",
        "<p style='position:absolute;left:-9999px;left:abc;position:foo'>{}</p>",
        "<p style='font:0/0 a'>{}</p>",
        "<p style='font-size:1em;font:bold 1px/1 serif'>{}</p>",
        "<div style='opacity:.3'><div style='opacity:.3'><p style='opacity:.3'>{}</p></div></div>",
        "<p style='text-indent:100%;white-space:nowrap;overflow:hidden'>{}</p>",
        "<p style='text-indent:9999px;overflow:hidden'>{}</p>",
        "<p style='clip-path:inset(0 0 100% 0)'>{}</p>",
        "<p style='clip-path:inset(999px)'>{}</p>",
        "<p style='clip-path:inset(30% 60% round 5px)'>{}</p>",
        "<p style='clip-path:rect(0 0 0 0)'>{}</p>",
        "<p style='clip-path:xywh(0 0 0 20px)'>{}</p>",
        "<p style='transform:scale(1,0)'>{}</p>",
        "<p style='transform:matrix(1,0,0,0,0,0)'>{}</p>",
        "<p style='transform:rotateX(90deg)'>{}</p>",
        "<p style='transform:rotateY(-90deg)'>{}</p>",
        "<p style='scale:1 0'>{}</p>",
        "<p style='transform:translate(-100vw)'>{}</p>",
        "<p style='position:fixed;left:100vw'>{}</p>",
        "<p style='position:fixed;top:100vh'>{}</p>",
        "<p style='position:absolute;bottom:9999px'>{}</p>",
        "<p style='position:absolute;inset:-9999px auto auto -9999px'>{}</p>",
        "<p style='position:absolute;inset-inline-start:-9999px'>{}</p>",
        "<p style='margin-inline-start:-9999px'>{}</p>",
        "<p style='margin:0 0 0 -9999px'>{}</p>",
        "<p style='block-size:0;overflow:hidden'>{}</p>",
        "<p style='max-inline-size:0;overflow:hidden'>{}</p>",
        "<div style='background:#000'><p style='background:#000;color:initial'>{}</p></div>",
        "<ruby><rp>{}</rp></ruby>",
        "<style>:root{--d:none}.h{display:var(--d)}</style><p class=h>{}</p>",
        "<p style='display:var(--nope, none)'>{}</p>",
        "<style>:root{--a:var(--b);--b:#fff}</style><p style='color:var(--a)'>{}</p>",
        "<p style='opacity:calc(0)'>{}</p>",
        "<p style='font-size:calc(2 * 1px)'>{}</p>",
        "<p style='font-size:min(1px, 20px)'>{}</p>",
        "<p style='position:absolute;left:calc(-9999px + 1px)'>{}</p>",
        "<p style='height:calc(0px);overflow:hidden'>{}</p>",
        "<p style='color:#fff;color:nonsense'>{}</p>",
        "<p style='color:hwb(0 100% 0%)'>{}</p>",
        "<p style='color:lab(100 0 0)'>{}</p>",
        "<p style='color:oklch(100% 0 0)'>{}</p>",
        "<p style='color:color(srgb 1 1 1)'>{}</p>",
        "<p style='color:light-dark(white, black)'>{}</p>",
        "<p style='color:oklch(.5 .2 30);background:oklch(.5 .2 30)'>{}</p>",
        "<style>p.h:not(:hover){display:none}</style><p class=h>{}</p>",
        "<style>div > :not(:hover){display:none}</style><div><p>{}</p></div>",
        "<style>input:disabled+p{display:none}</style><input disabled><p>{}</p>",
        "<p style='color:white'>{}</p>",
        "<p style='color:#fffffe'>{}</p>",
        "<p style='color:rgba(0,0,0,0)'>{}</p>",
        "<p style='color:transparent'>{}</p>",
        "<p style='color:hsl(0, 0%, 99%)'>{}</p>",
        "<p style='-webkit-text-fill-color: transparent'>{}</p>",
        "<p style='color:#123456; background:#123456'>{}</p>",
        "<p style='color:#fff; background:#fff none no-repeat'>{}</p>",
        "<p style='background:#fff; background-clip:text; color:transparent'>{}</p>",
        "<p style='color:#fff; text-shadow:1px 1px #fff, 0 0 white'>{}</p>",
        "<p style='color:#fff; -webkit-text-stroke:0 black'>{}</p>",
        "<p style='color:transparent; text-shadow:none'>{}</p>",
        "<style>.q::before, .h{position:absolute;inset:0;background:#000}</style><p class=h style='color:#000'>{}</p>",
        "<i style='position:absolute;inset:0;background:#000;display:none'></i><p style='color:#fff'>{}</p>",
        "<style>.h{color:#fff}.h::before{content:'';background:#000}</style><p class=h>{}</p>",
        "<p style='opacity:0; transition:opacity 0s, color 0ms'>{}</p>",
        "<p style='opacity:0; transition:color 1s'>{}</p>",
        "<select><option><option>{}</select>",
        "<div style='background-color:black'><p>{}</p></div>",
        "<div style='background:papayawhip'><b style='color:papayawhip'>{}</b></div>",
        "<table><tr><td bgcolor=black><font color='#000000'>{}</font></td></tr></table>",
        "<font color=white>{}</font>",
        "<p hidden>{}</p>",
        "<p hidden=until-found>{}</p>",
        "<template>{}</template>",
        "<noscript>{}</noscript>",
        "<dialog>{}</dialog>",
        "<input type=hidden value='{}'>",
        "<input style='display:none' value='{}'>",
        "<!-- {} -->",
        "<![CDATA[{}]]>",
        "<s>{}</s>",
        "<del>{}</del>",
        "<strike>{}</strike>",
        "<p style='text-decoration: line-through red'>{}</p>",
        "<style>.a { display: none }</style><p class='b a'>{}</p>",
        "<style>#a{color:#fff}</style><p id=a>{}</p>",
        "<style>em{visibility:hidden}</style><p><em>{}</em></p>",
        "<style>@media screen { div > .a:not(.b) { opacity: 0 } }</style><div><p class=a>{}</p></div>",
        "<style>p.a, .c{font-size:0!important}</style><p class=a style='font-size:12px'>{}</p>",
        "<style>.a{display:none} @media print {.a{display:block}}</style><p class=a>{}</p>",
        "<style>/* } */ .a{content:'}';display:none}</style><p class=a>{}</p>",
    ],
)
def test_text_that_nobody_sees_is_not_read(hidden: str, tmp_path: Path) -> None:
    path = tmp_path / "a.html"
    path.write_text(f"<p>The budget is 4200.</p>{hidden.replace('{}', CANARY)}<p>All else is said.</p>")
    parsed = parse(path)
    assert [page.text for page in parsed.pages] == ["The budget is 4200.\n\nAll else is said."]


@pytest.mark.parametrize(
    "seen",
    [
        "<p aria-hidden=true>{}</p>",
        "<details>{}</details>",
        "<dialog open>{}</dialog>",
        "<div style='visibility:hidden'><p style='visibility:visible'>{}</p></div>",
        "<div style='font-size:0'><p style='font-size:12px'>{}</p></div>",
        "<div style='background:#000'><p style='color:#fff'>{}</p></div>",
        "<div style='background:url(x.png)'><p style='color:#fff'>{}</p></div>",
        "<table><tr bgcolor=navy><td><font color=white>{}</font></td></tr></table>",
        "<p style='color:#999'>{}</p>",
        "<p style='display:block; opacity:.8'>{}</p>",
        "<p style='position:absolute; left:-20px; top:9000px'>{}</p>",
        "<p style='text-indent:-2em; margin-left:2em'>{}</p>",
        "<p style='transform:translate(-50%, -50%)'>{}</p>",
        "<p style='width:0'>{}</p>",
        "<style>.a{display:none} .a.b{display:block}</style><p class='a b'>{}</p>",
        "<p style='background:linear-gradient(red,blue); -webkit-background-clip:text; color:transparent'>{}</p>",
        "<h1 style='background:red; background-clip:text; -webkit-text-fill-color:transparent'><b>{}</b></h1>",
        "<p style='color:transparent; text-shadow:0 0 2px #000'>{}</p>",
        "<p style='color:#fff; text-shadow:1px 1px rgb(0, 0, 0), 0 0 white'>{}</p>",
        "<p style='color:#fff; -webkit-text-stroke:1px black'>{}</p>",
        "<div style='background-image:image-set(\"a\")'><p style='color:#fff'>{}</p></div>",
        "<style>.h{position:relative;color:#fff}.h::before{content:'';position:absolute;inset:0;background:#000}</style>"
        "<p class=h>{}</p>",
        "<div><i style='position:absolute;inset:0;background:#000'></i><p style='color:#fff'>{}</p></div>",
        "<style>@keyframes in{from{opacity:0}to{opacity:1}}.h{opacity:0;animation:in 1s forwards}</style>"
        "<p class=h>{}</p>",
        "<p style='opacity:0; transition:opacity .3s ease'>{}</p>",
        "<p style='opacity:0; transition:.3s'>{}</p>",
        "<button>{}</button>",
        "<p style='display:block flow'>{}</p>",
        "<p style='display:none;display:var(--nope)'>{}</p>",
        "<p style='--a:var(--b);--b:var(--a);display:var(--a)'>{}</p>",
        "<style>:root{--bg:#024;--fg:#fff}</style><p style='background:var(--bg);color:var(--fg)'>{}</p>",
        "<p style='background-color:var(--dark);color:white'>{}</p>",
        "<style>div > .h:not(:hover){display:none}</style><div><b><i class=h>{}</i></b></div>",
        "<style>ul ul{display:none}</style><ul><li>{}<ul><li>no</ul></ul>",
        "<style>div > div{display:none}</style><div>{}<div>no</div></div>",
        "<style>div > *{display:none}</style><p>{}</p><div><b>no</b></div>",
        "<style>[data-x]{display:none}</style><p>{} <b data-x>no</b></p>",
        "<p style='font-size:calc(1rem + 1vw)'>{}</p>",
        "<p style='font-size:clamp(1px, 12px, 20px)'>{}</p>",
        "<div style='background:oklch(.3 .1 200);color:#fff'>{}</div>",
        "<div style='background:rebeccapurple;color:white'>{}</div>",
        "<p style='color:lab(40 0 0)'>{}</p>",
        "<p style='display:none;display:block'>{}</p>",
        "<p style='font-size:0;font:12px serif'>{}</p>",
        "<div style='opacity:.7'><p style='opacity:.6'>{}</p></div>",
        "<p style='clip-path:inset(0 0 50% 0 round 5px)'>{}</p>",
        "<p style='transform:rotate(90deg) rotateX(180deg) scale(-1, 1) matrix(0,1,-1,0,0,0)'>{}</p>",
        "<p style='position:absolute;top:100vh'>{}</p>",
        "<p style='position:absolute;inset:0 auto'>{}</p>",
        "<p style='margin:0 auto;text-indent:100px;overflow:hidden'>{}</p>",
        "<select><option>{}<option>b</select>",
        "<style>p:hover{display:none} p::before{display:none}</style><p>{}</p>",
        "<style>@media print{p{display:none}}</style><p>{}</p>",
        "<style>.a{display:none}</style><p class=ab id=a>{}</p>",
        "<style>@font-face{display:none} p{color:red</style><p>{}</p>",
    ],
)
def test_text_that_looks_hidden_and_is_seen_is_read(seen: str) -> None:
    assert CANARY in "".join(page.text for page in pages_of(f"<p>Before</p>{seen.replace('{}', CANARY)}<p>after</p>"))


@pytest.mark.parametrize(
    "selector",
    [
        ":lang(en)",
        ":is()",
        ":modal",
        "[x=1]",
        "&",
        "p >",
        "p..a",
        "p:nth-child(n+)",
        "}} p:host(.a)",
        "p#1",
        ":has(> img)",
        "[x",
    ],
)
def test_a_selector_that_cannot_be_matched_is_passed_over(selector: str) -> None:
    html = f"<style>{selector}{{display:none}} .b{{display:none}}</style><p class=a>Seen<p class='a b'>No<p>too"
    assert blocks(html) == [("text", "Seen"), ("text", "too")]


@pytest.mark.parametrize(
    ("condition", "is_hidden"),
    [
        ("@media (max-width:600px)", False),
        ("@media screen and (max-width: 40em)", False),
        ("@media (max-height:300px)", False),
        ("@media (width < 600px)", False),
        ("@media (300px <= width <= 900px)", False),
        ("@media (orientation:portrait)", False),
        ("@media (prefers-color-scheme:dark)", False),
        ("@media (prefers-reduced-motion)", False),
        ("@media print, (hover:none)", False),
        ("@media (shape:round)", False),
        ("@media not (shape:round)", False),
        ("@media (min-width:500px) and (max-width:900px)", False),
        ("@supports not (display:grid)", False),
        ("@supports (foo:bar)", False),
        ("@supports not (foo:bar)", False),
        ("@container card (max-width:300px)", False),
        ("@media " + "(" * 2000 + "color" + ")" * 2000, False),
        ("@media", True),
        ("@media all", True),
        ("@media not print", True),
        ("@media print, screen", True),
        ("@media only screen and (min-width:300px)", True),
        ("@media (min-width:30em) and (not (max-width:900px))", True),
        ("@media (width >= 600px)", True),
        ("@media (600px < width)", True),
        ("@media (orientation:landscape) or (shape:round)", True),
        ("@media not screen and (max-width:600px)", True),
        ("@supports (display:grid) and (not (display:foo))", False),
        ("@supports (display:grid)", True),
    ],
)
def test_a_condition_of_a_style_sheet_is_that_of_a_wide_screen(condition: str, is_hidden: bool) -> None:
    seen = [("text", "Seen")] if is_hidden else [("text", "Seen"), ("text", "more")]
    assert blocks(f"<style>{condition}{{p.h{{display:none}}}}</style><p>Seen<p class=h>more") == seen


@pytest.mark.parametrize("attributes", ["media=print", "media='(max-width:500px)'", "type=text/less"])
def test_a_style_sheet_that_is_not_for_the_screen_hides_nothing(attributes: str) -> None:
    assert blocks(f"<style {attributes}>p{{display:none}}</style><p>Seen") == [("text", "Seen")]


def test_hidden_characters_are_counted(tmp_path: Path) -> None:
    path = tmp_path / "a.html"
    path.write_text("<p>Seen</p><p hidden>ab <b>c</b></p><p style='color:#fff'>de</p>")
    assert parse(path).hidden == {0: 5}


@pytest.mark.parametrize(
    ("html", "reason"),
    [
        ("<div>" * 200_000, "more than 20,000 elements inside of each other"),
        ("<p " + " ".join(f"a{at}" for at in range(300_000)) + ">x", "a tag with more than 10,000 attributes"),
        ("<p " + " ".join(f"a{at}='>'" for at in range(300_000)) + ">x", "a tag with more than 10,000 attributes"),
    ],
)
def test_what_would_take_minutes_is_refused(html: str, reason: str) -> None:
    with pytest.raises(ParseError, match=reason):
        pages_of(html)


def test_sections_begin_at_headings_of_the_first_two_levels() -> None:
    pages = pages_of("<h1>Policy</h1><p>Intro<h2>Scope</h2>All.<h3>Detail</h3>More.<h2>Rules</h2><p>Be kind.")
    assert [(page.locator.label, page.text) for page in pages] == [
        ("Policy", "Policy\n\nIntro"),
        ("Scope", "Scope\n\nAll.\n\nDetail\n\nMore."),
        ("Rules", "Rules\n\nBe kind."),
    ]


def test_lists_are_items_and_ordered_ones_keep_their_numbers() -> None:
    assert blocks("<ul><li>a<li>b<ol start=3><li><p>c</p><p>d</p><li>e</ol></ul><dl><dt>f<dd>g</dl>") == [
        ("list", "a"),
        ("list", "b"),
        ("list", "3. c"),
        ("list", "d"),
        ("list", "4. e"),
        ("list", "f"),
        ("list", "g"),
    ]


def test_a_table_has_a_caption_a_header_and_rows() -> None:
    html = """<table><caption>Rates</caption><thead><tr><td></td><td>2023</td><td>2022</td></tr></thead>
        <tr><th scope=row>Sales<td>1<td>2<tr><td>Cost of<br>goods<td colspan=2>9</table>"""
    assert blocks(html) == [
        ("caption", "Rates"),
        ("table", "| 2023 | 2022"),
        ("table", "Sales | 1 | 2\nCost of goods | 9 |"),
    ]


def test_a_row_of_header_cells_names_the_columns() -> None:
    pages = pages_of("<table><tr><th>Record<th>Kept<tr><td>Email<td>3 years</table>")
    (page,), _ = cut(pages, uri="u", title="t")
    assert [(unit.kind, unit.header) for unit in page.units] == [("row", None), ("row", 0)]


def test_a_table_without_header_cells_has_no_header() -> None:
    assert blocks("<table><tr><td>Email<td>3 years<tr><td>Chat<td>1 year</table>") == [
        ("table", "Email | 3 years\nChat | 1 year")
    ]


@pytest.mark.parametrize(
    ("html", "rows"),
    [
        ("<tr><td rowspan=2>a<td>b<td>c<tr><td>d<td>e<tr><td>f<td>g<td>h", "a | b | c\na | d | e\nf | g | h"),
        ("<tr><td>a<td rowspan=3>b<tr><td>c<tr><td>d<tr><td>e<td>f", "a | b\nc | b\nd | b\ne | f"),
        ("<tr><td>a<td>b<td rowspan=2>c<tr><td>d<td>e", "a | b | c\nd | e | c"),
        ("<tr><td rowspan=2 colspan=2>a<td>b<tr><td>c", "a | b\na | c"),
        ("<tr><td rowspan=0>a<td>b<tr><td>c<td>d", "a | b\na | c | d"),
        (f"<tr><td rowspan=2>{'long ' * 50}<td>b<tr><td>c<td>d", f"{'long ' * 49}long | b\n| c | d"),
    ],
)
def test_a_cell_over_several_rows_stands_in_each_of_them(html: str, rows: str) -> None:
    assert blocks(f"<table>{html}</table>") == [("table", rows)]


@pytest.mark.parametrize(
    ("html", "header"),
    [
        (
            "<tr><th rowspan=2>Region<th colspan=2>Revenue<th colspan=2>Staff<tr><th>2024<th>2025<th>2024<th>2025",
            "Region | Revenue 2024 | Revenue 2025 | Staff 2024 | Staff 2025",
        ),
        (
            "<thead><tr><td><td colspan=2>Exports<tr><td>Year<td>Weight<td>Value</thead>",
            "Year | Exports Weight | Exports Value",
        ),
        ("<tr><th colspan=2>Prices<tr><th>Item<th>EUR", "Prices |\nItem | EUR"),
        (
            "<tr><th colspan=2>2024<tr><th colspan=2>First half<tr><th>Q1<th>Q2",
            "2024 |\nFirst half |\nQ1 | Q2",
        ),
        (
            "<tr><th>Id<th colspan=2>A<th>B<tr><th>Id<th>x<th>y<th>B",
            "Id | A x | A y | B",
        ),
    ],
)
def test_groups_of_columns_are_joined_with_the_columns_below(html: str, header: str) -> None:
    assert blocks(f"<table>{html}<tr><td>1<td>2<td>3<td>4<td>5</table>")[0] == ("table", header)


@pytest.mark.parametrize(
    "html",
    [
        "<center><table></center><tr><td>C<td>Si<tr><td>0.39<td>0.2</table>",
        "<div><table></div></p><tr></center><td>C</b><td>Si</form><tr><td>0.39</h3><td>0.2</table></center>",
        "<table><tr><td>C</td></td><td>Si</tr></tr><tr></table></table>",
    ],
)
def test_a_stray_end_tag_ends_no_table(html: str) -> None:
    assert blocks(html)[0][1].splitlines()[0] == "C | Si"


def test_misnested_rows_and_office_markup_are_read_as_browsers_do() -> None:
    assert blocks("<table><tr><td><tr><td>warranty<td>36 months</td></tr></td></tr></table>") == [
        ("table", "warranty | 36 months")
    ]
    assert blocks("<table><tr><td><o:p><P></o:p></P></td><td>delivery in 14 days</td></tr></table>") == [
        ("table", "delivery in 14 days")
    ]
    assert blocks("<b><p>One</b> two<p>three") == [("text", "One two"), ("text", "three")]


def test_what_is_struck_out_is_not_read() -> None:
    assert blocks("<p>Model A is <del>100</del> <ins>120</ins> EUR, <s>free</s> <strike>now</strike> in May.") == [
        ("text", "Model A is 120 EUR, in May.")
    ]


def test_what_a_form_is_filled_with_is_read() -> None:
    html = """<label>Max. load</label> <input value="450 kg"> <input type=hidden value=no>
        <input type=password value=no>
        <textarea>Only with anchor</textarea> <select><option>blue<option selected>red</select> <button>Send</button>
        <select><option>one<option>two</select> <select multiple><option>x</option> <option>y</select>"""
    assert blocks(html) == [("text", "Max. load 450 kg Only with anchor red Send one x y")]


def test_texts_of_drawings_and_formulas_are_read_each_by_itself() -> None:
    drawing = (
        "<svg><title>no</title><rect/><text>12</text><text>34 <tspan>kg</tspan></text><text fill=none>no</text></svg>"
    )
    formula = (
        "<math><mfrac><mn>1</mn><mn>2</mn></mfrac><semantics><mi>x</mi><annotation>no</annotation></semantics></math>"
    )
    assert blocks(f"<h1>Load</h1><p>Bar {drawing}<p>Half {formula}") == [
        ("title", "Load"),
        ("text", "Bar 12 34 kg"),
        ("text", "Half 1 2 x"),
    ]


@pytest.mark.parametrize(
    "hidden",
    ["<text opacity=0>no</text>", "<text fill=white>no</text>", "<g display=none><text>no</text></g>", "no"],
)
def test_hidden_text_of_a_drawing_is_not_read(hidden: str) -> None:
    assert blocks(f"<p>Bar <svg>{hidden}</svg>") == [("text", "Bar")]


@pytest.mark.parametrize(
    ("html", "expected"),
    [
        ("<table><tr><td><p>One.</p><p>Two.</p></td></tr></table>", ["One.", "Two."]),
        ("<table role=presentation><tr><td>a<td>b</table>", ["a", "b"]),
        (f"<table><tr><td>menu<td><p>{'x' * 600}<p>{'y' * 600}</table>", ["menu", "x" * 600, "y" * 600]),
    ],
)
def test_a_table_of_running_text_is_read_as_paragraphs(html: str, expected: list[str]) -> None:
    assert blocks(html) == [("text", text) for text in expected]


def test_a_table_that_only_frames_a_cell_is_part_of_it() -> None:
    html = "<table><tr><td>Standard<td><table><tr><td>JIS G 4108</td></tr></table><tr><td>Grade<td>SNB22-3</table>"
    assert blocks(html) == [("table", "Standard | JIS G 4108\nGrade | SNB22-3")]


def test_a_table_that_lays_out_the_page_is_read_as_blocks() -> None:
    html = "<table><tr><td>menu</td><td><h2>News</h2>Text<table><tr><td>x<td>y</table>after</table>"
    assert blocks(html) == [
        ("text", "menu"),
        ("title", "News"),
        ("text", "Text"),
        ("table", "x | y"),
        ("text", "after"),
    ]


def test_preformatted_text_keeps_its_blanks() -> None:
    assert blocks("<pre>\n a\n   b\n</pre>") == [("code", "a\n   b")]


@pytest.mark.parametrize(
    ("data", "expected"),
    [
        ("<p>Grüße".encode(), "Grüße"),
        ('<meta charset="iso-8859-1"><p>Grüße'.encode("latin-1"), "Grüße"),
        ('<meta charset="iso-8859-1"><p>Grüße'.encode(), "Grüße"),
        (
            '<meta http-equiv="Content-Type" content="text/html; charset=windows-1251"><p>Привет'.encode("cp1251"),
            "Привет",
        ),
        ('<?xml version="1.0" encoding="shift_jis"?><p>日本'.encode("shift_jis"), "日本"),
        ("<p>Grüße".encode("utf-16"), "Grüße"),
        ('<meta charset="no-such-charset"><p>Grüße'.encode("cp1252"), "Grüße"),
        ('<meta charset="utf-16"><p>Grüße'.encode(), "Grüße"),
    ],
)
def test_the_charset_is_that_of_the_mark_the_declaration_or_a_guess(tmp_path: Path, data: bytes, expected: str) -> None:
    path = tmp_path / "page.html"
    path.write_bytes(data)
    assert [page.text for page in parse(path).pages] == [expected]


@pytest.mark.parametrize(
    ("html", "title"),
    [
        ("<title>A &amp;\n B</title><h1>C</h1>x", "A & B"),
        ("<h2>D</h2><h1>C</h1>x", "C"),
        ("<p>x", "page"),
        ("<title> </title><p>x", "page"),
    ],
)
def test_the_title_is_that_of_the_head_the_first_heading_or_the_file(tmp_path: Path, html: str, title: str) -> None:
    path = tmp_path / "page.html"
    path.write_text(html)
    assert parse(path).title == title


def test_some_metadata_is_kept(tmp_path: Path) -> None:
    path = tmp_path / "page.html"
    path.write_text('<meta name="Version" content="2.1"><meta name="viewport" content="x"><p>x')
    assert parse(path).metadata == {"version": "2.1"}


@pytest.mark.parametrize(
    "html",
    [
        "<div>" * 20000 + "x",
        "<table><tr><td>" * 2000 + "x",
        "<" * 20000 + " x",
        "<ul><li>" * 5000 + "x",
        "</p>" * 20000 + "x",
    ],
    ids=["div", "table", "open", "list", "close"],
)
def test_hostile_nesting_ends_without_an_error(html: str) -> None:
    assert pages_of(html)[-1].text.endswith("x")


@pytest.mark.parametrize("attribute", ["colspan", "rowspan", "start"])
def test_absurd_numbers_in_attributes_are_ignored(attribute: str) -> None:
    html = f"<ol {attribute}={'9' * 5000}><li>a</ol><table><tr><td {attribute}={'9' * 5000}>b<td>c</table>"
    assert blocks(html) == [("list", "1. a"), ("table", "b | c")]


TAGS = (
    "<p>|</p>|<div>|</div>|<table>|</table>|<tr>|<td>|</td>|<th>|<thead>|</thead>|<ul>|<ol>|</ul>|<li>|<h1>|</h1>|<h2>"
    "|<pre>|</pre>|<br>|<p hidden>|<nav>|</nav>|<![x|<!-- -->|<title>|&amp;|&#0;|&#xD800;|<|text|more"
)


@given(st.lists(st.sampled_from(TAGS.split("|")), max_size=30))
def test_any_soup_gives_pages_that_can_be_cut(tags: list[str]) -> None:
    cut(pages_of(" ".join(tags)), uri="u", title="t")


@pytest.mark.parametrize(
    ("html", "text"),
    [
        ("<p>The tank holds 10<sup>6</sup> litres.</p>", "The tank holds 10 6 litres."),
        ("<p>It costs 1,200<sup>3</sup> euros.</p>", "It costs 1,200 3 euros."),
        ("<p>A bag of 2<sup>1</sup>/<sub>2</sub> kg</p>", "A bag of 2 1/2 kg"),
        ("<p>A grain of 10<sup>-6</sup> g</p>", "A grain of 10 -6 g"),
        ("<p>The 34<sup>th</sup> day, CO<sub>2</sub></p>", "The 34th day, CO2"),
        ("<p>Paid at 130 per cent.<sup>1</sup></p>", "Paid at 130 per cent. 1"),
        ("<p>Members<sup>a</sup> pay for 40 km<sup>2</sup> of A<sup>e</sup></p>", "Members a pay for 40 km2 of Ae"),
        ("<p><sup>2</sup>Without rent</p>", "2 Without rent"),
    ],
)
def test_raised_and_lowered_numbers_do_not_lengthen_a_number(html: str, text: str) -> None:
    assert [found for _, found in blocks(html)] == [text]


@pytest.mark.parametrize(
    ("html", "items"),
    [
        ("<ol><li>a<li value=9>b<li>c</ol>", ["1. a", "9. b", "10. c"]),
        ("<ol reversed><li>a<li>b</ol>", ["2. a", "1. b"]),
        ("<ol type=a start=26><li>x<li>y</ol>", ["z. x", "aa. y"]),
        ("<ol type=I start=3><li>x<li>y</ol>", ["III. x", "IV. y"]),
        ("<ul type=a><li>x</ul>", ["x"]),
    ],
)
def test_items_have_the_numbers_that_browsers_print(html: str, items: list[str]) -> None:
    assert [found for _, found in blocks(html)] == items


@pytest.mark.parametrize(
    ("html", "text"),
    [
        ('<p><span style="display:block">Block 9</span>10</p>', "Block 9 10"),
        ("<p>Buy <button>3</button><button>4</button></p>", "Buy 3 4"),
        ('<div style="display:flex"><span>1</span><span>2</span></div>', "1 2"),
        ('<p><span style="display:inline">1</span>2</p>', "12"),
    ],
)
def test_what_stands_apart_on_the_screen_is_not_glued(html: str, text: str) -> None:
    assert [found for _, found in blocks(html)] == [text]


def test_a_cell_without_end_covers_all_rows_below() -> None:
    html = "<table><tr><th>Metal<th>Q1<tr><td rowspan=0>Copper<td>31<tr><td>33</table>"
    assert [found for _, found in blocks(html)][-1] == "Copper | 31\nCopper | 33"

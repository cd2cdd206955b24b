"""One HTML file that holds all it shows: no script, no network; layers are switched by checkboxes and CSS alone."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from html import escape
from typing import Final

from mistral_rag._printable import one_line
from mistral_rag.overlay._marks import Layer, LegendEntry, PageView
from mistral_rag.overlay._svg import svg

POLICY: Final = "default-src 'none'; img-src data:; style-src 'unsafe-inline'"
"""Content security policy: whatever came through from a document could load nothing and run nothing."""

_CSS: Final = """
:root { color-scheme: light; }
body { margin: 0 auto; padding: 1rem; max-width: 110rem; font: 15px/1.45 system-ui, sans-serif; color: #1a1a1a; }
h1 { font-size: 1.25rem; margin: 0 0 .25rem; } h2 { font-size: 1.05rem; margin: 0 0 .5rem; } h3 { font-size: .95rem; }
section { border-top: 1px solid #999; padding: 1rem 0; }
input.switch { margin: 0 .3rem 0 0; } label.switch { margin-right: 1.1rem; }
.swatch { display: inline-block; width: .9em; height: .9em; margin-right: .3em; border: 1px solid; }
.facts, .legend { color: #444; margin: .2rem 0; } .legend span { margin-right: 1rem; white-space: nowrap; }
ul.notes { margin: .3rem 0 .8rem; padding: .5rem .5rem .5rem 2rem; background: #fff4e5; }
.both { display: flex; flex-wrap: wrap; gap: 1.5rem; align-items: flex-start; }
.picture { flex: 1 1 34rem; min-width: 0; } .reading { flex: 1 1 26rem; min-width: 0; }
svg.page { width: 100%; height: auto; border: 1px solid #999; background: #fff; font-family: system-ui, sans-serif; }
svg.page .area { mix-blend-mode: multiply; } svg.page .area:hover { stroke: #000; stroke-width: 1.5; }
svg.page g:target, svg.page g:target * { visibility: visible; stroke: #d55e00; stroke-width: 2; }
.block { position: relative; margin: 0 0 .5rem; padding: .1rem .5rem .1rem .6rem; border-left: 3px solid #bbb; }
.block p { margin: 0; white-space: pre-wrap; overflow-wrap: anywhere; unicode-bidi: plaintext; }
.kind { font-size: .75rem; color: #555; font-weight: 600; }
a.unit { color: inherit; text-decoration: none; } a.unit:hover { outline: 1px solid #000; }
.unit-0 { background: #d9e9f4; } .unit-1 { background: #fbeccc; }
.cell-column { background: #f5cf80; } .cell-row { background: #c2e6dc; } .cell-group { background: #dcdcdc; }
a.cell-value, span.cell-value { border-bottom: 2px solid #0072b2; }
.quote { background: #f6cf83; } .header { background: #cce3f0; border-bottom: 2px dashed #0072b2; }
.wide { overflow-x: auto; } table { border-collapse: collapse; font-size: .85rem; }
td { border: 1px solid #999; padding: .15rem .4rem; vertical-align: top; } td.cell-empty { background: #fafafa; }
dl { display: grid; grid-template-columns: max-content 1fr; gap: .15rem .8rem; margin: 0; }
dt { color: #555; } dd { margin: 0; overflow-wrap: anywhere; unicode-bidi: plaintext; }
blockquote { margin: .3rem 0; padding: .3rem .7rem; background: #fdf3dd; white-space: pre-wrap; }
"""


@dataclass(frozen=True, slots=True)
class Section:
    """A part of the file: a heading, remarks, the picture of a page, and HTML beside or below it.

    `beside` is HTML already, made of escaped text; everything else is text.
    """

    heading: str
    view: PageView | None = None
    beside: str = ""
    notes: tuple[str, ...] = ()


def html_page(
    title: str, sections: Sequence[Section], *, facts: Sequence[str] = (), legend: Sequence[LegendEntry] = ()
) -> str:
    """The file: `facts` stand below the title; `legend` says what colours mean."""
    layers: dict[str, Layer] = {}
    for section in sections:
        for layer in section.view.layers if section.view else ():
            layers.setdefault(layer.name, layer)
    body = [
        f'<h1 dir="auto">{_line(title)}</h1>',
        *(f'<p class="facts" dir="auto">{_line(fact)}</p>' for fact in facts),
        _legend(legend),
        *(_switch(layer) for layer in layers.values()),
        "<main>",
        *(_section(section, f"s{number}-") for number, section in enumerate(sections, 1)),
        "</main>",
    ]
    rules = "".join(
        f"#show-{name}:not(:checked) ~ main .layer-{name} {{ visibility: hidden; }}\n" for name in map(escape, layers)
    )
    return (
        '<!doctype html>\n<html lang="en">\n<head>\n<meta charset="utf-8">\n'
        f'<meta http-equiv="Content-Security-Policy" content="{POLICY}">\n'
        '<meta name="viewport" content="width=device-width, initial-scale=1">\n'
        f"<title>{_line(title)}</title>\n<style>{_CSS}{rules}</style>\n</head>\n<body>\n"
        + "\n".join(part for part in body if part)
        + "\n</body>\n</html>\n"
    )


def definitions(pairs: Iterable[tuple[str, str]]) -> str:
    """Names and what they are, as HTML."""
    rows = "".join(f"<dt>{escape(name)}</dt><dd>{_line(value)}</dd>" for name, value in pairs if value)
    return f"<dl>{rows}</dl>" if rows else ""


def quotation(text: str) -> str:
    """A quote as HTML, with its own line breaks."""
    return f'<blockquote dir="auto">{escape(text)}</blockquote>'


def _line(text: str) -> str:
    return escape(one_line(text))


def _switch(layer: Layer) -> str:
    checked = " checked" if layer.shown else ""
    name = escape(layer.name)
    return (
        f'<input class="switch" type="checkbox" id="show-{name}"{checked}>'
        f'<label class="switch" for="show-{name}">{_line(layer.title)}</label>'
    )


def _legend(entries: Sequence[LegendEntry]) -> str:
    if not entries:
        return ""
    swatches = (
        f'<span><i class="swatch" style="background:{entry.style.color}59;border-color:{entry.style.color}"></i>'
        f"{_line(entry.text)}</span>"
        for entry in entries
    )
    return f'<p class="legend">{"".join(swatches)}</p>'


def _section(section: Section, prefix: str) -> str:
    notes = (*section.notes, *(section.view.notes if section.view else ()))
    remarks = "".join(f'<li dir="auto">{_line(note)}</li>' for note in notes)
    drawn = section.view is not None and section.view.raster is not None
    picture = f'<div class="picture">{svg(section.view, prefix=prefix)}</div>' if drawn and section.view else ""
    beside = f'<div class="reading">{section.beside}</div>' if section.beside else ""
    return (
        f'<section><h2 dir="auto">{_line(section.heading)}</h2>'
        + (f'<ul class="notes">{remarks}</ul>' if remarks else "")
        + f'<div class="both">{picture}{beside}</div></section>'
    )

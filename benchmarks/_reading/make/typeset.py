"""Pages that LaTeX and LibreOffice print."""

import html
from collections.abc import Callable, Sequence
from pathlib import Path

from benchmarks._reading.make.grids import Grid, escape
from benchmarks._reading.make.printers import latex, office
from benchmarks._reading.make.prose import Prose, wrap
from benchmarks._reading.make.tables import SHAPES
from benchmarks._reading.truth import PageTruth, Region

Maker = Callable[[Path], tuple[PageTruth, ...]]


# --- LaTeX --------------------------------------------------------------------------------------------------------


def paragraph(lines: Sequence[str]) -> str:
    """Lines that end where ours do, justified."""
    *full, last = (escape(line) for line in lines)
    return "".join(rf"\hbox to\hsize{{{line}}}" for line in full) + rf"\hbox{{{last}}}\medskip "


def tex_columns(out: Path) -> tuple[PageTruth, ...]:
    """A paper: title, abstract, two columns with footnotes and a formula."""
    prose = Prose("tex-columns")
    title, abstract = prose.title(), wrap(prose.text(3), 96)
    regions = [Region("title", title), Region("text", "\n".join(abstract))]
    head = rf"{{\Large\bf {title}}}\par\bigskip {paragraph(abstract)}\bigskip"
    halves = []
    for at in range(2):
        body = ""
        for sentences in (4, 3, 4):
            lines = wrap(prose.text(sentences), 48)
            regions.append(Region("text", "\n".join(lines)))
            body += paragraph(lines)
        name = f"{at + 2}.1 {prose.title()}"
        regions.append(Region("title", name))
        lines = wrap(prose.text(5), 48)
        regions.append(Region("text", "\n".join(lines)))
        halves.append(rf"\begin{{minipage}}[t]{{243pt}}{body}{{\bf {name}}}\par {paragraph(lines)}\end{{minipage}}")
    latex(head + rf"\par\noindent {halves[0]}\hfill {halves[1]}", out)
    return (PageTruth(tuple(regions), number=1),)


def tex_margin(out: Path) -> tuple[PageTruth, ...]:
    """Marginal notes and footnotes."""
    prose = Prose("tex-margin")
    body, regions, notes = "", [], []
    for at in range(3):
        lines = wrap(prose.text(4), 66)
        regions.append(Region("text", "\n".join(lines)))
        note = wrap(prose.note(), 17)[:5]
        notes.append(Region("aside", "\n".join(note), ordered=False))
        shown = r"\\".join(map(escape, note))
        body += rf"\begin{{minipage}}[t]{{340pt}}{paragraph(lines)}\end{{minipage}}\hspace{{12pt}}"
        body += rf"\begin{{minipage}}[t]{{110pt}}\footnotesize {shown}\end{{minipage}}\par\bigskip "
        del at
    latex(body, out)
    return (PageTruth((*regions, *notes), number=1),)


def tex_notes(out: Path) -> tuple[PageTruth, ...]:
    """Footnotes of LaTeX's own."""
    prose = Prose("tex-notes")
    body, regions, notes = "", [], []
    for at in range(1, 4):
        lines = wrap(f"{prose.sentence()[:-1]}.^{{{at}}} {prose.text(3)}", 96)
        regions.append(Region("text", "\n".join(lines)))
        note = prose.note()
        notes.append(Region("footnote", f"^{{{at}}}{note}"))
        body += paragraph(lines).replace(rf"\textsuperscript{{{at}}}", r"\footnotemark ", 1)
        body += rf"\footnotetext{{{escape(note)}}}"
    latex(body, out)
    return (PageTruth((*regions, *notes), number=1),)


def tex_table(shape: str, look: str) -> Maker:
    """A table of LaTeX between two paragraphs."""

    def make(out: Path) -> tuple[PageTruth, ...]:
        prose = Prose(f"tex-{shape}-{look}")
        grid = SHAPES[shape](prose)
        before, after = wrap(prose.text(3), 96), wrap(prose.text(3), 96)
        caption = f"Table 1: {prose.title()}"
        body = rf"{paragraph(before)}\bigskip\begin{{center}}{caption}\par\smallskip {grid.latex(look)}\end{{center}}"
        latex(body + rf"\bigskip {paragraph(after)}", out)
        table = grid.truth(2, hard=look == "bare")
        regions = (
            Region("text", "\n".join(before)), Region("caption", caption), Region("table", grid.text()),
            Region("text", "\n".join(after)),
        )  # fmt: skip
        return (PageTruth(regions, (table,), number=1),)

    return make


# --- LibreOffice --------------------------------------------------------------------------------------------------

_NAMESPACES = " ".join(
    f'xmlns:{name}="urn:oasis:names:tc:opendocument:xmlns:{urn}:1.0"'
    for name, urn in (
        ("office", "office"), ("style", "style"), ("text", "text"), ("table", "table"), ("draw", "drawing"),
        ("fo", "xsl-fo-compatible"), ("svg", "svg-compatible"), ("form", "form"),
    )
)  # fmt: skip
_STYLES = """<office:automatic-styles>
<style:page-layout style:name="pm"><style:page-layout-properties fo:page-width="612pt" fo:page-height="792pt"
 fo:margin="54pt"/></style:page-layout>
<style:style style:name="ruled" style:family="table-cell"><style:table-cell-properties fo:border="0.5pt solid #000000"
 fo:padding="2pt"/></style:style>
<style:style style:name="bare" style:family="table-cell"><style:table-cell-properties fo:padding="2pt"/></style:style>
<style:style style:name="two" style:family="section"><style:section-properties><style:columns fo:column-count="2"
 fo:column-gap="18pt"/></style:section-properties></style:style>
<style:style style:name="side" style:family="graphic"><style:graphic-properties
 style:wrap="run-through" draw:fill="none" draw:stroke="none"
 style:horizontal-pos="from-left" style:horizontal-rel="page" style:vertical-pos="from-top" style:vertical-rel="page"
 fo:border="none" fo:padding="0pt" style:run-through="foreground"/></style:style>
<style:style style:name="head" style:family="paragraph"><style:text-properties fo:font-size="16pt"
 fo:font-weight="bold"/></style:style></office:automatic-styles>
<office:master-styles><style:master-page style:name="Standard" style:page-layout-name="pm"/></office:master-styles>"""
_DEFAULT = """<office:styles><style:default-style style:family="paragraph"><style:text-properties
 style:font-name="Liberation Serif" fo:font-size="10pt"/></style:default-style>
<style:style style:name="Standard" style:family="paragraph"/></office:styles>"""


def open_document(body: str) -> str:
    """A flat OpenDocument text."""
    fonts = (
        '<office:font-face-decls><style:font-face style:name="Liberation Serif" '
        "svg:font-family=\"'Liberation Serif'\"/></office:font-face-decls>"
    )
    return (
        f'<?xml version="1.0" encoding="UTF-8"?><office:document {_NAMESPACES} office:version="1.3" '
        f'office:mimetype="application/vnd.oasis.opendocument.text">{fonts}{_DEFAULT}{_STYLES}'
        f"<office:body><office:text>{body}</office:text></office:body></office:document>"
    )


def office_lines(lines: Sequence[str], style: str = "Standard") -> str:
    """A paragraph whose lines end where ours do."""
    shown = "<text:line-break/>".join(html.escape(line) for line in lines)
    return f'<text:p text:style-name="{style}">{shown}</text:p><text:p/>'


def office_columns(out: Path) -> tuple[PageTruth, ...]:
    """Two columns of a section, of equal length, under a heading."""
    prose = Prose("office-columns")
    title = prose.title()
    regions, body = [Region("title", title)], ""
    for sentences in (4, 4, 5, 3):
        lines = wrap(prose.text(sentences), 48)
        regions.append(Region("text", "\n".join(lines)))
        body += office_lines(lines)
    section = f'<text:section text:style-name="two" text:name="s">{body}</text:section>'
    office(open_document(office_lines([title], "head") + section), out)
    return (PageTruth(tuple(regions), number=1),)


def office_footnotes(out: Path) -> tuple[PageTruth, ...]:
    """Footnotes of LibreOffice's own."""
    prose = Prose("office-footnotes")
    body, regions, notes = "", [], []
    for at in range(1, 4):
        lines = wrap(f"{prose.sentence()[:-1]}.^{{{at}}} {prose.text(3)}", 92)
        regions.append(Region("text", "\n".join(lines)))
        note = prose.note()
        notes.append(Region("footnote", f"{at} {note}"))
        mark = (
            f'<text:note text:id="n{at}" text:note-class="footnote"><text:note-citation>{at}</text:note-citation>'
            f"<text:note-body><text:p> {note}</text:p></text:note-body></text:note>"
        )
        body += office_lines(lines).replace(f"^{{{at}}}", mark)
    office(open_document(body), out)
    return (PageTruth((*regions, *notes), number=1),)


def office_frame(out: Path) -> tuple[PageTruth, ...]:
    """A text frame at the right of the page, beside the text."""
    prose = Prose("office-frame")
    note = [line for _ in range(3) for line in wrap(prose.note(), 24)]
    frame = (
        '<draw:frame draw:style-name="side" text:anchor-type="page" text:anchor-page-number="1" svg:x="440pt" '
        f'svg:y="66pt" svg:width="130pt" svg:height="260pt"><draw:text-box>'
        f"{office_lines(note)}</draw:text-box></draw:frame>"
    )
    body, regions = "", []
    for sentences in (5, 4, 6):
        lines = wrap(prose.text(sentences), 72)
        regions.append(Region("text", "\n".join(lines)))
        body += office_lines(lines)
    office(open_document(frame + body), out)
    return (PageTruth((*regions, Region("aside", "\n".join(note), ordered=False)), number=1),)


def office_table(shape: str, look: str) -> Maker:
    """A table of a LibreOffice text."""

    def make(out: Path) -> tuple[PageTruth, ...]:
        prose = Prose(f"office-{shape}-{look}")
        grid: Grid = SHAPES[shape](prose)
        before, after = wrap(prose.text(3), 92), wrap(prose.text(3), 92)
        caption = f"Table 1: {prose.title()}"
        body = (
            office_lines(before) + office_lines([caption]) + grid.office("t", look) + "<text:p/>" + office_lines(after)
        )
        office(open_document(body), out)
        regions = (
            Region("text", "\n".join(before)), Region("caption", caption), Region("table", grid.text()),
            Region("text", "\n".join(after)),
        )  # fmt: skip
        return (PageTruth(regions, (grid.truth(2, hard=look == "bare"),), number=1),)

    return make


MAKERS: dict[str, tuple[str, Maker]] = {
    "columns-tex": ("columns", tex_columns),
    "notes-tex-margin": ("notes", tex_margin),
    "notes-tex-foot": ("notes", tex_notes),
    "columns-office": ("columns", office_columns),
    "notes-office-foot": ("notes", office_footnotes),
    "notes-office-frame": ("notes", office_frame),
    **{
        f"tables-tex-{shape}-{look}": ("tables", tex_table(shape, look))
        for shape, look in (
            ("plain", "head-rule"), ("currency", "bare"), ("two-levels", "horizontal"), ("empty", "ruled"),
            ("groups", "bare"),
        )
    },
    **{
        f"tables-office-{shape}-{look}": ("tables", office_table(shape, look))
        for shape, look in (
            ("plain", "bare"), ("empty", "ruled"), ("three-levels", "ruled"), ("row-spans", "ruled"),
            ("many-lines", "ruled"),
        )
    },
}  # fmt: skip

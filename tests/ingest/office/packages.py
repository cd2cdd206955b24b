"""Small office files, written part by part."""

import zipfile
from collections.abc import Mapping
from pathlib import Path

from ingest.parsing import Parsed, media_type_of, parse

_NAMES = (
    'xmlns:w="http://schemas.openxmlformats.org/wordprocessingml/2006/main" '
    'xmlns:r="http://schemas.openxmlformats.org/officeDocument/2006/relationships" '
    'xmlns:m="http://schemas.openxmlformats.org/officeDocument/2006/math" '
    'xmlns:a="http://schemas.openxmlformats.org/drawingml/2006/main" '
    'xmlns:c="http://schemas.openxmlformats.org/drawingml/2006/chart" '
    'xmlns:p="http://schemas.openxmlformats.org/presentationml/2006/main" '
    'xmlns:mc="http://schemas.openxmlformats.org/markup-compatibility/2006" '
    'xmlns:wps="http://schemas.microsoft.com/office/word/2010/wordprocessingShape" '
    'xmlns:v="urn:schemas-microsoft-com:vml"'
)
_TYPE = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
_RELATIONS = "http://schemas.openxmlformats.org/package/2006/relationships"
SHEET = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"


def write_package(path: Path, parts: Mapping[str, str | bytes]) -> Path:
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in parts.items():
            archive.writestr(name, content)
    return path


def relations(*targets: tuple[str, str]) -> str:
    """Relationships rId1, rId2, … of these kinds to these parts."""
    found = "".join(
        f'<Relationship Id="rId{at}" Type="{_TYPE}/{kind}" Target="{target}"/>'
        for at, (kind, target) in enumerate(targets, 1)
    )
    return f'<Relationships xmlns="{_RELATIONS}">{found}</Relationships>'


def word(path: Path, body: str, **parts: str) -> Path:
    """A Word document of this body; `parts` are others by their kind, such as styles or numbering."""
    kinds = {name.rstrip("0123456789"): name for name in parts}
    return write_package(
        path,
        {
            "[Content_Types].xml": "<Types>wordprocessingml.document.main</Types>",
            "_rels/.rels": relations(("officeDocument", "word/document.xml")),
            "word/_rels/document.xml.rels": relations(*((kind, f"{name}.xml") for kind, name in kinds.items())),
            "word/document.xml": f"<w:document {_NAMES}><w:body>{body}</w:body></w:document>",
            **{f"word/{name}.xml": f"<w:{name} {_NAMES}>{content}</w:{name}>" for name, content in parts.items()},
        },
    )


def p(text: str, properties: str = "") -> str:
    """A paragraph of one run, or of runs that are given as markup."""
    runs = text if text.startswith("<") else f"<w:r><w:t>{text}</w:t></w:r>"
    return f"<w:p><w:pPr>{properties}</w:pPr>{runs}</w:p>"


def sheet(path: Path, rows: str, *, before: str = "", behind: str = "", styles: str = "", texts: str = "") -> Path:
    """A workbook with a sheet "Q1 Sales" of these rows, and a hidden one."""
    return write_package(
        path,
        {
            "[Content_Types].xml": "<Types>spreadsheetml.sheet.main</Types>",
            "_rels/.rels": relations(("officeDocument", "xl/workbook.xml")),
            "xl/workbook.xml": (
                f'<workbook xmlns="{SHEET}" xmlns:r="{_TYPE}"><sheets><sheet name="Q1 Sales" sheetId="1" r:id="rId1"/>'
                '<sheet name="Old" sheetId="2" state="hidden" r:id="rId2"/></sheets></workbook>'
            ),
            "xl/_rels/workbook.xml.rels": relations(
                ("worksheet", "worksheets/sheet1.xml"),
                ("worksheet", "worksheets/sheet2.xml"),
                ("styles", "styles.xml"),
                ("sharedStrings", "sharedStrings.xml"),
            ),
            "xl/worksheets/sheet1.xml": (
                f'<worksheet xmlns="{SHEET}">{before}<sheetData>{rows}</sheetData>{behind}</worksheet>'
            ),
            "xl/worksheets/sheet2.xml": (
                f'<worksheet xmlns="{SHEET}"><sheetData><row r="1">'
                '<c r="A1" t="inlineStr"><is><t>secret</t></is></c></row>'
                "</sheetData></worksheet>"
            ),
            "xl/styles.xml": f'<styleSheet xmlns="{SHEET}">{styles}</styleSheet>',
            "xl/sharedStrings.xml": f'<sst xmlns="{SHEET}">{texts}</sst>',
        },
    )


def cell(place: str, value: str, style: int = 0) -> str:
    """A cell of a text, or of a number when it looks like one."""
    try:
        float(value)
    except ValueError:
        return f'<c r="{place}" s="{style}" t="inlineStr"><is><t>{value}</t></is></c>'
    return f'<c r="{place}" s="{style}"><v>{value}</v></c>'


def slides(path: Path, *trees: str, attributes: Mapping[int, str] | None = None, **parts: str) -> Path:
    """A presentation of slides with these shapes; `parts` are notes by their slide ("notes1")."""
    numbers = range(1, len(trees) + 1)
    shown = attributes or {}
    return write_package(
        path,
        {
            "[Content_Types].xml": "<Types>presentationml.presentation.main</Types>",
            "_rels/.rels": relations(("officeDocument", "ppt/presentation.xml")),
            "ppt/presentation.xml": (
                f"<p:presentation {_NAMES}>"
                f'<p:sldIdLst>{"".join(f"""<p:sldId id="{255 + n}" r:id="rId{n}"/>""" for n in numbers)}'
                '</p:sldIdLst><p:sldSz cx="1000" cy="1000"/></p:presentation>'
            ),
            "ppt/_rels/presentation.xml.rels": relations(*(("slide", f"slides/slide{n}.xml") for n in numbers)),
            **{
                f"ppt/slides/slide{n}.xml": (
                    f"<p:sld {_NAMES} {shown.get(n, '')}><p:cSld><p:spTree>{tree}</p:spTree></p:cSld></p:sld>"
                )
                for n, tree in zip(numbers, trees, strict=True)
            },
            **{
                f"ppt/slides/_rels/slide{n}.xml.rels": relations(("notesSlide", f"../notesSlides/notes{n}.xml"))
                for n in numbers
                if f"notes{n}" in parts
            },
            **{
                f"ppt/notesSlides/{name}.xml": (
                    f"<p:notes {_NAMES}><p:cSld><p:spTree>{shape(text, kind='body')}</p:spTree></p:cSld></p:notes>"
                )
                for name, text in parts.items()
            },
        },
    )


def shape(text: str, at: tuple[int, int, int, int] = (0, 0, 10, 10), *, kind: str = "", hidden: str = "") -> str:
    """A shape with a text at left, top, width and height; `kind` is that of a placeholder."""
    left, top, width, height = at
    placeholder = f'<p:ph type="{kind}"/>' if kind else ""
    return (
        f'<p:sp><p:nvSpPr><p:cNvPr id="1" name="s" {hidden}/><p:cNvSpPr/><p:nvPr>{placeholder}</p:nvPr></p:nvSpPr>'
        f'<p:spPr><a:xfrm><a:off x="{left}" y="{top}"/><a:ext cx="{width}" cy="{height}"/></a:xfrm></p:spPr>'
        f"<p:txBody>{''.join(f'<a:p><a:r><a:t>{line}</a:t></a:r></a:p>' for line in text.splitlines())}"
        "</p:txBody></p:sp>"
    )


def read(path: Path) -> Parsed:
    """The file as a build would read it."""
    media_type = media_type_of(path)
    assert media_type is not None
    return parse(path, media_type)


def texts(path: Path) -> list[str]:
    return [page.text for page in read(path).pages]


def blocks(parsed: Parsed) -> list[tuple[str, str]]:
    return [(block.kind, page.text[block.start : block.end]) for page in parsed.pages for block in page.blocks]

"""PDF files of which every operator is written here: hidden text, overprinting, maps, forms."""

from collections.abc import Callable, Sequence
from pathlib import Path

from benchmarks._reading.make.printers import by_hand
from benchmarks._reading.make.prose import Prose, wrap
from benchmarks._reading.truth import PageTruth, Region

Maker = Callable[[Path], tuple[PageTruth, ...]]


def show(x: float, y: float, text: str, *, size: float = 11, font: str = "F1", before: str = "") -> str:
    """Operators that show a line."""
    escaped = text.replace("\\", r"\\").replace("(", r"\(").replace(")", r"\)")
    return f"BT {before} /{font} {size} Tf {x} {y} Td ({escaped}) Tj ET\n"


def budget(prose: Prose) -> tuple[list[str], str]:
    """What is seen on the pages of hidden text, and its operators."""
    seen = [
        f"Grant {prose.number()} of the harbour fund", f"Total award amount: {prose.number()},000",
        f"Personnel: {prose.number()},000", f"Equipment: {prose.number()},000",
    ]  # fmt: skip
    shown = "".join(show(72, 700 - 24 * at, text) for at, text in enumerate(seen))
    lines = wrap(prose.text(4), 84)
    seen.append("\n".join(lines))
    return seen, shown + "".join(show(72, 440 - 14 * at, text, font="F2") for at, text in enumerate(lines))


def hidden(kind: str, operators: str, **more: Sequence[str] | str) -> Maker:
    """A page on which `operators` show SECRET so that nobody sees it."""

    def make(out: Path) -> tuple[PageTruth, ...]:
        prose = Prose(f"hidden-{kind}")
        seen, shown = budget(prose)
        secret = f"Correction notice: the official amount is {prose.number()} dollars"
        by_hand([shown + operators.replace("SECRET", secret)], out, **more)  # type: ignore[arg-type]
        return (PageTruth(tuple(Region("text", text) for text in seen), hidden=(secret,), number=1),)

    return make


_LINE = "/F1 11 Tf 72 520 Td (SECRET) Tj ET\n"
_OFF_LAYER = "<</Type/OCG/Name(Notes)>>"
_OFF_CATALOG = "/OCProperties<</OCGs[10 0 R]/D<</OFF[10 0 R]>>>>"
_FONTS = "/Font<</F1 3 0 R/F2 4 0 R/F3 5 0 R/F4 6 0 R>>"

_HIDDEN: dict[str, Maker] = {
    "hidden-mode-3": hidden("mode-3", f"BT 3 Tr {_LINE}"),
    "hidden-mode-7": hidden("mode-7", f"q BT 7 Tr {_LINE} Q"),
    "hidden-white": hidden("white", f"q 1 1 1 rg BT {_LINE} Q"),
    "hidden-near-white": hidden("near-white", f"q .99 .99 .99 rg BT {_LINE} Q"),
    "hidden-tiny": hidden("tiny", "BT /F1 .6 Tf 72 520 Td (SECRET) Tj ET"),
    "hidden-scaled": hidden("scaled", "q .05 0 0 .05 72 520 cm BT /F1 11 Tf 0 0 Td (SECRET) Tj ET Q"),
    "hidden-bar": hidden("bar", f"BT {_LINE} q 0 g 60 510 460 24 re f Q"),
    "hidden-white-box": hidden("white-box", f"BT {_LINE} q 1 g 60 510 460 24 re f Q"),
    "hidden-image": hidden(
        "image", f"BT {_LINE} q 460 0 0 24 60 510 cm BI /W 1 /H 1 /CS /G /BPC 8 /F /AHx ID 99> EI Q"
    ),
    "hidden-clip": hidden("clip", f"q 0 0 50 50 re W n BT {_LINE} Q"),
    "hidden-crop": hidden(
        "crop", "BT /F1 11 Tf 72 20 Td (SECRET) Tj ET", page="/CropBox[0 60 612 792]"
    ),
    "hidden-outside": hidden("outside", "BT /F1 11 Tf 72 -40 Td (SECRET) Tj ET"),
    "hidden-layer": hidden(
        "layer",
        f"/OC /L1 BDC BT {_LINE} EMC",
        objects=(_OFF_LAYER,),
        catalog=_OFF_CATALOG,
        page=f"/Resources<<{_FONTS}/Properties<</L1 10 0 R>>>>",
    ),
    "hidden-transparent": hidden(
        "transparent", f"q /G1 gs BT {_LINE} Q", page=f"/Resources<<{_FONTS}/ExtGState<</G1<</ca 0/CA 0>>>>>>"
    ),
}  # fmt: skip


def overprint(out: Path) -> tuple[PageTruth, ...]:
    """Bold by drawing twice, three times, and letter by letter."""
    prose, content, seen = Prose("overprint"), "", []
    for at, offsets in enumerate(((0, 0.3), (0, 0.25, 0.5), (0, 0.0), (0, 0.6))):
        text = f"Stine {prose.number()} Mat. {prose.number() / 1000:.1f} Moisture {prose.number() / 1000:.1f}"
        seen.append(text)
        y = 700 - 30 * at
        content += "".join(show(72 + dx, y, text, font="F4") for dx in offsets)
    spelled = f"Income ${prose.number()} of lot {prose.number()}"
    seen.append(spelled)
    for at, letter in enumerate(spelled):
        # Courier: each letter is .6 of its size wide
        content += show(72 + 7.2 * at, 560, letter, font="F3", size=12) * 2
    by_hand([content], out)
    return (PageTruth(tuple(Region("text", text) for text in seen), number=1),)


def soft_hyphens(out: Path) -> tuple[PageTruth, ...]:
    """Hyphens that are drawn and that the font's map calls U+00AD, in part numbers, ranges and compounds."""
    texts = (
        "Part SS-2541-03-M replaces SS-2541-02-M.", "The term is 1-12 months.", "Attribution-NonCommercial licence",
        "Call 555-0193 or 555-0188 before 9-11-2026.", "A well-known cost-benefit view of the 2019-2024 plan",
    )  # fmt: skip
    pairs = [(code, ord("\u00ad") if code == ord("-") else code) for code in range(32, 127)]
    body = "".join(f"<{code:02x}> <{meant:04x}>\n" for code, meant in pairs)
    cmap = (
        "/CIDInit /ProcSet findresource begin 12 dict begin begincmap /CMapType 2 def 1 begincodespacerange <00> <ff> "
        f"endcodespacerange 95 beginbfchar\n{body}endbfchar endcmap end end"
    )
    font = "<</Type/Font/Subtype/Type1/BaseFont/Helvetica/Encoding/WinAnsiEncoding/ToUnicode 11 0 R>>"
    objects = (font, f"<</Length {len(cmap)}>>stream\n{cmap}\nendstream")
    content = "".join(show(72, 700 - 26 * at, text) for at, text in enumerate(texts))
    by_hand([content], out, objects=objects, page="/Resources<</Font<</F1 10 0 R>>>>")
    return (PageTruth(tuple(Region("text", text) for text in texts), number=1),)


def digits_close(out: Path) -> tuple[PageTruth, ...]:
    """Columns of single digits so close that their gap is that between two words; each digit shown by itself."""
    from benchmarks._reading.make.grids import Grid

    prose = Prose("digits-close")
    names = ("Guam", "Maine", "Texas", "Utah", "Idaho", "Ohio")
    heads = ["State", "A", "B", "C", "D", "E", "F"]
    rows = [[name, *(str(prose.number() % 10) for _ in heads[1:])] for name in names]
    content = ""
    for y, row in enumerate((heads, *rows)):
        for x, text in enumerate(row):
            content += show(72 + (60 + 13 * x if x else 0), 700 - 16 * y, text, size=9)
    by_hand([content], out)
    grid = Grid([heads], rows)
    return (PageTruth((Region("table", grid.text()),), (grid.truth(0, hard=True),), number=1),)


FIELDS = (
    ("Entrance", "Rear house B"), ("Floor", "Third"), ("Account number", "DE-4471-0093"),
    ("Date of birth", "14 May 1988"),
    ("Monthly rent", "1,250.00"), ("Country", "Portugal"),
)  # fmt: skip
_CHOICE = "/Ch/Opt[(Spain)(Portugal)(Malta)]/Ff 131072"


def form(*, above: bool = False, appearances: bool = True, boxes: bool = False) -> Maker:
    """A filled AcroForm, two fields in a line; labels before or `above` the fields.

    Without `appearances` a viewer has to draw the values; `boxes` are ticked or not before their labels.
    """

    def make(out: Path) -> tuple[PageTruth, ...]:
        content = show(72, 740, "Application for a flat", size=15)
        widgets: list[str] = []
        streams: list[str] = []
        for at, (label, value) in enumerate(FIELDS):
            x, y = 72 + 248 * (at % 2), 700 - 44 * (at // 2)
            content += show(x, y, label)
            left, low = (x, y - 22) if above else (x + 100, y - 5)
            kind = _CHOICE if label == "Country" else "/Tx"
            entry = f"/AP<</N {10 + 8 + at} 0 R>>" if appearances else ""
            widgets.append(
                f"<</Type/Annot/Subtype/Widget/FT{kind}/T(field{at})/V({value})/DA(/F1 11 Tf 0 g)/F 4/P 40 0 R"
                f"/Rect[{left} {low} {left + 120} {low + 18}]{entry}>>"
            )
            streams.append(f"/Tx BMC q BT /F1 11 Tf 0 g 2 4 Td ({value}) Tj ET Q EMC")
        ticked = (("Pets allowed", True), ("Smoker", False)) if boxes else ()
        for at, (label, on) in enumerate(ticked):
            content += show(92, 540 - 24 * at, label)
            widgets.append(
                f"<</Type/Annot/Subtype/Widget/FT/Btn/T(box{at})/V/{'Yes' if on else 'Off'}/AS/{'Yes' if on else 'Off'}"
                f"/F 4/P 40 0 R/Rect[72 {538 - 24 * at} 84 {550 - 24 * at}]/AP<</N<</Yes 24 0 R/Off 25 0 R>>>>"
                "/MK<</CA(4)>>>>"
            )
        objects = [*widgets, *["null"] * (8 - len(widgets)), *(_appearance(text, 120, 18) for text in streams)]
        objects += [
            _appearance("0 0 12 12 re S 2 2 m 10 10 l 2 10 m 10 2 l S", 12, 12),
            _appearance("0 0 12 12 re S", 12, 12),
        ]
        references = " ".join(f"{10 + at} 0 R" for at in range(len(widgets)))
        wanted = "" if appearances else "/NeedAppearances true"
        by_hand(
            [content],
            out,
            objects=objects,
            catalog=f"/AcroForm<</Fields[{references}]/DR<</Font<</F1 3 0 R>>>>/DA(/F1 11 Tf 0 g){wanted}>>",
            page=f"/Annots[{references}]",
        )
        shown = [f"{label} {value}" for label, value in FIELDS] + [label for label, _ in ticked]
        regions = (Region("title", "Application for a flat"), Region("form", "\n".join(shown)))
        return (PageTruth(regions, fields=FIELDS, number=1),)

    return make


def _appearance(content: str, width: float, height: float) -> str:
    return (
        f"<</Type/XObject/Subtype/Form/BBox[0 0 {width} {height}]/Resources<</Font<</F1 3 0 R>>>>"
        f"/Length {len(content)}>>stream\n{content}\nendstream"
    )


MAKERS: dict[str, tuple[str, Maker]] = {
    **{name: ("hidden", maker) for name, maker in _HIDDEN.items()},
    "characters-overprint": ("characters", overprint),
    "characters-soft-hyphens": ("characters", soft_hyphens),
    "tables-digits-close": ("tables", digits_close),
    "forms-acro": ("forms", form()),
    "forms-labels-above": ("forms", form(above=True)),
    "forms-no-appearances": ("forms", form(appearances=False)),
    "forms-boxes": ("forms", form(boxes=True)),
}

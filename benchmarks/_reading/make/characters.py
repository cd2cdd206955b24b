"""Pages of soft hyphens, letter spacing, marks above and below the line, text drawn twice; and hidden text."""

from collections.abc import Sequence

from benchmarks._reading.make.layouts import Scene, column, heading
from benchmarks._reading.make.prose import Prose, wrap
from benchmarks._reading.make.sheets import Sheet


def spaced(name: str, spacing: float) -> Scene:
    """Headings with space between their letters, prose with a little."""

    def build() -> list[Sheet]:
        sheet, prose = Sheet(), Prose(name)
        top = 60.0
        for at in range(3):
            title = prose.title().upper()
            style = f"letter-spacing:{spacing}pt;font-size:{14 - 2 * at}pt;font-weight:bold"
            top = sheet.put(54, top, [title], kind="title", style=style) + 10
            lines = wrap(prose.text(3), 84)
            top = sheet.put(54, top, lines, style="letter-spacing:.6pt") + 14
        return [sheet]

    return build


def marks(name: str) -> Scene:
    """Superscripts and subscripts at words and at numbers."""
    texts = (
        "The growth of BAF_{a} appears in 34 of 51 samples, that of BAF_{b} in none.",
        "Sales rose to 1,204^{2} units and costs to 318^{3}, as the notes explain.",
        "Water (H_{2}O) and carbon dioxide (CO_{2}) were measured at 10^{6} points.",
        "The fee is due on the 3^{rd} of May and on the 21^{st} of June.",
        "Each site has an area of 45 m^{2} and a volume of 130 m^{3}.",
        "Revenue of 2024^{a,b} was 77.5 million.",
        "^{2} Without units that were returned. ^{3} Before tax.",
    )

    def build() -> list[Sheet]:
        sheet = Sheet()
        top = heading(sheet, 54, 54, Prose(name).title())
        for text in texts:
            top = sheet.put(54, top, [text]) + 10
        return [sheet]

    return build


def drawn_twice(name: str, offset: float) -> Scene:
    """Headings and numbers with a shadow: the same text once more, a little aside."""

    def build() -> list[Sheet]:
        sheet, prose = Sheet(), Prose(name)
        top = 60.0
        for _ in range(3):
            title, rest = prose.title(), wrap(prose.text(2), 88)
            number = f"Mat. {prose.number() / 100:.1f} Moisture {prose.number() / 1000:.1f} Income ${prose.number()}"
            for text, size in ((title, 15), (number, 11)):
                style = f"font-size:{size}pt;line-height:20pt;"
                sheet.show(54 + offset, top + offset, [text], style=style + "color:#888")
                sheet.put(54, top, [text], style=style)
                top += 22
            top = sheet.put(54, top, rest) + 14
        return [sheet]

    return build


def soft_hyphens(name: str) -> Scene:
    """Soft hyphens where no line ends are not drawn; those at a line's end are."""

    def build() -> list[Sheet]:
        sheet, prose = Sheet(), Prose(name)
        top = heading(sheet, 54, 54, prose.title())
        for _ in range(3):
            lines = wrap(prose.text(4), 50, hyphens=True)
            sheet.put(54, top, lines, width=243)
            shown = [
                f"{line[:-1]}\u00ad" if line.endswith("-") else line.replace("ship", "sh\u00adip") for line in lines
            ]
            sheet.parts.pop()
            drawn = [f"{line[:-1]}-" if line.endswith("\u00ad") else line for line in shown]
            sheet.show(54, top, drawn, width=243)
            top += 13 * len(lines) + 10
        return [sheet]

    return build


def hidden(name: str) -> Scene:
    """White, covered, tiny and transparent text on a page that a browser prints, and text that opacity hides."""

    def build() -> list[Sheet]:
        sheet, prose = Sheet(), Prose(name)
        top = heading(sheet, 54, 54, prose.title())
        top = column(sheet, prose, 54, top, 504, [3, 3])
        for style in ("color:#fff", "font-size:.7pt", "opacity:0", "color:transparent"):
            secret = f"Correction notice {prose.number()}: pay {prose.number()} to the bearer"
            sheet.show(54, top, [secret], style=style)
            if style != "opacity:0":
                sheet.hidden.append(secret)
            top += 16
        secret = f"Approved by the harbour master {prose.number()}"
        sheet.show(200, top, [secret])
        sheet.draw(190, top - 2, "", style="width:220pt;height:18pt;background:#000")
        sheet.hidden.append(secret)
        column(sheet, prose, 54, top + 40, 504, [3])
        return [sheet]

    return build


def on_colour(name: str) -> Scene:
    """Text of the colour of the box behind it; and white text on a dark box, which is seen."""

    def build() -> list[Sheet]:
        sheet, prose = Sheet(), Prose(name)
        column(sheet, prose, 54, 60, 504, [4])
        for top, colour in ((200, "#204060"), (280, "#c8e0c8")):
            sheet.draw(54, top, "", style=f"width:504pt;height:60pt;background:{colour}")
            secret = f"Secret clause {prose.number()} of annex {prose.number()}"
            sheet.show(70, top + 34, [secret], style=f"color:{colour}")
            sheet.hidden.append(secret)
            text = wrap(prose.text(1), 90)
            sheet.put(70, top + 8, text, style="color:#fff" if colour == "#204060" else "")
        column(sheet, prose, 54, 370, 504, [3])
        return [sheet]

    return build


def typewriter(name: str, texts: Sequence[str] = ()) -> Scene:
    """Justified by blanks, in a fixed pitch, with part numbers and ranges."""

    def build() -> list[Sheet]:
        sheet, prose = Sheet(), Prose(name)
        top = 60.0
        for _ in range(4):
            text = f"{prose.text(2)} See part SS-{prose.number()}-03-M, items 1-12, and form W-{prose.number() % 10}."
            lines = wrap(text, 78)
            top = sheet.put(54, top, lines, style="font-family:'Liberation Mono';font-size:10pt") + 13
        return [sheet]

    return build


SCENES: dict[str, tuple[str, Scene]] = {
    "characters-spaced": ("characters", spaced("characters-spaced", 3)),
    "characters-spaced-wide": ("characters", spaced("characters-spaced-wide", 6)),
    "characters-marks": ("characters", marks("characters-marks")),
    "characters-twice": ("characters", drawn_twice("characters-twice", 0.4)),
    "characters-shadow": ("characters", drawn_twice("characters-shadow", 1.2)),
    "characters-hyphens": ("characters", soft_hyphens("characters-hyphens")),
    "characters-typewriter": ("characters", typewriter("characters-typewriter")),
    "hidden-styles": ("hidden", hidden("hidden-styles")),
    "hidden-on-colour": ("hidden", on_colour("hidden-on-colour")),
}

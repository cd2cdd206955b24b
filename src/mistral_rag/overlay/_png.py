"""The picture of a page with its layers drawn in, below it what the colours mean and what is said of the page."""

import io
import unicodedata
from collections.abc import Sequence
from functools import lru_cache
from typing import Final

from PIL import Image, ImageColor, ImageDraw, ImageFont

from mistral_rag.overlay._marks import LegendEntry, MarkStyle, PageView, is_light
from mistral_rag.overlay._shapes import Area, Route, Shape, Tag, shapes, unit_of, word_areas

_INK: Final = "#1A1A1A"
_NOTE_SIZE: Final = 8.5
"""Height of the letters below the page, in points of a letter page."""
_MISSING: Final = "\ufff0"
"""A noncharacter: what the font draws for it is what it draws for every character that it lacks."""
_PLAIN: Final = str.maketrans({"–": "-", "—": "-", "‘": "'", "’": "'", "“": '"', "”": '"', "−": "-", "ß": "ss"})

Font = ImageFont.FreeTypeFont | ImageFont.ImageFont


def png(views: Sequence[PageView], *, legend: Sequence[LegendEntry] = (), notes: Sequence[str] = ()) -> bytes:
    """Pages with pictures, one below the other, as a PNG file; notes of a page stand below it, `notes` at the end."""
    pieces = [piece for view in views for piece in (_drawn(view), _notes(view, _lines(view.notes), ()))]
    pieces.append(_notes(views[0], _lines(notes), legend))
    shown = [piece for piece in pieces if piece is not None]
    whole = Image.new("RGB", (max(piece.width for piece in shown), sum(piece.height for piece in shown)), "white")
    top = 0
    for piece in shown:
        whole.paste(piece, (0, top))
        top += piece.height
    file = io.BytesIO()
    whole.save(file, "PNG", optimize=True)
    return file.getvalue()


def _drawn(view: PageView) -> Image.Image:
    """The page with its layers."""
    if view.raster is None:
        raise ValueError("a page without a picture can't be drawn")
    picture = Image.frombytes("RGB", (view.raster.width, view.raster.height), view.raster.pixels)
    scale = view.raster.width / (view.size[0] or 1.0)
    words = word_areas(view.page, *view.size)
    for layer in view.layers:
        for shape in shapes(layer, *view.size, words):
            _draw(picture, shape, scale)
    # a line at its end parts the page from what is written below
    ImageDraw.Draw(picture).line([(0, picture.height - 1), (picture.width, picture.height - 1)], fill="#999999")
    return picture


def _draw(picture: Image.Image, shape: Shape, scale: float) -> None:
    if isinstance(shape, Area):
        _draw_area(picture, shape, scale)
    elif isinstance(shape, Route):
        points = [(x * scale, y * scale) for x, y in shape.points]
        ImageDraw.Draw(picture).line(points, fill=shape.style.color, width=_whole(shape.width * scale), joint="curve")
    else:
        _draw_tag(picture, shape, scale)


def _draw_area(picture: Image.Image, area: Area, scale: float) -> None:
    box = _pixels((area.left, area.top, area.right, area.bottom), scale, picture)
    if area.style.fill:
        _tint(picture, box, area.style, _whole(4 * scale))
    if area.width:
        width = _whole(area.width * scale)
        draw = ImageDraw.Draw(picture)
        left, top, right, bottom = box[0], box[1], box[2] - 1, box[3] - 1
        if area.style.dashed:
            for side in _sides(left, top, right, bottom):
                _dash(draw, side, area.style.color, width)
        else:
            draw.rectangle((left, top, right, bottom), outline=area.style.color, width=width)


def _tint(picture: Image.Image, box: tuple[int, int, int, int], style: MarkStyle, step: int) -> None:
    """Darken an area towards a colour, as a marker pen does: black letters stay black."""
    part = picture.crop(box)
    if style.hatched:
        draw = ImageDraw.Draw(part)
        for x in range(-part.height, part.width, step):
            draw.line([(x, part.height), (x + part.height, 0)], fill=style.color, width=max(step // 3, 1))
    red, green, blue = (round(255 - style.fill * (255 - level)) for level in ImageColor.getrgb(style.color)[:3])
    tables = [[value * level // 255 for value in range(256)] for level in (red, green, blue)]
    picture.paste(part.point([value for table in tables for value in table]), box[:2])


def _sides(left: int, top: int, right: int, bottom: int) -> list[tuple[int, int, int, int]]:
    return [
        (left, top, right, top),
        (left, bottom, right, bottom),
        (left, top, left, bottom),
        (right, top, right, bottom),
    ]


def _dash(draw: ImageDraw.ImageDraw, side: tuple[int, int, int, int], color: str, width: int) -> None:
    x0, y0, x1, y1 = side
    length = max(x1 - x0, y1 - y0)
    for at in range(0, length, 5 * width):
        end = min(at + 3 * width, length)
        start, stop = (
            (x0 + (at if x1 > x0 else 0), y0 + (at if y1 > y0 else 0)),
            (
                x0 + (end if x1 > x0 else 0),
                y0 + (end if y1 > y0 else 0),
            ),
        )
        draw.line([start, stop], fill=color, width=width)


def _draw_tag(picture: Image.Image, tag: Tag, scale: float) -> None:
    text = drawable(tag.text)
    if not text.strip("…"):
        return
    font = _font(tag.size * scale)
    box = _pixels((tag.left, tag.top, tag.right, tag.bottom), scale, picture)
    draw = ImageDraw.Draw(picture)
    if tag.round:
        draw.rounded_rectangle(box, radius=(box[3] - box[1]) // 2, fill=tag.style.color)
    else:
        draw.rectangle(box, fill=tag.style.color)
    ink = "black" if is_light(tag.style.color) else "white"
    draw.text(((box[0] + box[2]) / 2, (box[1] + box[3]) / 2), text, font=font, fill=ink, anchor="mm")


def _notes(view: PageView, lines: Sequence[str], legend: Sequence[LegendEntry]) -> Image.Image | None:
    """The picture below a page: the legend in one row, then the lines, broken where they are too long."""
    if view.raster is None or not (lines or legend):
        return None
    width = view.raster.width
    size = _NOTE_SIZE * unit_of(*view.size) * width / (view.size[0] or 1.0)
    font, step, margin = _font(size), _whole(size * 1.6), _whole(size)
    rows = [row for line in lines for row in _wrapped(drawable(line), font, width - 2 * margin)]
    entries = _rows_of(legend, font, width - 2 * margin, size)
    image = Image.new("RGB", (width, 2 * margin + step * (len(rows) + len(entries))), "white")
    draw = ImageDraw.Draw(image)
    for at, entry_row in enumerate(entries):
        for x, entry in entry_row:
            _draw_entry(image, entry, margin + x, margin + at * step, size)
    for at, row in enumerate(rows, len(entries)):
        draw.text((margin, margin + at * step), row, font=font, fill=_INK)
    return image


def _rows_of(
    legend: Sequence[LegendEntry], font: Font, width: float, size: float
) -> list[list[tuple[int, LegendEntry]]]:
    rows: list[list[tuple[int, LegendEntry]]] = []
    x = width
    for entry in legend:
        wide = font.getlength(entry.text) + 3.5 * size
        if x + wide > width or not rows:
            rows.append([])
            x = 0.0
        rows[-1].append((int(x), entry))
        x += wide
    return rows


def _draw_entry(image: Image.Image, entry: LegendEntry, left: int, top: int, size: float) -> None:
    side = _whole(size)
    swatch = Area(
        left, top, left + 1.4 * side, top + side, entry.style, max(size / 8, 1.0) if entry.style.width else 0.0
    )
    _draw_area(image, swatch, 1.0)
    ImageDraw.Draw(image).text((left + 2 * side, top), entry.text, font=_font(size), fill=_INK)


def _wrapped(line: str, font: Font, width: float) -> list[str]:
    rows = [""]
    for word in line.split():
        longer = f"{rows[-1]} {word}".strip()
        if font.getlength(longer) <= width or not rows[-1]:
            rows[-1] = longer
        else:
            rows.append(word)
    return rows


def _lines(notes: Sequence[str]) -> list[str]:
    return [" ".join(note.split()) for note in notes]


def drawable(text: str) -> str:
    """The text in the letters that the font within Pillow has, which are few: accents go, "…" stands for the rest."""
    plain = unicodedata.normalize("NFKD", text.translate(_PLAIN))
    letters = "".join(one if _has(one) else "\0" for one in plain if not unicodedata.combining(one))
    return "…".join(part for part in _split(letters))


def _split(letters: str) -> list[str]:
    while "\0\0" in letters or "\0 \0" in letters:
        letters = letters.replace("\0 \0", "\0").replace("\0\0", "\0")
    return letters.split("\0")


@lru_cache(maxsize=4096)
def _has(character: str) -> bool:
    if character.isspace():
        return character == " "
    font = _font(24.0)
    mine, none = font.getmask(character), font.getmask(_MISSING)
    return mine.size != none.size or bytes(mine) != bytes(none)


@lru_cache(maxsize=64)
def _font(size: float) -> Font:
    return ImageFont.load_default(max(size, 6.0))


def _pixels(box: tuple[float, float, float, float], scale: float, picture: Image.Image) -> tuple[int, int, int, int]:
    left, top = (min(max(round(side * scale), 0), end - 1) for side, end in zip(box[:2], picture.size, strict=True))
    right, bottom = (round(side * scale) for side in box[2:])
    return left, top, min(max(right, left + 1), picture.width), min(max(bottom, top + 1), picture.height)


def _whole(value: float) -> int:
    return max(round(value), 1)

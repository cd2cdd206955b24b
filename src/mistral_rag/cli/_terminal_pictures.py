"""Pictures on a terminal: the escape sequences of those that draw, by what they say of themselves."""

from __future__ import annotations

import io
from base64 import standard_b64encode
from itertools import groupby

TYPE_CHECKING = False  # importing typing takes as long as starting Python
if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

CHUNK = 4096
"""Bytes of base64 in one sequence of kitty's protocol, its limit."""
COLOURS = 64
"""Colours of a sixel picture: pages are black on white with two colours of marks, and their shades."""
SIXEL_WIDTH = 1000
"""Pixels of width: sixels are drawn as they are, and a page is to fit the window."""


def picture_sequence(png: bytes, environment: Mapping[str, str]) -> str | None:
    """The characters that let a terminal draw a PNG file; None for one that draws no pictures."""
    way = _way(environment)
    return None if way is None else way(png)


def _way(environment: Mapping[str, str]) -> Callable[[bytes], str] | None:
    program, term = environment.get("TERM_PROGRAM", ""), environment.get("TERM", "")
    if environment.get("TMUX") or term.startswith(("screen", "tmux")):
        return None  # it swallows the sequences, or shows them as text
    if "kitty" in term or "KITTY_WINDOW_ID" in environment or program in {"ghostty", "Ghostty"}:
        return _kitty
    if program in {"iTerm.app", "WezTerm"}:
        return _iterm
    if term.startswith(("foot", "mlterm")) or "sixel" in term:
        return _sixel
    return None


def _kitty(png: bytes) -> str:
    """https://sw.kovidgoyal.net/kitty/graphics-protocol/: PNG data (f=100), shown at once (a=T), in chunks."""
    data = standard_b64encode(png).decode("ascii")
    pieces = [data[at : at + CHUNK] for at in range(0, len(data), CHUNK)]
    parts = [f"m={int(at < len(pieces) - 1)};{piece}" for at, piece in enumerate(pieces)]
    return "".join(f"\x1b_G{'a=T,f=100,' if at == 0 else ''}{part}\x1b\\" for at, part in enumerate(parts)) + "\n"


def _iterm(png: bytes) -> str:
    """https://iterm2.com/documentation-images.html."""
    data = standard_b64encode(png).decode("ascii")
    return f"\x1b]1337;File=inline=1;size={len(png)};preserveAspectRatio=1:{data}\x07\n"


def _sixel(png: bytes) -> str:
    """VT340's graphics (DEC, "VT330/VT340 Programmer Reference Manual", chapter 14)."""
    from PIL import Image

    with Image.open(io.BytesIO(png)) as opened:
        page = opened.convert("RGB")
    if page.width > SIXEL_WIDTH:
        page = page.resize((SIXEL_WIDTH, page.height * SIXEL_WIDTH // page.width))
    reduced = page.quantize(COLOURS)
    palette = reduced.getpalette() or []
    colours = [palette[at : at + 3] for at in range(0, len(palette), 3)]
    defined = "".join(
        f"#{n};2;{red * 100 // 255};{green * 100 // 255};{blue * 100 // 255}"
        for n, (red, green, blue) in enumerate(colours)
    )
    return f"\x1bPq{defined}{''.join(_bands(reduced.tobytes(), reduced.width))}\x1b\\\n"


def _bands(pixels: bytes, width: int) -> Iterator[str]:
    """Six rows at a time, a colour after the other over the same band."""
    for top in range(0, len(pixels), 6 * width):
        rows = [pixels[at : at + width] for at in range(top, min(top + 6 * width, len(pixels)), width)]
        for colour in sorted(set(b"".join(rows))):
            bits = (sum((row[x] == colour) << n for n, row in enumerate(rows)) for x in range(width))
            yield f"#{colour}" + "".join(_run(chr(63 + value), len(list(same))) for value, same in groupby(bits)) + "$"
        yield "-"


def _run(character: str, length: int) -> str:
    return f"!{length}{character}" if length > 3 else character * length

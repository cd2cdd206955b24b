"""Texts compared: words, lines, and what is wrong in them."""

import re
import unicodedata
from collections.abc import Iterator
from functools import lru_cache

_MARK = re.compile(r"[\^_]\{(.*?)\}")
_RUN = re.compile(r"\d[\d.,]*\d|[^\W_]+")
_UNSPACED = re.compile(r"[\u0e00-\u0eff\u3040-\u30ff\u3400-\u9fff\uac00-\ud7af]")
"""Letters of scripts whose words have no blanks between them."""
_PRESENTED = re.compile("[\ufb00-\ufb06\ufb1d-\ufdff\ufe70-\ufeff]")
"""Ligatures and the shapes of Arabic and Hebrew letters, which stand for the letters themselves."""
_RAISED = str.maketrans("0123456789", "⁰¹²³⁴⁵⁶⁷⁸⁹")
_DASHES = str.maketrans(
    "\u2010\u2011\u2212", "---", "\u200b\u200c\u200d\u200e\u200f\u202a\u202b\u202c\u2066\u2067\u2069"
)


def normal(text: str) -> str:
    """Text in which readers may differ without being wrong: shapes of letters, kinds of hyphens, blanks.

    Bars between the cells of a row are no part of what is printed.
    """
    text = _PRESENTED.sub(lambda found: unicodedata.normalize("NFKC", found[0]), text)
    return " ".join(part for part in unicodedata.normalize("NFC", text).translate(_DASHES).split() if part != "|")


def words(text: str) -> list[str]:
    """Words and numbers; pairs of letters in scripts without blanks."""
    found: list[str] = []
    for run in _RUN.findall(normal(_MARK.sub(r" \1 ", text)).casefold()):
        if _UNSPACED.search(run) and len(run) > 1:
            found += (run[at : at + 2] for at in range(len(run) - 1))
        else:
            found.append(run)
    return found


@lru_cache(maxsize=100_000)
def letters(text: str) -> str:
    """Letters, digits and signs of a value or a name, without blanks, separators and currency signs."""
    return re.sub(r"[^\w()%+.–—-]|_", "", normal(_MARK.sub(r"\1", text)).casefold().replace("−", "-")).strip(".")


def variants(line: str) -> set[str]:
    """A printed line as it may be written: what is set above or below apart, joined to a word, or elsewhere."""
    first, *parts = _MARK.split(line.removesuffix("-"))
    found = [first]
    for mark, after in zip(parts[::2], parts[1::2], strict=True):
        found = [before + form + after for before in found for form in _forms(before[-1:], mark)]
    return set(map(normal, found))


def _forms(before: str, mark: str) -> tuple[str, ...]:
    apart = (f" {mark}", f" {mark} ", mark.translate(_RAISED), "")
    return apart if before.isdigit() and mark[:1].isdigit() else (*apart, mark, f"{mark} ")


def wrong(line: str, text: str) -> int:
    """Characters to change so that `line` stands somewhere in `text`, which is `normal`."""
    return min(distance(variant, text) for variant in variants(line))


def distance(pattern: str, text: str) -> int:
    """Least edit distance between `pattern` and any part of `text` (Myers 1999, bit-parallel)."""
    size = len(pattern)
    if not size or pattern in text:
        return 0
    places: dict[str, int] = {}
    for at, letter in enumerate(pattern):
        places[letter] = places.get(letter, 0) | 1 << at
    mask, high = (1 << size) - 1, 1 << (size - 1)
    plus, minus, score, best = mask, 0, size, size
    for letter in text:
        equal = places.get(letter, 0)
        vertical = equal | minus
        across = (((equal & plus) + plus) ^ plus) | equal
        up, down = minus | ~(across | plus) & mask, plus & across
        score += bool(up & high) - bool(down & high)
        up, down = up << 1 & mask, down << 1 & mask
        plus, minus = (down | ~(vertical | up)) & mask, up & vertical
        best = min(best, score)
    return best


def lines(text: str) -> Iterator[str]:
    """The printed lines of a text."""
    return (line for line in text.split("\n") if line.strip())

"""The title of a document: by its own metadata, its first page, its file name."""

import re

MAX_TITLE = 150
"""Characters of a title: what is longer is an abstract or a sentence in large letters."""
_WORD = re.compile(r"[^\W\d_]{2,}")
_LETTERS = re.compile(r"[^\W\d_]{3,}")
_MEANINGLESS = re.compile(
    r"(?:untitled|document|title|microsoft|powerpoint presentation|slide|page|scan|image|print|pdf|temp|draft|default|"
    r"layout|template|(?:table of )?contents)?(?:[\s_-]*\d*)|"
    r".*\.(?:docx?|pptx?|xlsx?|html?|pdf|indd|qxd|rtf|tex|dvi|eps|fm|p65|txt)|[a-z]:\\.*|/.*|https?:.*",
    re.IGNORECASE,
)
_PREFIX = re.compile(r"^(?:microsoft (?:word|powerpoint|excel)|powerpoint presentation) - ", re.IGNORECASE)
_MACHINE = re.compile(r"(?=.*\d)[0-9a-f]{8,}|[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}|\W*\d[\d\W]*", re.IGNORECASE)


def title_of(given: str, cover: str, stem: str) -> str:
    """A title for a document, from its metadata, the largest words of its first page and its file name.

    Files are mostly named with care, and often it is only the name that tells two of a kind apart: it follows
    in brackets unless its words are in the title already, or a program made it up.
    """
    name = " ".join(stem.replace("_", " ").split())
    telling = not _MACHINE.fullmatch(stem) and _LETTERS.search(name) is not None
    words = _sensible(given) or _as_cover(cover)
    if not words:
        return name if telling else " ".join(cover.split())[:MAX_TITLE] or name
    known = {word.casefold() for word in re.findall(r"\w+", words)}
    if not telling or known.issuperset(word.casefold() for word in re.findall(r"\w+", name)):
        return words
    return f"{words} ({name})"


def _sensible(given: str) -> str:
    """The metadata's title, or nothing when a program filled it in."""
    title = " ".join(_PREFIX.sub("", given).split())
    if _MEANINGLESS.fullmatch(title) or _MACHINE.fullmatch(title) or len(title) > MAX_TITLE:
        return ""
    return title if sum(map(len, _WORD.findall(title))) >= 4 and not _shouts(title) else ""


def _as_cover(cover: str) -> str:
    """The first page's largest words, or nothing when they are no title."""
    title = " ".join(cover.split())
    words = _WORD.findall(title)
    return title if len(words) >= 2 and len(title) <= MAX_TITLE and not _shouts(title) else ""


def _shouts(title: str) -> bool:
    """True when nearly every letter is a capital: on a form or a filing that is a label, not its title."""
    letters = [character for character in title if character.isalpha()]
    return len(_WORD.findall(title)) >= 4 and sum(map(str.isupper, letters)) > 0.8 * len(letters)

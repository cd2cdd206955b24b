"""Comparison of what was read from a picture with the words that are quoted.

Tolerant of what a recogniser confuses, and strict on what a figure hangs on: digits, their signs, and words that are
missing or extra. A sign is one with a blank beside it, too; a dash between words is not.
"""

import re
import unicodedata
from collections import Counter, defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Final, Literal, NamedTuple

from mistral_rag.witness._alignment import Edit, edits_between, is_confused
from mistral_rag.witness._strips import PrintedWord

Likeness = Literal["same", "different", "unsure"]

_DROPPED: Final = re.compile("[™℠®©'\"`´‘’‚‛“”„‟«»‹›′″‴…•●○■□▪▫◦‣⁃∙·☐☑☒✓✔✗✘*†‡§¶|_~#¨°■]|={2,}|\\.{3,}")
"""Quotation marks, bullets, leaders and marks: pictures have other forms of them, and the recogniser its own idea."""
_LEADERS: Final = re.compile(r"\.+")
_AT_LEADERS: Final = re.compile(r"^[.·]{3,}|[.·]{3,}$")
_LONE_DASH: Final = re.compile("[\u2012-\u2015]")
"""A dash that may stand for no value; a hyphen and a minus sign never do."""
MIN_EMPTY: Final = 1.5
"""White behind a dash in a cell of its own, times its width: behind the sign of a number a blank is half as wide."""
_DASHES: Final = re.compile("[\u00ad\u2010-\u2015\u2212\u2e3a\u2e3b\ufe58\ufe63\uff0d]")
_SINGLE: Final = (("\u2044", "/"), ("=\u0338", "≠"), ("×", "x"))
_LEARNT: Final = re.compile("[A-Za-z\u00c0-\u017f\u0391-\u03c9\u3040-\u30ff\u3400-\u9fff\uf900-\ufaff々〆]")
"""Latin, Greek, Japanese and Chinese: letters that PP-OCRv6 has among its characters."""
_IDEOGRAPH: Final = re.compile("[\u3400-\u9fff\uf900-\ufaff]")
_BRACKETS: Final = str.maketrans("[]{}", "()()")
MAX_EDITS: Final = 0.2
"""Share of a word's letters that may be read otherwise, but not two in a row: "increased" is not "decreased"."""
MAX_DOUBTFUL: Final = 0.15
"""Share of a strip's characters read otherwise from which on the print is not readable."""
MIN_EXTRA: Final = 2
"""Letters in a row that make a word which is not in the quote; one alone may be a speck or a rule."""
SHORT_WORD: Final = 4
"""Letters; a shorter word with one letter read otherwise is another word, unless the letters are alike."""
_OPENING: Final = frozenset("-+±÷=≠<>≤≥(")
_APART: Final = _OPENING - {"("} | {"x"}
"""Signs that may have blanks beside them; "x" is that of a multiplication."""
_BEFORE_NUMBERS: Final = frozenset("$€£¥(.")
_THIN: Final = frozenset("lij")
"""Letters that rules between cells are read as."""
_WITHIN: Final = frozenset(",/:")
_BARS: Final = frozenset("1li")
"""What a bar between cells is read as, where nothing stands close to it."""


class Characters(NamedTuple):
    """Characters without blanks; `words` numbers the word of each, `marks` are the words that may be missed.

    `dropped` are the places of bullets, leaders and lines to write on, `empty` those of dashes that stand for no value,
    `bars` those of bars between cells.
    """

    text: str
    words: tuple[int, ...]
    marks: frozenset[int] = frozenset()
    dropped: frozenset[int] = frozenset()
    empty: frozenset[int] = frozenset()
    bars: frozenset[int] = frozenset()


@dataclass(frozen=True, slots=True)
class Comparison:
    """The outcome for one strip. `strict` are the edits that make another quote of it, by place in the quote.

    `share` is that of all edits in the quote's characters.
    """

    likeness: Likeness
    strict: frozenset[tuple[int, str, str]] = frozenset()
    share: float = 0.0


def compare(words: Sequence[PrintedWord], read: str) -> Comparison:
    """Compare the words of a strip with what was read there."""
    quoted, seen = _quoted(words), _read(read)
    if quoted.text == seen.text:
        return Comparison("same")
    edits = [
        edit
        for edit in edits_between(quoted.text, seen.text)
        if not (
            _of_mark(quoted, edit)
            or _is_bar(quoted, seen, edit)
            or (edit.at in quoted.empty and edit.quoted and not edit.read)
        )
    ]
    strict = {edit for edit in edits if _is_strict(quoted, seen, edit)} | _other_words(quoted, edits) | _extra(edits)
    share = len(edits) / max(len(quoted.text), 1)
    if strict:
        found = frozenset((edit.at, edit.quoted, edit.read) for edit in strict)
        return Comparison("different", found, share)
    doubtful = len(edits) > max(1, MAX_DOUBTFUL * len(quoted.text)) or _has_lone_letter(quoted, seen, edits)
    return Comparison("unsure" if doubtful else "same", frozenset(), share)


def normal(text: str) -> str:
    """Text without what is the same to a reader: case, accents, quotation marks, forms of dashes and brackets."""
    plain = _DASHES.sub("-", _DROPPED.sub("", text)).translate(_BRACKETS)
    decomposed = unicodedata.normalize("NFKD", plain).casefold()
    for composed, single in _SINGLE:
        decomposed = decomposed.replace(composed, single)
    return "".join(char for char in decomposed if not unicodedata.combining(char))


def unlearnt(text: str) -> int:
    """Letters of a text in scripts that the recogniser has not learnt."""
    decomposed = unicodedata.normalize("NFKD", text)
    return sum(char.isalpha() and not _LEARNT.match(char) for char in decomposed)


def _quoted(words: Sequence[PrintedWord]) -> Characters:
    characters: list[str] = []
    numbers: list[int] = []
    marks: set[int] = set()
    dropped: set[int] = set()
    empty: set[int] = set()
    bars: set[int] = set()
    number = 0
    leaders = _leaders([word.text for word in words])
    for at, (before, word) in enumerate(zip([None, *words], words, strict=False)):
        number += word.spaced or word.mark or (before is not None and before.mark)
        if word.mark or unlearnt(word.text):
            marks.add(number)
        text = "" if at in leaders else "".join(normal(word.text).split())
        has_leaders = not text or _AT_LEADERS.search(word.text)
        dropped.update({len(characters), len(characters) + len(text)} if has_leaders else ())
        if _stands_for_nothing(words, at):
            empty.add(len(characters))
        if word.text == "|":
            bars.add(len(characters))
        characters += text
        numbers += [number] * len(text)
    return Characters(
        "".join(characters),
        tuple(numbers),
        frozenset(marks),
        frozenset(dropped),
        frozenset(empty),
        frozenset(bars),
    )


def _stands_for_nothing(words: Sequence[PrintedWord], at: int) -> bool:
    """True for a dash in a cell of its own: the last word, or one with much white behind it; "– 3" is a number."""
    word = words[at]
    if _LONE_DASH.fullmatch(word.text) is None or word.right <= word.left:
        return False
    return at + 1 == len(words) or words[at + 1].left - word.right >= MIN_EMPTY * (word.right - word.left)


def _read(read: str) -> Characters:
    words = normal(read).split()
    leaders = _leaders(words)
    words = " ".join(word for at, word in enumerate(words) if at not in leaders).replace(" . ", ".").split()
    numbers = tuple(number for number, word in enumerate(words) for _ in word)
    return Characters("".join(words), numbers)


def _leaders(words: Sequence[str]) -> set[int]:
    """Places of words that are dots in a row; one by itself has a blank too many beside it (10 . 1162)."""
    dotted = {at for at, word in enumerate(words) if _LEADERS.fullmatch(word)}
    return {at for at in dotted if len(words[at]) > 1 or dotted & {at - 1, at + 1}}


def _of_mark(quoted: Characters, edit: Edit) -> bool:
    """True for an edit of a small mark, or of what was read beside one."""
    if edit.quoted and _is_sign_apart(quoted, edit.at) and quoted.words[edit.at] + 1 not in quoted.marks:
        # set low or in another font, it is of a full-sized number still
        return False
    at = min(edit.at, len(quoted.words) - 1)
    beside = {at} if edit.quoted else {at, max(edit.at - 1, 0)}
    return bool(quoted.words) and any(quoted.words[place] in quoted.marks for place in beside)


def _is_bar(quoted: Characters, seen: Characters, edit: Edit) -> bool:
    """True for a stroke that was read by itself where a bar stands between cells."""
    is_stroke = not edit.quoted and edit.read in _BARS and edit.at in quoted.bars
    return is_stroke and seen.words.count(seen.words[edit.seen]) == 1


def _is_strict(quoted: Characters, seen: Characters, edit: Edit) -> bool:
    """True when the edit touches a digit, a sign of a number, a hyphen within a word, or a character that is a word."""
    if _IDEOGRAPH.match(edit.quoted) or _IDEOGRAPH.match(edit.read):
        return True
    if edit.quoted.isdigit() or edit.read.isdigit():
        alike = edit.quoted and edit.read and is_confused(edit.quoted, edit.read)
        return not (alike and not _by_digit(quoted, edit.at) and not _by_digit(seen, edit.seen))
    if (edit.quoted, edit.read) == ("≠", "="):
        # the recogniser loses the stroke, at 14 points even
        return False
    if edit.quoted and (_is_sign(quoted, edit.at) or _is_sign_apart(quoted, edit.at)):
        return True
    # a bullet or a line to write on is read as a dash, the last one of some leaders as a point before a number
    apart = edit.at not in quoted.dropped
    if edit.read == "." and not apart:
        return False
    if edit.read and (_is_sign(seen, edit.seen) or (apart and _is_sign_apart(seen, edit.seen))):
        return True
    return not edit.quoted and (
        (edit.read == "-" and _is_hyphen(seen, edit.seen))
        or (_digit(seen, edit.seen, -1) and _digit(seen, edit.seen, 1))
    )


def _by_digit(characters: Characters, at: int) -> bool:
    """True when a digit stands beside the character in its word, at most a point or comma between."""
    return any(
        _digit(characters, at, step) or (_char(characters, at, step) in {".", ","} and _digit(characters, at, 2 * step))
        for step in (-1, 1)
    )


def _is_sign(characters: Characters, at: int) -> bool:
    """True when a sign belongs to a number: it stands before or within it, or is a percent sign or bracket behind."""
    char = characters.text[at]
    before, behind = _digit(characters, at, -1), _digit(characters, at, 1)
    if char in _OPENING:
        return behind or (_char(characters, at, 1) in _BEFORE_NUMBERS and _digit(characters, at, 2))
    if char == ")":
        return before or (_char(characters, at, -1) == "%" and _digit(characters, at, -2))
    return char == "%" or (char == "." and behind) or (char in _WITHIN and before and behind)


def _is_sign_apart(characters: Characters, at: int) -> bool:
    """True when a sign stands before a number with a blank between: "50 % - 3", ">= 7", "- $ 5"; not in "pre- 2020".

    Two of the same beside each other are leaders, or cells without a value.
    """
    text, char = characters.text, characters.text[at]
    if char not in _APART or _char(characters, at, -1).isalpha() or char in {text[at - 1 : at], text[at + 1 : at + 2]}:
        return False
    behind = at + 1
    while behind < len(text) and (text[behind] in _OPENING or text[behind] in _BEFORE_NUMBERS):
        behind += 1
    return text[behind : behind + 1].isdigit()


def _is_hyphen(characters: Characters, at: int) -> bool:
    return _char(characters, at, -1).isalnum() and _char(characters, at, 1).isalnum()


def _digit(characters: Characters, at: int, step: int) -> bool:
    return _char(characters, at, step).isdigit()


def _char(characters: Characters, at: int, step: int) -> str:
    """The character so many places on in the same word, empty where there is none."""
    place = at + step
    within = 0 <= place < len(characters.text) and characters.words[place] == characters.words[at]
    return characters.text[place] if within else ""


def _other_words(quoted: Characters, edits: Sequence[Edit]) -> set[Edit]:
    """The edits of letters of words that are missing, or were read as other ones."""
    letters = Counter(number for number, char in zip(quoted.words, quoted.text, strict=True) if char.isalnum())
    changed: dict[int, list[Edit]] = defaultdict(list)
    for edit in edits:
        if edit.quoted.isalpha():
            changed[quoted.words[edit.at]].append(edit)
    return {edit for number, ours in changed.items() if _is_other_word(letters[number], ours) for edit in ours}


def _is_other_word(letters: int, edits: Sequence[Edit]) -> bool:
    unlike = [edit for edit in edits if not (edit.read and is_confused(edit.quoted, edit.read))]
    if any(one.at + 1 == two.at for one, two in pairwise(unlike)):
        return True
    weight = (len(unlike) + len(edits)) / 2
    return weight > max(MAX_EDITS * letters, 0.5 if letters < SHORT_WORD else 1.0)


def _has_lone_letter(quoted: Characters, seen: Characters, edits: Sequence[Edit]) -> bool:
    """True when a letter by itself was read that is not quoted: what is left of a small word, or a speck."""
    return any(
        not edit.quoted
        and edit.read.isalpha()
        and edit.read not in _THIN
        and edit.at not in quoted.dropped
        and not (_char(seen, edit.seen, -1) or _char(seen, edit.seen, 1))
        for edit in edits
    )


def _extra(edits: Sequence[Edit]) -> set[Edit]:
    """The edits that are letters in a row which are only in the picture."""
    found: set[Edit] = set()
    run: list[Edit] = []
    for edit in edits:
        if edit.quoted or not edit.read.isalpha():
            run = []
            continue
        run = [*run, edit] if run and run[-1].seen + 1 == edit.seen else [edit]
        if len(run) >= MIN_EXTRA:
            found.update(run)
    return found

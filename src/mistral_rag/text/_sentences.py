"""Sentences of documents, of bare texts and of answers, with their offsets: one splitter for all of them.

Rules and word lists, no model: a stop ends a sentence unless what stands before it is an abbreviation, an initial,
an ordinal or an enumerator, or what comes after it does not begin a sentence. Each character is looked at a bounded
number of times, whatever the text.
"""

import re
from collections.abc import Iterator

from mistral_rag.text._abbreviations import (
    BEFORE_NUMBERS,
    BEFORE_ORDINALS,
    COUNTED,
    NAME_PARTICLES,
    NEVER_LAST,
    NEVER_LAST_AS_WRITTEN,
    NEVER_LAST_PAIRS,
    SOMETIMES_LAST,
    STARTERS,
)

SENTENCE_LOOKAHEAD = 16
"""Characters behind a stop and its blanks that a decision may read: the longest starter with signs before it.

A streamed answer waits for as many before it calls a sentence whole.
"""
_LOOKBEHIND = 41
"""Characters before a stop that a decision may read: longer words are no abbreviations."""

_STOP = re.compile(
    r"""(?<![.!?…؟۔।])[.!?…؟۔।]++ (?:["'”’»›“‘«‹)\]］]|[ \u00a0\u202f]»(?=\s))*+ (?:\[\d{1,3}\])*+ (?=\s)
      | [。！？｡]++ [」』”）]*+ (?! (?<=[」』”）]) (?:と|って|、) )     # full-width stops need no blank behind them
      | ．(?![\d．])
    """,
    re.VERBOSE,
)
_BREAK = re.compile(r"\n(?=[^\S\n]*+(?:\n|[-*•–]\s|\d{1,3}[.)]\s|[#>|]))")
"""A blank line, or a line that begins a list item, a heading, a quotation or a table row."""
_BLANKS = re.compile(r"\s*+")
_NEXT_WORD = re.compile(r"([^\w\s]*)\s*(\w[\w’'-]*)?")
_NEXT_ENUMERATOR = re.compile(r"\((?:\w|\d{1,2}|[ivx]{1,5})\)\s")
_DATE_GOES_ON = re.compile(r"\d{1,2}\.\s?(?:\d{4}|\d\d)\b")
_TOKEN_BEFORE = re.compile(r"(?:(?<!\S)[^\W\d_]{1,2}\.\s){0,3}+(\S{1,40})\Z")
_BLANK_AFTER_STOP = re.compile(r"(?<=\.)\s")
_JOINED = re.compile(r"[(–—]")
_ELISION = re.compile(r"^[^\W\d_]{1,2}['’]")
_ACRONYM = re.compile(r"(?:[^\W\d_]\.-?)+[^\W\d_]")
_ENUMERATOR = re.compile(r"\(?(?:\d{1,3}|[A-Za-z]|[ivxIVX]{1,5})\)?")
_ROMAN = re.compile(r"[IVXLC]{1,7}")
_DAY = re.compile(r"\d{1,2}\.")
_OPENING = "\"'“”„‚«»‹›([{¿¡‘—–-•"
_BULLETS = frozenset("•●▪")
_MARKS = frozenset("•●▪-*–# \t\u00a0")
"""Signs that may stand before an enumerator at the beginning of a sentence."""


def sentences(
    text: str, start: int = 0, end: int | None = None, *, paragraphs: bool = False
) -> Iterator[tuple[int, int]]:
    """The ranges of the sentences in ``text[start:end]``, in order, without the blanks around them.

    Every character but white space is in exactly one range. A line break does not end a sentence; with `paragraphs`
    a blank line does, and a line that begins a list item, a heading, a quotation or a table row.
    """
    end = len(text) if end is None else end
    at = start
    breaks = (found.end() for found in _BREAK.finditer(text, start, end)) if paragraphs else ()
    for cut in (*breaks, end):
        yield from _of_paragraph(text, at, cut)
        at = cut


def trimmed(text: str, start: int, end: int) -> Iterator[tuple[int, int]]:
    """The range without blanks at its ends; nothing when only blanks are left."""
    inner = text[start:end]
    if body := inner.strip():
        lead = len(inner) - len(inner.lstrip())
        yield start + lead, start + lead + len(body)


def can_begin(text: str) -> bool:
    """True when a sentence may begin so: a capital, a digit, a script without case, or a name such as iPhone."""
    return not text[:1].islower() or text[1:2].isupper()


def _of_paragraph(text: str, start: int, end: int) -> Iterator[tuple[int, int]]:
    begin = _skip_blanks(text, start, end)
    for stop in _STOP.finditer(text, begin, end):
        if _ends_sentence(text, begin, stop, end):
            yield from trimmed(text, begin, stop.end())
            begin = _skip_blanks(text, stop.end(), end)
    yield from trimmed(text, begin, end)


def _skip_blanks(text: str, at: int, end: int) -> int:
    blanks = _BLANKS.match(text, at, end)
    return blanks.end() if blanks else at


def _ends_sentence(text: str, begin: int, stop: re.Match[str], end: int) -> bool:
    """True when a stop ends the sentence that begins at `begin`."""
    if stop[0][0] in "。！？｡．":
        return True
    after = _skip_blanks(text, stop.end(), end)
    limit = min(end, after + SENTENCE_LOOKAHEAD)
    following = _NEXT_WORD.match(text, after, limit)
    lead, word = (following[1], following[2] or "") if following else ("", "")
    if lead[:1] in {".", "…"}:
        return False  # an ellipsis printed with blanks: ". . ."
    if not word:
        return bool(lead) or after >= end
    if not can_begin(word):
        return lead[:1] in _BULLETS or _NEXT_ENUMERATOR.match(text, after, limit) is not None
    starts = word.lower() in STARTERS and not _is_initial(text, word, following.end() if following else after)
    if text[stop.start() - 1 : stop.start()] in {"[", "("}:
        return starts  # an ellipsis in brackets stands for words left out
    return stop[0][0] != "." or _full_stop(text, begin, stop.start(), after, word, starts=starts)


def _is_initial(text: str, word: str, at: int) -> bool:
    return len(word) == 1 and text[at : at + 1] == "."


def _full_stop(text: str, begin: int, at: int, after: int, word: str, *, starts: bool) -> bool:
    """True when the dot at `at` ends a sentence, given that the `word` behind it may begin one."""
    before = _TOKEN_BEFORE.search(text, max(begin, at - _LOOKBEHIND), at)
    if before is None:
        return True
    token = _JOINED.split(before[1].lstrip(_OPENING))[-1]
    lead = text[max(begin, before.start(1) - _LOOKBEHIND) : before.start(1)]
    if _MARKS.issuperset(lead) and _ENUMERATOR.fullmatch(token):
        return False
    previous = (lead.split() or [""])[-1].lower().lstrip(_OPENING)
    if token.isdigit() and len(token) <= 2:
        return not _is_ordinal(text, previous, after, word)
    if _ROMAN.fullmatch(token) and _is_ordinal(text, previous, after, word):
        return False
    if f"{previous} {token.lower()}" in NEVER_LAST_PAIRS:
        return False
    dotted = _BLANK_AFTER_STOP.sub("", before[0]).lower().lstrip(_OPENING)
    names = {_ELISION.sub("", token.lower().rpartition("/")[2]), dotted}
    return _may_end(token, names, word, starts=starts)


def _may_end(token: str, names: set[str], word: str, *, starts: bool) -> bool:
    """True when a sentence may end with `token` and a dot; `names` are the abbreviations it may be."""
    if names & NEVER_LAST or token in NEVER_LAST_AS_WRITTEN:
        return False
    counts = word[0].isdigit() or len(word) == 1 or _ROMAN.fullmatch(word) is not None
    if counts and (names & BEFORE_NUMBERS or token.endswith("str")):
        return False
    if names & SOMETIMES_LAST or _ACRONYM.fullmatch(token):
        return starts
    if len(token) == 1 and token.isalpha():
        return token.isupper() and starts and word.lower() not in NAME_PARTICLES
    return True


def _is_ordinal(text: str, previous: str, after: int, word: str) -> bool:
    """True for German ordinals and dates: "am 3. Mai", "im II. Quartal", "31. 12. 2024"."""
    if word[0].isdigit():
        return _DAY.fullmatch(previous) is not None or _DATE_GOES_ON.match(text, after) is not None
    return word.lower() in COUNTED or previous in BEFORE_ORDINALS

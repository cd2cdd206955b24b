"""Sentences of running text, with their offsets. Made for answers and for Documents that have no units."""

import re
from itertools import pairwise

_ABBREVIATIONS = frozenset(
    re.findall(
        r"\S+",
        """mr mrs ms dr prof sr jr st inc corp ltd co no nos vs etc approx dept est fig figs eq sec art vol pp ca cf ed
        eds al e.g i.e u.s u.k u.n a.m p.m jan feb mar apr jun jul aug sep sept oct nov dec bzw z.b d.h u.a ggf evtl
        abs nr str vgl mme mlle env bd tel max min""",
    )
)
_END = re.compile(
    r"""(?P<mark>[.!?…]+)(?P<close>["'”’»)\]］]*)(?=\s+(?P<next>\S))   # an end mark before a blank
      | [。！？]+[」』”]*                                              # none is written after these
      | \n(?=[^\S\n]*(?:\n|[-*•–]\s|\d{1,3}[.)]\s|[#>|]))                # a blank line, a list item, a heading, a row
    """,
    re.VERBOSE,
)
_LAST_WORD = re.compile(r"[\w.]*\Z")


def sentences(text: str) -> list[tuple[int, int]]:
    """Where each sentence starts and ends, in order, without the blanks around it.

    Nothing but blanks lies between sentences. Line breaks inside a paragraph do not end one.
    """
    cuts = [0, *(match.end() for match in _END.finditer(text) if _ends(match, text)), len(text)]
    found = (_trimmed(text, start, end) for start, end in pairwise(cuts))
    return [(start, end) for start, end in found if start < end]


def _ends(match: re.Match[str], text: str) -> bool:
    if match["mark"] is None:
        return True
    if match["next"].islower():
        return False
    if match["mark"] != "." or match["close"]:
        return True
    last = _LAST_WORD.search(text, max(0, match.start() - 20), match.start())
    word = last[0].lower() if last else ""
    return not (word in _ABBREVIATIONS or (len(word) == 1 and word.isalpha()) or _numbers_a_list(text, match, word))


def _numbers_a_list(text: str, match: re.Match[str], word: str) -> bool:
    line = text.rfind("\n", 0, match.start()) + 1
    return word.isdigit() and text[line : match.start()].strip() == word


def _trimmed(text: str, start: int, end: int) -> tuple[int, int]:
    while start < end and text[start].isspace():
        start += 1
    while start < end and text[end - 1].isspace():
        end -= 1
    return start, end

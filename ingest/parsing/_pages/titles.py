"""The title of a document: by its own metadata, its first page, its file name."""

import re
from typing import Final

from mistral_rag.text import MONTHS

MAX_TITLE: Final = 150
"""Characters of a title: what is longer is an abstract or a sentence in large letters."""
MIN_LETTERS: Final = 3
"""Letters of a title on a page; two of Chinese or Japanese. Fewer are a stamp, a mark or a stray sign."""
MIN_LETTER_SHARE: Final = 0.5
"""Share of letters among the signs of a title: less is a formula, a number, or a font whose letters are not known."""
MIN_SENTENCE: Final = 7
"""Words from which on a line that ends like a sentence is one: "Hello, world." may be a title."""
MAX_GAPS: Final = 2
"""Wide gaps in a title, which may be justified; more are the heads of a table's columns."""

_WORD = re.compile(r"[^\W\d_]{2,}")
_LETTERS = re.compile(r"[^\W\d_]{3,}")
_IDEOGRAM = re.compile(r"[\u3040-\u30ff\u3400-\u9fff\uac00-\ud7af]")
_MEANINGLESS = re.compile(
    r"(?:untitled|unbenannt|sans titre|sin t[ií]tulo|ohne titel|no title|document|dokument|title|microsoft|"
    r"powerpoint presentation|presentation|slide|page|scan|image|print|pdf|temp|draft|default|layout|template|"
    r"book|workbook|sheet|mappe|activereports document|index|"
    r"(?:table of )?contents|inhalt(?:sverzeichnis)?|table des mati[eè]res|[ií]ndice)?(?:[\s_-]*\d*)|"
    r"[(\[]?(?:anonymous|untitled|unspecified|unknown|none|null|undefined|n/?a)[)\]]?|"
    r".*\.(?:docx?|pptx?|xlsx?|html?|pdf|indd|qxd|rtf|tex|dvi|eps|fm|p65|txt)|[a-z]:\\.*|/.*|https?:.*",
    re.IGNORECASE,
)
_PREFIX = re.compile(
    r"^(?:(?:microsoft (?:word|powerpoint|excel)|powerpoint presentation) - |[-–—•*]+\s+)", re.IGNORECASE
)
_MACHINE = re.compile(
    r"(?=.*\d)[0-9a-f]{8,}|[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}|\W*\d[\d\W]*|"
    r"(?=\D*\d\D*\d\D*\d)(?=.*[a-z].*[a-z])[0-9a-z]{20,}",
    re.IGNORECASE,
)
_MONTH = "|".join(sorted(MONTHS, key=len, reverse=True))
_DATED = re.compile(
    rf"(?:(?:mon|tues|wednes|thurs|fri|satur|sun)day,?\s+)?(?:(?:{_MONTH})\.?\s+\d{{1,2}}(?:st|nd|rd|th)?,?\s+\d{{4}}|"
    rf"\d{{1,2}}\.?\s+(?:de\s+)?(?:{_MONTH})\.?,?\s+(?:de\s+)?\d{{4}}|\d{{1,4}}([-/.])\d{{1,2}}\1\d{{2,4}})\b",
    re.IGNORECASE,
)
_SALUTATION = re.compile(
    r"(?:dear|to whom|sehr geehrte[rs]?|liebe[rs]? (?:frau|herr)|madame|monsieur|estimad[oa]s?|egregi[oa]|gentile)\b",
    re.IGNORECASE,
)
_SUBJECT = re.compile(
    r"^[^\S\n]*(?:re|subject|betreff|betr\.?|objet|oggetto|asunto|assunto|onderwerp)[^\S\n]*:[^\S\n]*(\S.*)$",
    re.IGNORECASE | re.MULTILINE,
)
_ADDRESS = re.compile(
    r".*,\s*[A-Z]{2}\.?\s+\d{5}(?:-\d{4})?\b.*|\d{1,5}\s+(?:[A-Z][\w.]*\s+){1,4}(?i:street|st|road|rd|avenue|ave|"
    r"boulevard|blvd|drive|dr|lane|ln|court|ct|suite|place|pl|square|way)\b.*|.*(?i:stra(?:ß|ss)e|str\.|platz|weg|allee)"
    r"\s+\d+[a-z]?\b.*|.*\b\d{5}\s+[A-ZÄÖÜ][a-zäöüß]+|\d{1,4},?\s+(?i:rue|avenue|place|boulevard)\b.*|"
    r".*\b[A-Z]{1,2}\d[A-Z\d]?\s+\d[A-Z]{2}|(?i:tel|phone|fax|e-?mail)\b.*|\S+@\S+\.\S+|www\.\S+"
)
_OF_TABLE = re.compile(
    r"(?:table|tabelle|tab\.|tableau|tabla|figure|fig\.|abbildung|abb\.|abbildung|figura|chart|exhibit)\s*\d[\d.]*\b.*",
    re.IGNORECASE,
)
_SENTENCE_WITHIN = re.compile(r"[^\W\d_]{3,}[.!?] +[^\W\d_]")
_BULLET = re.compile(r"[•●▪‣◦○·■□➢►✓❑☐☒*]")
_GAP = re.compile(r"\S(?: {2,}|\t)(?=\S)")


def title_of(given: str, cover: str, stem: str, *, first_page: str = "") -> str:
    """A title for a document, from its metadata, the largest words of its first page and its file name.

    A letter is named by its subject line, and not by what is set largest on `first_page`: that is who sent it.

    Files are mostly named with care, and often it is only the name that tells two of a kind apart: it follows
    in brackets unless its words are in the title already, or a program made it up.
    """
    name = " ".join(stem.replace("_", " ").split())
    telling = not _MACHINE.fullmatch(stem) and _LETTERS.search(name) is not None
    subject = subject_of(first_page)
    lines = [line.strip() for line in first_page.splitlines()]
    is_letter = any(map(_SALUTATION.match, lines))
    if any(line in cover and _ADDRESS.fullmatch(line) for line in lines):
        cover = ""
    words = _given(given) or (subject if is_letter else "") or _as_cover(cover) or subject
    if not words:
        return name if telling or not may_be_title(cover) else " ".join(cover.split())[:MAX_TITLE]
    known = {word.casefold() for word in re.findall(r"\w+", words)}
    if not telling or known.issuperset(word.casefold() for word in re.findall(r"\w+", name)):
        return words
    return f"{words} ({name})"


def subject_of(text: str) -> str:
    """What a letter's or memo's subject line says, or nothing where there is none that could be a title."""
    found = _SUBJECT.search(text)
    subject = " ".join(found[1].split()) if found else ""
    return subject if subject and len(subject) <= MAX_TITLE and may_be_title(subject) else ""


def written_title(given: str) -> str:
    """The title that an author wrote into a document's head, or nothing when a program filled it in."""
    title = " ".join(_PREFIX.sub("", given.strip()).split())
    return "" if _MEANINGLESS.fullmatch(title) or _MACHINE.fullmatch(title) else title


def _given(metadata: str) -> str:
    """The title in the metadata of a PDF, which few authors look at: it must read like one."""
    title = written_title(metadata)
    return title if len(title) <= MAX_TITLE and _has_words(title) and not _shouts(title) else ""


def may_be_title(words: str) -> bool:
    """True for words of a page that may name it.

    False for dates, salutations, addresses, sentences, captions and heads of tables, and signs without a meaning.
    """
    title = " ".join(words.split())
    is_other = any(pattern.match(title) is not None for pattern in (_DATED, _SALUTATION, _OF_TABLE, _BULLET)) or any(
        pattern.fullmatch(title) is not None for pattern in (_MEANINGLESS, _ADDRESS)
    )
    return not is_other and _has_words(title) and not _is_sentence(title) and len(_GAP.findall(words)) <= MAX_GAPS


def _has_words(title: str) -> bool:
    letters = sum(map(str.isalpha, title))
    least = MIN_LETTERS - 1 if _IDEOGRAM.search(title) else MIN_LETTERS
    return letters >= max(least, MIN_LETTER_SHARE * sum(not sign.isspace() for sign in title)) and (
        _LETTERS.search(title) is not None or _IDEOGRAM.search(title) is not None
    )


def _is_sentence(title: str) -> bool:
    words = title.split()
    ends = title[-1] in ".,;:" and len(words) >= MIN_SENTENCE
    return ends or title[0].islower() or (len(words) >= MIN_SENTENCE and _SENTENCE_WITHIN.search(title) is not None)


def _as_cover(cover: str) -> str:
    """The first page's largest words, or nothing when they are no title."""
    title = " ".join(cover.split())
    words = _WORD.findall(title)
    is_title = len(words) >= 2 and len(title) <= MAX_TITLE and not _shouts(title)
    return title if is_title and may_be_title(cover) else ""


def _shouts(title: str) -> bool:
    """True when nearly every letter is a capital: on a form or a filing that is a label, not its title."""
    letters = [character for character in title if character.isalpha()]
    return len(_WORD.findall(title)) >= 4 and sum(map(str.isupper, letters)) > 0.8 * len(letters)

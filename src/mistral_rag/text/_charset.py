"""Bytes of text files into text: byte order marks, declared charsets, UTF-8, and chardet for all else.

docs/adr/0059 has the figures. Names of charsets mean what browsers take them for (WHATWG Encoding Standard): gb2312
is GBK, iso-8859-1 is Windows-1252.
"""

import codecs
import re
from pathlib import Path
from typing import Final, NamedTuple

import chardet

from mistral_rag.errors import ParseError
from mistral_rag.text._alphabets import have_other_words, is_short, uncased_charsets
from mistral_rag.text._east_asian import east_asian_charsets, is_in_words, is_spaced
from mistral_rag.text._language import detect_language
from mistral_rag.text._mojibake import MAX_FOREIGN, are_words, foreign_share, misread_share

MAX_BYTES: Final = 50_000_000
HEAD: Final = 8192
"""Bytes that may declare a charset, or show that a file is no text; browsers look at 1,024, some pages need more."""

MAX_DETECTED: Final = 50_000
"""Bytes that chardet looks at: 75 ms of work. On 5 lines it is as often right as on 40."""

MIN_CONFIDENCE: Final = 0.075
"""Below it a text has one or two signs beyond ASCII ("100 £", "§ 5"), and Windows-1252 is the better guess."""

MIN_DISPROOF: Final = 0.4
"""From this confidence on the content is believed, not what the page declares: right 373 times of 374."""

MAX_MISREAD: Final = 0.1
"""Share of characters beyond ASCII that do not fit their neighbours. Of 577 files read rightly one was above it, of 95
read in another charset of the same size 80 were."""
MAX_MISREAD_BY_OTHER: Final = 0.03
"""The same for a charset that is taken in place of the detector's."""
MIN_MISREAD: Final = 3
"""Characters that do not fit: one or two are brand names and typing errors."""
MIN_ASCII: Final = 0.6
"""Share of the letters in ASCII: of Icelandic, which has the least of the languages written in Windows-1252, .85."""
MIN_LETTERS: Final = 10
"""Letters beyond ASCII from which on their share says something: "Ærø" is one name."""
MAX_WESTERN_RUN: Final = 3
"""Letters beyond ASCII in a row, at most, of a word in Windows-1252: "créée" has two."""
MIN_SURE_SIGNS: Final = 8
"""Signs from which on the first of several charsets that fit is sure: of nine Chinese ones in GBK, 2 of 100 texts are
Korean syllables as well, of five 5."""
MAX_JUDGED: Final = 20_000
"""Characters that are looked at for this: 20 ms."""

_MARKS: Final = (
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF32_LE, "utf-32"),
    (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)
_DECLARED: Final = re.compile(
    rb"""<\?xml[^>]{0,80}\bencoding=["']([\w:.-]{1,40})|<meta[^>]{0,200}\bcharset\s*=\s*["']?\s*([\w:.-]{1,40})""",
    re.IGNORECASE,
)
_CANDIDATES: Final = frozenset(
    {
        "ascii",
        "utf-8",
        "cp932",
        "euc_jis_2004",
        "iso2022_jp_2",
        "shift_jis_2004",
        "gb18030",
        "big5hkscs",
        "cp949",
        "euc_kr",
    }
    | {"cp874", "koi8-r", "koi8-u", "mac-roman", "mac-cyrillic", "cp437", "cp850", "cp852", "cp866"}
    | {f"cp{number}" for number in range(1250, 1259)}
    | {f"iso8859-{number}" for number in (1, 2, 5, 6, 7, 8, 9, 13, 15)}
)
"""Charsets of the web, and of DOS, whose files are still about; chardet's others (EBCDIC, Latin-6, …) only mislead."""

_OTHERS: Final = (
    *("cp437", "cp737", "cp775", "cp850", "cp852", "cp855", "cp857", "cp862", "cp866", "cp869", "cp720", "cp1125"),
    *("mac-latin2", "mac-greek", "mac-turkish", "mac-cyrillic", "mac-roman", "johab"),
    *(f"cp{number}" for number in range(1250, 1259)),
    *(f"iso8859-{number}" for number in (2, 3, 4, 5, 6, 7, 8, 10, 13, 16)),
    "koi8-u",
)
"""Charsets that are tried when the detector's does not fit: those of DOS, of old Macs, and of other countries."""

_AS_BROWSERS_DO: Final = {
    "ascii": "cp1252",
    "iso8859-1": "cp1252",
    "iso8859-9": "cp1254",
    "gb2312": "gb18030",
    "gbk": "gb18030",
    "shift_jis": "cp932",
    "euc_kr": "cp949",
    "big5": "big5hkscs",
    "tis-620": "cp874",
}
_BROWSER_LABELS: Final = {"x-sjis": "cp932", "x-gbk": "gb18030", "x-euc-jp": "euc_jp", "iso-8859-8-i": "iso8859-8"}
"""Labels of the standard that Python does not know."""

_TAG: Final = re.compile(r"<(?:script|style)\b.*?</(?:script|style)>|<[^<>]*>", re.IGNORECASE | re.DOTALL)
_LONG_RUN: Final = re.compile(rf"[^\x00-\x7f\W\d_]{{{MAX_WESTERN_RUN + 1},}}")
_ASIAN: Final = frozenset(
    {"cp932", "gb18030", "big5hkscs", "cp949", "euc_jis_2004", "shift_jis_2004", "euc_jp", "iso2022_jp_2"}
)
"""Charsets of two bytes a character: what is valid in them by chance is no text for the detector."""
_SAME_SIGNS: Final = {"big5hkscs": "big5", "euc_jis_2004": "euc_jp", "shift_jis_2004": "cp932"}
_WESTERN: Final = frozenset({"ascii", "cp1252"})
_CONTROLS: Final = bytes(set(range(32)) - set(b"\t\n\r\f\x1b"))
_ESCAPES: Final = (b"\x1b$", b"\x1b(")
"""ISO 2022: other charsets in seven bits, which are valid UTF-8 as well."""


class DecodedText(NamedTuple):
    """The text of bytes, the charset it was read in, and why it may be misread; `doubt` is empty when it is sure."""

    text: str
    charset: str
    doubt: str = ""


def read_text(path: Path, *, markup: bool = False) -> DecodedText:
    """The text of a file; with `markup`, a charset that the file itself declares counts.

    Raises `ParseError` when the file is larger than 50 MB, or is no text.
    """
    size = path.stat().st_size
    if size > MAX_BYTES:
        raise ParseError(f"the file has {size / 1e6:.0f} MB; text files are read up to {MAX_BYTES / 1e6:.0f} MB")
    return decode_text(path.read_bytes(), markup=markup)


def decode_text(data: bytes, *, markup: bool = False) -> DecodedText:
    """Text of `data`, by its byte order mark, its declared charset, as UTF-8, or by its letters."""
    for mark, name in _MARKS:
        if data.startswith(mark):
            return _leniently(data, name)
    if guess := _zero_pattern(data[:HEAD]):
        return _leniently(data, guess)
    if _is_binary(data[:HEAD]):
        raise ParseError("the file is no text: it is full of control characters")
    declaration = _DECLARED.search(data[:HEAD]) if markup else None
    content = data if declaration is None else data[: declaration.start()] + data[declaration.end() :]
    if declaration and (declared := _as_declared(data, declaration, content)) is not None:
        return _checked(data, *declared, markup=markup)
    if not any(escape in data for escape in _ESCAPES) and (text := _strictly(data, "utf-8")) is not None:
        return _in_seven_bits(data) or DecodedText(text, "utf-8")
    lenient = data.decode("utf-8", "replace")
    if _nearly_utf8(lenient):
        return _leniently(data, "utf-8")
    return _undeclared(data, content, markup=markup)


def _undeclared(data: bytes, content: bytes, *, markup: bool) -> DecodedText:
    """The text by its letters; `content` is that without what it declares."""
    name, confidence = _detected(content)
    if (found := _east_asian(content, name)) is not None:
        # with what it declares, too
        return found._replace(text=data.decode(found.charset, "replace"))
    if name in _ASIAN and is_short(content) and have_other_words(content, name):
        name, confidence = "cp1252", 0.0
    checked = _checked(data, data.decode(name, "replace"), name, markup=markup, is_known=confidence > 0)
    if checked.doubt or confidence > 0 or not is_short(content) or _is_latin(checked.text):
        return checked
    if not east_asian_charsets(content):
        return checked
    return checked._replace(doubt=f"the text may be misread: it is too short to tell its charset ({checked.charset})")


def _leniently(data: bytes, name: str) -> DecodedText:
    text = data.decode(name, "replace")
    return DecodedText(text, name, _unreadable(text, name))


def _unreadable(text: str, name: str) -> str:
    broken = text.count("\ufffd")
    return f"{broken} character{'s' * (broken > 1)} could not be read as {name}" if broken else ""


def _in_seven_bits(data: bytes) -> DecodedText | None:
    """Chinese in HZ (RFC 1843), which is ASCII to all other readers; None for what is none."""
    if b"~{" not in data or not data.isascii() or (text := _strictly(data, "hz")) is None:
        return None
    return DecodedText(text, "hz") if not text.isascii() else None


def _checked(data: bytes, text: str, name: str, *, markup: bool, is_known: bool = True) -> DecodedText:
    """The text, unless its letters do not fit each other and another charset makes sense of them."""
    words = _without_tags if markup else str
    if data.isascii() or name in _ASIAN:
        return DecodedText(text, name, _unreadable(text, name))
    share, language = _fit(words(text))
    if share <= MAX_MISREAD and (is_known or _is_western(words(text))):
        return DecodedText(text, name, _unreadable(text, name))
    fits: dict[str, tuple[float, str]] = {}
    for other in _OTHERS:
        if (reading := _strictly(data, other)) is not None and reading not in fits:
            share, language = _fit(words(reading), at_least=0)
            if share <= MAX_MISREAD_BY_OTHER and language:
                fits[reading] = share, other
    if not fits:
        return DecodedText(text, name, f"the text may be misread: its letters do not fit any charset well ({name})")
    best, (share, other) = min(fits.items(), key=lambda fit: fit[1][0])
    rivals = sum(rival <= share + MAX_MISREAD_BY_OTHER for rival, _ in fits.values())
    doubt = "" if rivals == 1 else f"the text may be misread: {rivals} charsets fit it ({other} was taken)"
    return DecodedText(best, other, doubt)


def _east_asian(data: bytes, detected: str) -> DecodedText | None:
    """The text in a charset of two bytes, by its everyday signs; None where letters of one byte are as likely.

    The detector has no answer for less than five signs.
    """
    fits = east_asian_charsets(data) if is_short(data) else []
    if not fits or _SAME_SIGNS.get(detected, detected) in fits or have_other_words(data, fits[0]):
        return None
    name = fits[0]
    text = data.decode(name, "replace")
    reading = data.decode(detected, "replace")
    is_other = detected not in _ASIAN and detected not in _WESTERN and are_words(reading)
    if is_in_words(text) or is_other or (detected in _WESTERN and _is_latin(reading)):
        return None
    signs = sum(not char.isascii() for char in text)
    count = (1 if name == "cp949" and is_spaced(text) else len(fits)) + uncased_charsets(data)
    is_sure = count == 1 or signs >= MIN_SURE_SIGNS
    doubt = "" if is_sure else f"the text may be misread: {count} charsets fit it ({name} was taken)"
    return DecodedText(text, name, doubt)


def _fit(text: str, *, at_least: int = MIN_MISREAD) -> tuple[float, str]:
    """Share of a text's characters beyond ASCII that fit neither their words nor its language; and that language.

    It is 0 for fewer such characters than `at_least`.
    """
    sample = text[:MAX_JUDGED]
    beyond = sum(not char.isascii() for char in sample)
    share = misread_share(sample)
    language = detect_language([sample])
    foreign = max(foreign_share(sample, language) - MAX_FOREIGN, 0.0)
    return (share if share * beyond >= at_least else 0.0) + foreign, language


def _zero_pattern(head: bytes) -> str | None:
    """UTF-16 without a mark: every second byte of mostly Latin text is zero."""
    even, odd = head[0::2].count(0), head[1::2].count(0)
    if len(head) < 4 or max(even, odd) < 0.3 * len(head) / 2:
        return None
    if min(even, odd) > 0.05 * len(head) / 2:
        return None
    return "utf-16-le" if odd > even else "utf-16-be"


def _is_binary(head: bytes) -> bool:
    return len(head) - len(head.translate(None, _CONTROLS)) > max(8, 0.05 * len(head))


def _as_declared(data: bytes, declaration: re.Match[bytes], content: bytes) -> tuple[str, str] | None:
    """The text in the charset that the page names, and its name, unless its content is clearly in another one.

    Western names are left to the content: they are what editors write into every page.
    """
    name = _codec((declaration[1] or declaration[2]).decode("ascii"))
    if name is None or name in _WESTERN or name.startswith(("utf-16", "utf-32")):
        return None
    text = _strictly(data, name)
    if text is None:
        return None
    if data.isascii():
        return text, name
    detected, confidence = _detected(content)
    other = _strictly(data, detected) if detected != name else None
    if other is not None and (confidence >= MIN_DISPROOF or (confidence and _is_better(other, text))):
        return other, detected
    return text, name


def _is_better(other: str, declared: str) -> bool:
    """True when the one reading makes words of a known language, and the declared one does not."""
    share, language = _fit(_without_tags(declared))
    if share <= MAX_MISREAD and language:
        return False
    share, language = _fit(_without_tags(other))
    return share <= MAX_MISREAD_BY_OTHER and bool(language)


def _is_western(text: str) -> bool:
    """True when most letters are ASCII, and few others beside each other: so are those of texts in Windows-1252."""
    if _LONG_RUN.search(text[:MAX_JUDGED]):
        return False
    letters = [char for char in text[:MAX_JUDGED] if char.isalpha()]
    beyond = sum(not char.isascii() for char in letters)
    return beyond < MIN_LETTERS or beyond <= (1 - MIN_ASCII) * len(letters)


def _is_latin(text: str) -> bool:
    """True when a text is words that are mostly ASCII."""
    letters = [char for char in text[:MAX_JUDGED] if char.isalpha()]
    return sum(map(str.isascii, letters)) > MIN_ASCII * len(letters) and are_words(text[:MAX_JUDGED])


def _without_tags(text: str) -> str:
    """A page's words, roughly: tags are English to those who tell languages."""
    return _TAG.sub(" ", text[: 10 * MAX_JUDGED])


def _codec(label: str) -> str | None:
    """Python's name of the charset that browsers read for a label; None for an unknown one."""
    try:
        name = codecs.lookup(_BROWSER_LABELS.get(label.lower(), label)).name
    except LookupError:
        return None
    return _AS_BROWSERS_DO.get(name, name)


def _detected(data: bytes) -> tuple[str, float]:
    """The likeliest charset of bytes and the confidence; Windows-1252 when there is little to go by."""
    found = chardet.detect(
        data, max_bytes=MAX_DETECTED, include_encodings=_CANDIDATES, compat_names=False, no_match_encoding="cp1252"
    )
    name, confidence = found["encoding"] or "cp1252", found["confidence"]
    return (_AS_BROWSERS_DO.get(name, name), confidence) if confidence >= MIN_CONFIDENCE else ("cp1252", 0.0)


def _strictly(data: bytes, name: str) -> str | None:
    try:
        return data.decode(name)
    except (UnicodeError, LookupError):
        return None


def _nearly_utf8(text: str) -> bool:
    """True when only a few bytes are broken: in other charsets most of the letters beyond ASCII are."""
    broken = text.count("\ufffd")
    whole = sum(not char.isascii() for char in text) - broken
    return whole > 2 * broken

"""Charsets and languages named rightly, on sentences from the gettext catalogues of this machine.

Catalogues (Debian's `locales-all` and desktop packages bring them) hold the same messages in many languages. Of each
language 60 short lines (3-7 words), 60 sentences (8-30 words) and 40 texts of six sentences are drawn; of each
charset and language 12 files of 1, 5 and 40 lines. A file counts when its text comes back without a wrong character.

    python -m benchmarks.charsets_and_languages [FOLDER]
"""

import argparse
import gettext
import random
import re
import time
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

from mistral_rag.text import decode_text, detect_language

LANGUAGES = {"no": "nb", "zh": "zh_CN", "tw": "zh_TW"}
NAMED = (
    *("de", "fr", "es", "it", "pt", "nl", "sv", "da", "no", "fi", "pl", "ro", "hu", "tr", "ca", "id", "ru", "ja", "zh"),
    *("ko", "el", "cs", "uk", "bg", "sk", "hr", "vi", "lt", "eu", "gl", "et", "sl"),
)
CHARSETS = {
    "cp1252": "de fr es pt nl sv da fi it ca",
    "iso8859-15": "de fr es",
    "cp1250": "pl cs hu ro sk hr sl",
    "iso8859-2": "pl cs hu",
    "cp1251": "ru uk bg",
    "koi8-r": "ru",
    "koi8-u": "uk",
    "iso8859-5": "ru bg",
    "cp866": "ru",
    "cp1253": "el",
    "iso8859-7": "el",
    "cp1254": "tr",
    "iso8859-9": "tr",
    "cp1255": "he",
    "cp1256": "ar",
    "cp1257": "lt lv",
    "shift_jis": "ja",
    "euc_jp": "ja",
    "iso2022_jp": "ja",
    "gbk": "zh",
    "gb18030": "zh",
    "big5": "tw",
    "cp949": "ko",
    "mac_roman": "fr de",
    "cp850": "de fr",
    "utf-8": "de ru ja ar el",
    "cp874": "th",
}
UNSPACED = frozenset({"ja", "zh", "tw", "th"})
NO_PROSE = re.compile(r"[%\\<>{}|@$=_]|https?:|--|\n\s*\n")


def main() -> None:
    """Print both tables."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", nargs="?", type=Path, default=Path("/usr/share/locale"))
    folder = parser.parse_args().folder
    every = {*NAMED, *(language for languages in CHARSETS.values() for language in languages.split())}
    texts = {language: list(_messages(folder, LANGUAGES.get(language, language))) for language in sorted(every)}
    _languages(texts)
    _charsets(texts)


def _messages(folder: Path, code: str) -> Iterator[str]:
    """The translated messages of a language that are prose, each once."""
    seen: set[str] = set()
    for path in sorted(folder.glob(f"**/{code}/LC_MESSAGES/*.mo")):
        if path.name.startswith("iso"):
            continue
        with path.open("rb") as file:
            try:
                catalogue = vars(gettext.GNUTranslations(file))["_catalog"]
            except (UnicodeError, OSError):
                continue
        for key, value in catalogue.items():
            text = " ".join(value.split())
            if key and text not in seen and text != key and not NO_PROSE.search(value):
                seen.add(text)
                yield text


def _words(text: str, language: str) -> float:
    return len(text) / 2.5 if language in UNSPACED else len(text.split())


def _languages(texts: dict[str, list[str]]) -> None:
    draw = random.Random(7)  # noqa: S311 (a sample, no secret)
    found: dict[str, Counter[str]] = {kind: Counter() for kind in ("short", "sentence", "text")}
    started = time.process_time()
    for language in NAMED:
        sentences = [text for text in texts[language] if 8 <= _words(text, language) <= 30]
        short = [text for text in texts[language] if 3 <= _words(text, language) < 8]
        draw.shuffle(sentences)
        draw.shuffle(short)
        long = [" ".join(sentences[at : at + 6]) for at in range(60, 300, 6)]
        for kind, chosen in (("short", short[:60]), ("sentence", sentences[:60]), ("text", long)):
            for text in filter(None, chosen):
                named = detect_language([text])
                found[kind]["right" if named == language else "wrong" if named else "unsure"] += 1
    for kind, counts in found.items():
        shares = "  ".join(f"{name} {counts[name] / counts.total():.3f}" for name in ("right", "unsure", "wrong"))
        print(f"languages  {kind:10} {shares}  of {counts.total()}")
    print(f"languages  {time.process_time() - started:.2f} s of processor time, the model's loading included")


def _charsets(texts: dict[str, list[str]]) -> None:
    draw = random.Random(11)  # noqa: S311 (a sample, no secret)
    right, all_files = Counter[int](), Counter[int]()
    started = time.process_time()
    for charset, languages in CHARSETS.items():
        for language in languages.split():
            lines = [text for text in texts[language] if _fits(text, charset, language)]
            for count in (1, 5, 40) if len(lines) >= 40 else ():
                for _ in range(4):
                    text = "\n".join(draw.sample(lines, count))
                    all_files[count] += 1
                    right[count] += decode_text(text.encode(charset)).text == text
    for count, files in sorted(all_files.items()):
        print(f"charsets   {count:3} lines  {right[count]} of {files} right")
    print(f"charsets   {time.process_time() - started:.2f} s of processor time")


def _fits(text: str, charset: str, language: str) -> bool:
    try:
        text.encode(charset)
    except UnicodeError:
        return False
    return not text.isascii() and (12 if language in UNSPACED or language == "ko" else 35) < len(text) < 300


if __name__ == "__main__":
    main()

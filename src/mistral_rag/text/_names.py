"""Names of files as people read and type them."""

import unicodedata
from contextlib import suppress


def readable_name(name: str) -> str:
    r"""A file's name in normal form C, bytes that are no UTF-8 as ``\xe9``.

    Systems give one name in several normal forms (macOS: D), and any bytes; two files never get one name by this
    unless they differ in nothing that is seen.
    """
    from mistral_rag.schema import clean_text  # pydantic takes longer to load than `status` to answer

    with suppress(UnicodeEncodeError):  # a lone surrogate of Windows
        name = name.encode("utf-8", "surrogateescape").decode("utf-8", "backslashreplace")
    return clean_text(unicodedata.normalize("NFC", name))


def is_readable(name: str) -> bool:
    """True for a name that is text in UTF-8."""
    try:
        name.encode()
    except UnicodeEncodeError:
        return False
    return True


def normal_forms(text: str) -> tuple[str, ...]:
    """The text and its normal forms C and D, each once: one name as different systems write it."""
    if text.isascii():
        return (text,)
    return tuple(dict.fromkeys((text, unicodedata.normalize("NFC", text), unicodedata.normalize("NFD", text))))

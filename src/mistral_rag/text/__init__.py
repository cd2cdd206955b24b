"""Text as documents and questions share it: sentences, words, numbers, languages, charsets, normal forms.

Everything here is used both by builds and by questions, so that what was indexed is found again. Names are loaded
when first used.
"""

from __future__ import annotations

from mistral_rag._lazy import loader

TYPE_CHECKING = False  # importing typing takes as long as starting Python
if TYPE_CHECKING:
    from mistral_rag.text._abbreviations import STARTERS
    from mistral_rag.text._calendar import MONTHS, full_year
    from mistral_rag.text._charset import DecodedText, decode_text, read_text
    from mistral_rag.text._computed_numbers import Computation, computed_number
    from mistral_rag.text._dates import WrittenDate, dates, same_date
    from mistral_rag.text._east_asian import east_asian_charsets
    from mistral_rag.text._grid import GridCell, Place, RowLabel, TableGrid, group_scopes
    from mistral_rag.text._invisible import drop_invisible
    from mistral_rag.text._language import detect_language
    from mistral_rag.text._measures import measure_word
    from mistral_rag.text._names import is_readable, normal_forms, readable_name
    from mistral_rag.text._normalization import BAR, LEVELS, Form, Level, normal_form, skeleton
    from mistral_rag.text._numbers import Number, numbers
    from mistral_rag.text._paths import local_path
    from mistral_rag.text._proximity import near, window
    from mistral_rag.text._same_numbers import missing_numbers, same_number, table_scales
    from mistral_rag.text._sentences import SENTENCE_LOOKAHEAD, can_begin, sentences, trimmed
    from mistral_rag.text._stop_words import STOP_WORDS
    from mistral_rag.text._tokens import (
        TOKENS_VERSION,
        Terms,
        bigrams,
        hashed,
        hashed_question,
        is_word,
        tokenize,
        written,
        written_question,
    )
    from mistral_rag.text._words import (
        NON_ALPHANUMERIC,
        Weigh,
        asked_words,
        content_words,
        coverage,
        evenly,
        rarity,
        words,
    )

_NAMES = {
    "_abbreviations": "STARTERS",
    "_calendar": "MONTHS full_year",
    "_charset": "DecodedText decode_text read_text",
    "_dates": "WrittenDate dates same_date",
    "_east_asian": "east_asian_charsets",
    "_grid": "GridCell Place RowLabel TableGrid group_scopes",
    "_invisible": "drop_invisible",
    "_language": "detect_language",
    "_measures": "measure_word",
    "_names": "is_readable normal_forms readable_name",
    "_normalization": "BAR Form LEVELS Level normal_form skeleton",
    "_computed_numbers": "Computation computed_number",
    "_numbers": "Number numbers",
    "_paths": "local_path",
    "_proximity": "near window",
    "_same_numbers": "missing_numbers same_number table_scales",
    "_sentences": "SENTENCE_LOOKAHEAD can_begin sentences trimmed",
    "_stop_words": "STOP_WORDS",
    "_tokens": "TOKENS_VERSION Terms bigrams hashed hashed_question is_word tokenize written written_question",
    "_words": "NON_ALPHANUMERIC Weigh asked_words content_words coverage evenly rarity words",
}

__all__ = [
    "BAR",
    "LEVELS",
    "MONTHS",
    "NON_ALPHANUMERIC",
    "SENTENCE_LOOKAHEAD",
    "STARTERS",
    "STOP_WORDS",
    "TOKENS_VERSION",
    "Computation",
    "DecodedText",
    "Form",
    "GridCell",
    "Level",
    "Number",
    "Place",
    "RowLabel",
    "TableGrid",
    "Terms",
    "Weigh",
    "WrittenDate",
    "asked_words",
    "bigrams",
    "can_begin",
    "computed_number",
    "content_words",
    "coverage",
    "dates",
    "decode_text",
    "detect_language",
    "drop_invisible",
    "east_asian_charsets",
    "evenly",
    "full_year",
    "group_scopes",
    "hashed",
    "hashed_question",
    "is_readable",
    "is_word",
    "local_path",
    "measure_word",
    "missing_numbers",
    "near",
    "normal_form",
    "normal_forms",
    "numbers",
    "rarity",
    "read_text",
    "readable_name",
    "same_date",
    "same_number",
    "sentences",
    "skeleton",
    "table_scales",
    "tokenize",
    "trimmed",
    "window",
    "words",
    "written",
    "written_question",
]

__getattr__ = loader(__name__, {name: module for module, names in _NAMES.items() for name in names.split()})


def __dir__() -> list[str]:
    return __all__

"""Which language a question is in."""

from collections.abc import Collection

from mistral_rag.store.stopwords import ASKING, STOP_WORDS


def language_of(question: str, expected: Collection[str] = ()) -> str:
    """The language whose small words the question uses most; empty when they do not tell.

    Among languages that fit equally one of `expected` wins.
    """
    words = "".join(char if char.isalpha() else " " for char in question.lower()).split()
    counts = {code: sum(word in stops or word in ASKING[code] for word in words) for code, stops in STOP_WORDS.items()}
    most = max(counts.values())
    fitting = [code for code, count in counts.items() if count == most]
    if most == 0 or (len(fitting) > 1 and not set(fitting) & set(expected)):
        return ""
    return next((code for code in fitting if code in expected), fitting[0])

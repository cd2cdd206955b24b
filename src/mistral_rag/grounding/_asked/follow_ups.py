"""Questions that need what was said before: "And in 2021?", "Why?", "How old is she?"."""

import re
from typing import Final

from mistral_rag.text import MONTHS, content_words

_WORD: Final = re.compile(r"[^\W_]+(?:['’][^\W_]+)?")
_TIME: Final = re.compile(
    rf"\b(?:(?:fy|q[1-4]|h[12])?\s?['’]?(?:19|20)\d\d|[qh][1-4]|{'|'.join(sorted(MONTHS, key=len, reverse=True))}"
    r"|years?|months?|quarters?|jahre?n?|monate?n?|quartale?n?|année?s?|ans?|mois|trimestres?|años?|meses|mes"
    r"|\d{1,2}(?:st|nd|rd|th|\.)?|before|after|last|next|previous|later|earlier|vorher|danach|fiscal)\b",
    re.IGNORECASE,
)
"""Words for a time, which name nothing that a time could be asked of."""

_AND: Final = re.compile(
    r"^\W*(?:(?:ok(?:ay)?|so|well|and|but|or|und|aber|oder|et|mais|ou|y|pero|maar)\b[\s,]*)+", re.IGNORECASE
)
"""Words that go on; not those that are also the commonest preposition of another language ("en", "e", "o")."""
_WHAT_ABOUT: Final = re.compile(
    r"^\W*(?:(?:and|so|but|und|et|y|e|en)\s+)?(?:(?:what|how) about|what if not|was ist mit(?= (?:(?:de[rmn]|die|das|eine[mr]?) )?"
    r"\S+$)|wie (?:ist|sieht) es (?:bei|mit|für)|wie sieht['’]?s (?:bei|mit)|qu['’]en est-il (?:de|pour)|et pour"
    r"|qué (?:hay|tal) (?:de|con)|e per|en voor)\b",
    re.IGNORECASE,
)
_ASKS: Final = frozenset(
    """
    what which who whom whose when where why how is are was were do does did has have had can could may must
    should shall
    will would am list name give show tell explain describe find
    was welche welcher welches welchem welchen wer wem wen wann wo wohin warum wieso weshalb wie wieviel ist
    sind war waren
    hat haben kann können darf dürfen muss müssen soll sollen wird werden gibt nenne
    que quel quelle quels quelles qui quand où pourquoi comment combien est sont était quoi
    qué cuál cuáles quién quiénes cuándo dónde cómo cuánto cuántos cuánta cuántas es son fue
    cosa quale quali chi quando dove perché come quanto quanti wat welke wie wanneer waar waarom hoe hoeveel

    """.split()  # noqa: SIM905 (reads better)
)
"""Words that open a question of its own."""
_EMPTY: Final = frozenset(
    """
    more else again further exactly really sure mean meant come much many long often old big high large so then
    since
    there true go ahead continue elaborate example instance reason one ones other others thing things same also
    too ok okay
    thanks please not
    alt hoch groß seit mehr genau noch weiter sonst viel viele lange oft dann ja nein weshalb wieso denn
    beispiel grund wirklich eigentlich
    encore alors pourquoi comment combien plus quand más además entonces cuándo por

    """.split()  # noqa: SIM905 (reads better)
)
"""Words that name nothing to look for."""
_LANGUAGES: Final = ("en", "de", "fr", "es", "it", "nl", "pt")

_PERSON: Final = r"(?:he|she|they|him|them|his|her|hers|their|theirs|himself|herself|themselves)"
_THING: Final = r"(?:it|its|itself)"
_OTHER: Final = (
    r"(?:ihn|ihm|ihnen|dessen|deren|davon|dafür|dazu|darüber|dabei|damit|daran|dagegen"
    r"|celui-ci|celle-ci|cela|ça|lui|leur|ello|eso|ése|ella|ellos|ellas)"
)
_PRONOUN: Final = re.compile(rf"\b(?:{_PERSON}|{_THING}|{_OTHER})\b", re.IGNORECASE)
_EXPLETIVE: Final = re.compile(
    r"\bit (?:takes?|costs?|says?|rains?|snows?)\b|(?<=is )it\b(?=.*\b(?:to|that|if|when)\b)"
    r"|(?<=was )it\b(?=.*\b(?:to|that|if|when)\b)|(?<=be )it\b",
    re.IGNORECASE,
)
""""Is it allowed to …", "how long does it take": such an "it" stands for what follows."""
_DEICTIC: Final = re.compile(
    r"\b(?:(?:why|how|what|when|who|where|is|was|are|were|does|did|do|about|of|for|like|than|from|after|before)\s+"
    r"(?:is\s+|was\s+|does\s+|did\s+)?(?:this|that|these|those)(?=\s*(?:[?.!]|$|\b(?:mean|so|also|one|ones|happen|apply|work"
    r"|called|possible|true|correct|right|the|a|an)\b))"
    r"|(?:this|that|these|those|the|which)\s+(?:one|ones|former|latter|others?)\b(?=\s*(?:[?.!,]|$|is|was|are|were|do|does|did|has|have))"
    r"|the same (?:one|thing|year|period|person|company)\b"
    r"|\bwhat (?:happened|happens|comes|came|is) (?:then|next)(?=\W*$)"
    r"|(?:und|warum|wie|was|gilt|ist|bedeutet|heißt) (?:das|dies)(?=\s*(?:[?.!]|$|auch|so|möglich|immer|genau)))",
    re.IGNORECASE,
)
_OF_PRONOUN: Final = re.compile(
    r"[^\W_]+\s+(?:of|about|for|to|in|on|by|with|from|against|de|von|für|pour)\s*$", re.IGNORECASE
)


def refers_back(question: str) -> str:
    """The words of a question that need what was said before; empty for one that stands by itself.

    By rules, in English, and in German, French and Spanish for what is common:

    - it names nothing, or a time alone: "Why?", "And in 2021?", "How much?", "Tell me more";
    - it goes on without asking anew: "And for managers?", "What about Poland?";
    - a pronoun opens it, before anything that the pronoun could mean: "How old is she?", "What does that mean?".
    """
    bare = question.strip(" \t\n?!.")
    if found := _WHAT_ABOUT.match(bare):
        return found[0].strip()
    rest = _AND.sub("", bare)
    if _names_nothing(rest):
        return bare
    if rest != bare and not _opens_a_question(rest):
        return bare
    if found := _DEICTIC.search(bare):
        return found[0].strip() if _names_nothing(bare[: found.start()]) else ""
    return next((pronoun[0] for pronoun in _PRONOUN.finditer(bare) if _is_unbound(bare, pronoun)), "")


def _opens_a_question(text: str) -> bool:
    words = _WORD.findall(text.casefold())[:3]
    return any(word in _ASKS for word in words)


def _names_nothing(text: str) -> bool:
    """True when no word is left but those of grammar, of a time, and of asking on."""
    timeless = " ".join(word for word in _WORD.findall(_TIME.sub(" ", text).casefold()) if word not in _EMPTY | _ASKS)
    return any(not content_words(timeless, language) for language in _LANGUAGES)


def _is_unbound(question: str, pronoun: re.Match[str]) -> bool:
    is_initials = pronoun[0].isupper()
    if is_initials or (pronoun[0].lower() == "it" and _EXPLETIVE.match(question, pronoun.start())):
        return False
    # "the name of his wife": the name is not whom "his" means
    before = _OF_PRONOUN.sub("", question[: pronoun.start()])
    return _names_nothing(before)

"""Earlier questions with another thing that is asked for: "And its price?", "What about net income?"."""

import re
from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

from mistral_rag.grounding._conversation.wording import ASKING, PREPOSITION, WORD

MAX_WORDS: Final = 4
"""Words of the thing; more of them hold a clause of their own."""
_DEFINITE: Final = r"(?:the|der|die|das|le|la|les|l['’]|el|los|las)"
_BELONGS: Final = r"(?:of|von|des|der|de|du|del|de la)"
POSSESSIVE: Final = re.compile(
    r"(?P<whose>its|his|her|their|sein\w{0,2}|ihre?[mnrs]?|son|sa|ses|leurs?|sus?)\s+(?P<thing>[^\s].*)", re.IGNORECASE
)
_ARTICLES: Final[Mapping[str, str]] = MappingProxyType(
    {**dict.fromkeys(("its", "his", "her", "their"), "the"), **dict.fromkeys(("ses", "leurs"), "les"), "sa": "la",
     **dict.fromkeys(("seine", "ihre"), "die")}
)  # fmt: skip
"""Articles in the place of possessives; of "ihr", "son" and "su" the gender is not known."""
_PARTICIPLE: Final = re.compile(
    r"(?<=\S)\s+(?:\w+ed|kept|sent|paid|held|made|sold|built|bought|done|given|taken|written|known|ge\w+(?:t|en)"
    r"|(?:be|ver|er)\w+(?:t|en)|\w+ées?|\w+és?|\w+[ai]d[oa]s?)$"
)
"""A participle behind the thing: "How long are invoices kept?"."""
_WITH_OWNER: Final = re.compile(
    rf"(?P<asks>.*?\b(?:is|are|was|were|ist|sind|war|waren|est|sont|es|son)\s+)(?P<article>{_DEFINITE})\s*(?P<thing>[^\s].*?)"
    rf"(?P<owner>\s+{_BELONGS}\s+\S.*)",
    re.IGNORECASE,
)
_WITH_THING: Final = re.compile(
    r"(?P<asks>(?:what|how \w+|which)\s+|wie \w+\s+|quel(?:le)?s?\s+|¿?\s*cuál(?:es)?\s+)"
    r"(?P<verb>is|are|was|were|ist|sind|war|waren|est|sont|était|es|son|fue|era)\s+"
    rf"(?P<article>{_DEFINITE}\s*)?(?P<thing>\S.*?)(?P<rest>\s+(?:in|for|at|on|per|during|im|für|bei|am|en|pour|au|para|con)\s+\S.*)?",
    re.IGNORECASE,
)
_VERBS: Final[Mapping[str, tuple[str, str]]] = MappingProxyType(
    {"is": ("is", "are"), "are": ("is", "are"), "was": ("was", "were"), "were": ("was", "were")}
)
"""English verbs for one and for many."""


def with_other_thing(rest: str, base: str) -> str | None:
    """The earlier question for another thing of the same owner, or in the same phrase; None where that is not clear.

    "And its price?" after "What is the warranty of the pump?" asks for the price of the pump; "What about net income?"
    after "What were net sales in 2022?" for that of 2022. Both things have an article, or none has: "What about
    managers?" names no other thing but for whom.
    """
    if own := POSSESSIVE.fullmatch(rest):
        owned, article = _WITH_OWNER.fullmatch(base), _ARTICLES.get(own["whose"].lower())
        clear = owned and article and _is_thing(own["thing"])
        return f"{owned['asks']}{article} {own['thing']}{owned['owner']}" if owned and clear else None
    new = re.fullmatch(rf"(?P<article>{_DEFINITE}\s*\b)?(?P<thing>\S.*)", rest, re.IGNORECASE)
    old = _WITH_THING.fullmatch(base)
    if new is None or old is None or not _is_thing(new["thing"]) or bool(new["article"]) != bool(old["article"]):
        return None
    # a bare name is of another company or place
    if new["article"] is None and (new["thing"][:1].isupper() or old["thing"][:1].isupper()):
        return None
    verb = _agreeing(old["verb"], new["thing"])
    done = _PARTICIPLE.search(old["thing"])
    return f"{old['asks']}{verb} {new['article'] or ''}{new['thing']}{done[0] if done else ''}{old['rest'] or ''}"


def _is_thing(text: str) -> bool:
    """True for a few words that neither ask nor begin with a preposition."""
    words = WORD.findall(text)
    asks = ASKING.match(text) is not None or re.match(rf"{PREPOSITION}\b", text, re.IGNORECASE) is not None
    return 0 < len(words) <= MAX_WORDS and not asks


def _agreeing(verb: str, thing: str) -> str:
    """An English verb in the number of the thing."""
    one, many = _VERBS.get(verb.lower(), (verb, verb))
    is_many = re.search(r"[^s]s$", thing.split(" of ")[0]) is not None
    return many if is_many else one

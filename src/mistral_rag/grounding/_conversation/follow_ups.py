"""Follow-ups, told by their words: "And in 2021?", "Why?", "How old is she?"."""

import re
from typing import Final

from mistral_rag.grounding._conversation.wording import (
    ABOUT,
    AND,
    ASKING,
    ASKS,
    LEAD,
    PRONOUN,
    SMALL,
    TELLS,
    WHAT_ABOUT,
    WORD,
    bare,
    names_nothing,
    says_nothing,
)

MAX_FOLLOW_UP: Final = 300
"""Characters of a follow-up; who writes more says what it is about."""
_STANDS_FOR_A_CLAUSE: Final = re.compile(
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


_IN_CONVERSATION: Final = (
    # lower case: "Sie" is how German addresses its reader
    (
        re.compile(
            r"\b(?:was|welche[mnrs]?|wer|wem|wen|wann|wo|warum|wieso|wie|ist|sind|hat|gilt|wird)\b", re.IGNORECASE
        ),
        re.compile(r"\b(?:sie|er|es|ihn|ihm|ihnen|ihre?[mnrs]?|seine?[mnrs]?)\b(?!\s+(?:gibt|erlaubt|möglich|nötig))"),
    ),
    (
        re.compile(r"\b(?:quel(?:le)?s?|quand|où|pourquoi|comment|combien|qui|est-ce)\b", re.IGNORECASE),
        re.compile(
            r"(?<=-)(?:elles?|ils?|lui|ce)\b|\b(?:elles?|ils|lui|leurs?|son|sa|ses|celui-ci|celle-ci|cela|ça)\b"
        ),
    ),
    (
        re.compile(r"¿|\b(?:qué|cuál(?:es)?|quién(?:es)?|cuándo|dónde|cómo|cuánt[oa]s?)\b", re.IGNORECASE),
        re.compile(r"\b(?:él|ellas?|ellos|sus?|ello|es[oa]|esto|allí|ahí)\b"),
    ),
)
"""Words by which a language is known, and its pronouns that stand for something said before only where something was
said, and nothing stands before them in the question."""
_OBJECT: Final = re.compile(
    r"\b(?:it|them|him|her|this|that|these|those|sie|ihn|es|ihm|ihnen|das|davon)\W*$"
    r"|\b(?:a|take|have|get|use|need|buy|bring|want|give|order)\s+one\b(?!\s+(?:of|day|week|month|year|hour|more))"
    r"|\b(?:is|was|are|were)\s+(?:this|that)\s+(?:in|at|for|with|from|by|on)\b"
    r"|^\W*qui\s+(?:l[ae]s?|lui|leur|en)\s+\w+\W*$|^\W*qui\s+l['’]\w+\W*$"
    r"|^\W*(?:quién(?:es)?|cuándo|cómo|dónde|por qué)\s+(?:l[oae]s?)\s+\w+\W*$",
    re.IGNORECASE,
)
"""A pronoun as the object of a short question: "Who deletes them?"."""
_ASKED_OF_ONE: Final = re.compile(
    r"^\W*(?:and\s+)?(?:what|which|how\s+(?:many|much))\b(?:\s+(?-i:[a-z][\w-]*)){1,4}?\s+(?:do|does|did|has|have|had|will|can|could|must"
    r"|should|would)\s+(?:he|she|they|it(?!\s+(?:take|cost|rain|snow)))\b"
    r"|^\W*(?:und\s+)?(?:wie\s+viele?|welche[mnrs]?)\s+(?:[\w-]+\s+){1,4}?(?:hat|hatte|bekommt|erhält|kann|darf|muss)\s+"
    r"(?-i:sie|er)\b",
    re.IGNORECASE,
)
"""A subject right behind the verb, which what is asked for cannot be: "How many leave days does she have?"."""
_BOUNDARY: Final = re.compile(
    r",|\b(?:when|if|after|before|because|while|until|and|or|which|wenn|falls|nachdem|bevor|weil|und|oder)\b",
    re.IGNORECASE,
)
"""Behind it a pronoun may stand for what the question itself names before."""
_EXPLETIVE: Final = re.compile(
    r"\b(?:gibt es|es gibt|(?:ist|wird|geht) es\b.*\b(?:zu|dass|ob)"
    r"|y a-t-il|il y a|faut-il|(?:est|s['’]agit|peut)-il)\b",
    re.IGNORECASE,
)
_SUBJECT_LEFT_OUT: Final = re.compile(
    r"^¿?\s*(?:y\s+)?(?:(?:desde\s+)?cuándo|cómo|dónde|por\s+qué|por\s+quién)\s+(?:l[oae]s?\s+|se\s+)?"
    r"(?:fue(?:ron)?|es|son|está[n]?|ha[n]?\s+sido)\s+\w+(?:ad|id|t|ch)[oa]s?\s*\?*$"
    r"|^¿?\s*(?:y\s+)?cuánto\s+(?:cuesta|dura|vale|mide|pesa|tarda)n?\s*\?*$",
    re.IGNORECASE,
)
"""Spanish leaves the subject out: "¿Cuándo fue fundada?"."""


def refers_back(question: str) -> str:
    """The words of a question that need what was said before; empty for one that stands by itself.

    By rules, in English, and in German, French and Spanish for what is common:

    - it names nothing, or a time alone: "Why?", "And in 2021?", "How much?", "Tell me more";
    - it goes on without asking anew: "And for managers?", "What about Poland?";
    - a pronoun opens it, before anything that the pronoun could mean: "How old is she?", "What does that mean?".
    """
    asked = question.strip(" \t\n?!.")
    if found := WHAT_ABOUT.match(asked):
        return found[0].strip()
    rest = AND.sub("", asked)
    if names_nothing(rest):
        return asked
    if rest != asked and not _opens_a_question(rest):
        return asked
    if found := _DEICTIC.search(asked):
        return found[0].strip() if names_nothing(asked[: found.start()]) else ""
    return next((pronoun[0] for pronoun in PRONOUN.finditer(asked) if _nothing_before(asked, pronoun)), "")


def _opens_a_question(text: str) -> bool:
    words = WORD.findall(text.casefold())[:3]
    return any(word in ASKS | TELLS for word in words)


def needs_turn(question: str) -> bool:
    """True when a question that comes after others is about what they were about."""
    if len(question) > MAX_FOLLOW_UP:
        return False
    if refers_back(question) or ABOUT.match(question) or _SUBJECT_LEFT_OUT.match(question.strip()):
        return True
    if _is_fragment(question):
        return True
    if _EXPLETIVE.search(question):
        return False
    if _ASKED_OF_ONE.match(question):
        return True
    if _OBJECT.search(question) and not _BOUNDARY.search(question):
        return True
    return any(
        _is_unbound(question[: found.start()])
        for language, pronoun in _IN_CONVERSATION
        if language.search(question)
        for found in pronoun.finditer(question)
    )


def _is_fragment(question: str) -> bool:
    """True for "Poland?" and "And who pays?": too little to be asked by itself; without a "?" it is a search."""
    whole = bare(question)
    rest = LEAD.sub("", whole, count=1).strip()
    words = SMALL.sub("", rest).split()
    if rest != whole and len(words) <= MAX_GOING_ON:
        return True
    asks = ASKING.search(SMALL.sub("", rest)) is not None
    return question.rstrip().endswith("?") and len(words) <= MAX_FRAGMENT and not asks and not _CODE.search(rest)


MAX_FRAGMENT: Final = 3
"""Words of a fragment; more of them are a question in telegram style."""
MAX_GOING_ON: Final = 2
"""The same behind "and": an asking word and a verb that lacks its subject or object."""
_CODE: Final = re.compile(r"\w*[A-Za-z]-?\d|\d-?[A-Za-z]")
"""A number of a form or an invoice, which names what is asked for by itself."""


def _nothing_before(question: str, pronoun: re.Match[str]) -> bool:
    is_initials = pronoun[0].isupper()
    if is_initials or (pronoun[0].lower() == "it" and _STANDS_FOR_A_CLAUSE.match(question, pronoun.start())):
        return False
    # "the name of his wife": the name is not whom "his" means
    before = _OF_PRONOUN.sub("", question[: pronoun.start()])
    return names_nothing(before)


def _is_unbound(before: str) -> bool:
    """True when nothing stands before a pronoun that it could mean."""
    return says_nothing(LEAD.sub("", before, count=1)) or refers_back(f"{before} it") != ""

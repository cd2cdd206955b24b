"""Questions without their instructions about the form of the answer."""

import re
from typing import Final

_TELLS_HOW: Final = re.compile(
    r"(?:please\s+|kindly\s+)?(?:"
    r"you\s+(?:are|have)\b"
    r"|(?:assume|pretend|imagine)\s+(?:that\s+)?you\b|act\s+as\b|we\s+(?:need|want|only|have)\b"
    r"|(?:round|answer|respond|reply|base|rely|utili[sz]e|address|approach)\b"
    r"|your\s+(?:answer|response|reply|solution|result)\b"
    r"|(?:give|provide|state|write|express|present|calculate)\b.{0,40}?\b(?:answers?|questions?|response|solution|reply)\b"
    r"|use\b.{0,80}?\b(?:statements?|sheets?|information|reports?|data|details|lens)\b"
    r"|if\b.{0,160}?\b(?:state|say|answer|provide|then|write|explain)\b)",
    re.IGNORECASE,
)
_UNITS: Final = re.compile(r"(?<!\s)\s*+\((?:in|rounded?|answer|express\w*|units?)\b[^()]*\)", re.IGNORECASE)
_LEAD_IN: Final = re.compile(
    r"\b(?:here(?:['’]s|\s+is)\s+the\s+question|the\s+(?:following\s+)?question(?:\s+is)?)\s*:",
    re.IGNORECASE,
)
_SENTENCE: Final = re.compile(r"(?<=[.?!])\s+")
MIN_CHARACTERS: Final = 12
"""Characters that must be left; else the question stays as it is: a shorter rest is a mistake of the rules."""


def without_instructions(question: str) -> str:
    """The question without sentences that only say how to answer ("Round to two decimals. You are an analyst …").

    English only; other questions come back as they are.
    """
    stripped = _LEAD_IN.sub(". ", _UNITS.sub("", question))
    kept = " ".join(part for part in _SENTENCE.split(stripped) if not _TELLS_HOW.match(part.strip(" .")))
    return kept if len(kept) >= MIN_CHARACTERS else question

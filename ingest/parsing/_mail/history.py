"""Repeated texts and the signature of a mail, told from what its author has written.

Signs that mail programs set: lines that begin with ">", the line above them that names the author ("On … wrote:"), the
line "-- " above a signature (RFC 3676, 4.3), and the heads that Outlook and others put above a message that they repeat
whole, in the languages that we know. A message that is forwarded is no history: it is what the mail is about.
"""

import re
from dataclasses import dataclass
from typing import Final

MAX_SIGNATURE: Final = 20
"""Lines of a signature; what is longer below such a line is text. Four lines are good manners (RFC 1855)."""
MAX_ATTRIBUTION: Final = 3
"""Lines that name the author of a quotation: long addresses are wrapped."""
MIN_HEAD: Final = 3
"""Fields of a head that a program puts above a message which it repeats."""

_QUOTED: Final = re.compile(r"^ ?>+ ?")
_SIGNATURE: Final = re.compile(r"^-- ?$")
_ATTRIBUTION: Final = re.compile(
    r"^\W{0,3}(?=.*(?:\d|@)).{3,300}(?:wrote|writes|said|schrieb|écrit|écrivait|escribió|scritto|schreef|skrev|napisał|"
    r"escreveu|pisze|kirjoitti|написал|пишет)\b.{0,80}:\W{0,3}$"
    r"|^(?:On|Am|Le|El|Il|Op|Den|W dniu|Em) (?=.*\d).{5,300}:$",
    re.IGNORECASE | re.DOTALL,
)
_OPENING: Final = re.compile(r"\W{0,3}(?:On|At|Am|Le|El|Il|Op|Den|W dniu|Em|Quoting)\b")
_ORIGINAL: Final = re.compile(
    r"^[-_=*\s]{2,}(?:original message|original appointment|urspr(?:ü|ue)ngliche nachricht|message d'origine|"
    r"message original|mensaje original|messaggio originale|oorspronkelijk bericht|ursprungligt meddelande|"
    r"mensagem original|исходное сообщение|reply message)[-_=*\s]{2,}$",
    re.IGNORECASE,
)
_FORWARDED: Final = re.compile(
    r"^[-_=*\s]{2,}(?:forwarded (?:message|by)\b|weitergeleitete nachricht|message transf[ée]r|mensaje reenviado|"
    r"messaggio inoltrato|doorgestuurd bericht|mensagem encaminhada|begin forwarded message).*$"
    r"|^begin forwarded message:$|^anfang der weitergeleiteten nachricht:?$",
    re.IGNORECASE,
)
_FIELD: Final = re.compile(
    r"^[*\s]*(?P<name>from|sent|date|to|cc|subject|von|gesendet|datum|an|betreff|de|envoy[ée]|à|objet|enviado(?: el)?|"
    r"para|asunto|da|inviato|data|a|oggetto|van|verzonden|aan|onderwerp|från|skickat|till|ämne)\*?\s?:\*?\s*(?P<value>.*)$",
    re.IGNORECASE,
)
_SENDER: Final = frozenset({"from", "von", "de", "da", "van", "från"})
_RULE: Final = re.compile(r"^\s*[_\-=*]{5,}\s*$")
_FORWARD_SUBJECT: Final = re.compile(r"^\s*(?:fwd?|fw|wg|tr|rv|i|doorst|enc)\s*:", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class MailText:
    """The text of a mail: what its author has written (and what is forwarded), what it repeats, the signature."""

    own: str
    history: str = ""
    signature: str = ""


def divide(text: str, *, subject: str = "") -> MailText:
    """Divide the lines of a mail; the subject tells whether a message that it repeats was forwarded."""
    lines = text.split("\n")
    own: list[str] = []
    history: list[str] = []
    at = 0
    while at < len(lines):
        if _begins_history(lines, at, subject):
            history += lines[at:]
            break
        if _QUOTED.match(lines[at]):
            kept, attribution = _without_attribution(own)
            own, history = kept, [*history, *([""] if history else []), *attribution]
            while at < len(lines) and (_QUOTED.match(lines[at]) or _stands_between(lines, at)):
                history.append(_QUOTED.sub("", lines[at], count=1))
                at += 1
            # no more than one empty line where the quotation was
            while at < len(lines) and not lines[at].strip() and own and not own[-1].strip():
                at += 1
            continue
        own.append(lines[at])
        at += 1
    # an answer may end in the line above a quotation that is empty
    own, signature = _without_signature(own)
    return MailText(_joined(own), _joined(_unquoted(history)), _joined(signature))


def is_forward(subject: str) -> bool:
    """True for the subject of a mail that forwards another one."""
    return _FORWARD_SUBJECT.match(subject) is not None


def names_forward(text: str) -> bool:
    """True for a text that begins with the line above a message that is forwarded."""
    return _FORWARDED.match(text.strip().split("\n", 1)[0]) is not None


def history_start(text: str, *, subject: str) -> int | None:
    """The offset from which on a text is a message that it repeats; None when it is not."""
    lines = text.split("\n")
    offset = 0
    for at, line in enumerate(lines):
        if _begins_history(lines, at, subject):
            return offset
        offset += len(line) + 1
    return None


def _begins_history(lines: list[str], at: int, subject: str) -> bool:
    line = lines[at].strip()
    if not line:
        return False
    if _ORIGINAL.match(line):
        return True
    behind = at + 1 if _RULE.match(line) else at
    if not is_forward(subject) and _head_at(lines, behind) and not _after_forward(lines, at):
        return True
    # an author's line with the whole message below, which no sign marks, ends in nothing but it
    return (
        bool(_ATTRIBUTION.match(line))
        and any(each.strip() for each in lines[at + 1 :])
        and not _quotes_below(lines, at)
    )


def _quotes_below(lines: list[str], at: int) -> bool:
    """True when the next line that is not empty is marked as quoted."""
    following = next((line for line in lines[at + 1 :] if line.strip()), "")
    return _QUOTED.match(following) is not None


def _after_forward(lines: list[str], at: int) -> bool:
    before = [line for line in lines[max(at - 3, 0) : at] if line.strip()]
    return any(_FORWARDED.match(line.strip()) for line in before) or _FORWARDED.match(lines[at].strip()) is not None


def _head_at(lines: list[str], at: int) -> bool:
    """True where the head of a repeated message stands: its sender first, then at least two more fields."""
    names: list[str] = []
    for line in lines[at : at + 12]:
        found = _FIELD.match(line)
        if found:
            names.append(found["name"].lower())
        elif not names or line.strip():
            break
    return len(set(names)) >= MIN_HEAD and names[0] in _SENDER


def _without_attribution(own: list[str]) -> tuple[list[str], list[str]]:
    """The author's lines without the last ones that name whom the quotation below is of."""
    end = len(own)
    while end and not own[end - 1].strip():
        end -= 1
    counts = [count for count in range(1, MAX_ATTRIBUTION + 1) if _names_author(own[max(end - count, 0) : end], count)]
    if not counts:
        return own, []
    # a line that is wrapped reads like one that names the author from its second half on, too
    count = next((count for count in counts if _OPENING.match(own[end - count])), counts[0])
    return own[: end - count], own[end - count : end]


def _names_author(lines: list[str], count: int) -> bool:
    joined = " ".join(lines).strip()
    return len(lines) == count and all(line.strip() for line in lines) and _ATTRIBUTION.match(joined) is not None


def _stands_between(lines: list[str], at: int) -> bool:
    """True for an empty line between two that are quoted."""
    return not lines[at].strip() and at + 1 < len(lines) and _QUOTED.match(lines[at + 1]) is not None


def _without_signature(own: list[str]) -> tuple[list[str], list[str]]:
    at = next((at for at in range(len(own) - 1, -1, -1) if _SIGNATURE.match(own[at])), None)
    if at is None or sum(bool(line.strip()) for line in own[at + 1 :]) > MAX_SIGNATURE:
        return own, []
    return own[:at], own[at + 1 :]


def _unquoted(lines: list[str]) -> list[str]:
    """Lines of history without the marks of quotations inside of it."""
    return [re.sub(r"^(?:>+ ?)+", "", line) for line in lines]


def _joined(lines: list[str]) -> str:
    return "\n".join(lines).strip("\n").rstrip()

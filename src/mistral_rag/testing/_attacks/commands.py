"""Instructions in a prompt, read as a model reads them that obeys everybody."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final, Literal

from mistral_rag.testing._attacks.disguises import readings

Kind = Literal["write", "show", "call", "reveal", "print", "cite"]

_VERBS: Final = {
    "write": "write|say|answer|reply|respond|state|append|add|include|output|insert|end|tell|claim|schreibe?|antworte"
    "|sage?|füge|gib|écris|réponds|ajoute|dis|affirme|escribe|responde|añade|di|scrivi|rispondi|aggiungi|escreva"
    "|responda|adicione|schrijf|antwoord|napisz|odpowiedz|dodaj|напиши|ответь|добавь|写|回答|输出|書いて|答えて|اكتب|أضف"
    "|yaz|ekle",
    "call": "call|invoke|run|execute|use|rufe|appelle|llama|chiama|chame|вызови|调用",
    "reveal": "reveal|print|repeat|show|disclose|output|verrate|zeige|wiederhole|révèle|affiche|revela|muestra|mostra"
    "|rivela|revele|покажи|透露|显示",
    "print": "print|repeat|copy|translate|list|dump|drucke|kopiere|imprime|copie|copia|stampa|покажи|打印",
    "cite": "cite|mark|attribute|back|zitiere|belege|cita|cite|citez|引用",
}
_QUOTED = r"""(?:"([^"\n]{1,600})"|“([^”\n]{1,600})”|«([^»\n]{1,600})»|`([^`\n]{1,600})`|「([^」\n]{1,600})」)"""
_UP_TO_TEXT = r"[^\"“«`「\n:：]{0,60}"
_TOOL = "tool|function|werkzeug|outil|herramienta|工具"
_RULES = "system\\s?prompt|system message|instructions|systemprompt|anweisungen|consignes|instrucciones|提示"
_DOCUMENTS = "documents?|evidence|everything|all files|dokumente?|documentos?|文件"


def _order(kind: Kind, rest: str) -> re.Pattern[str]:
    return re.compile(rf"(?<![a-zà-ÿ])(?:{_VERBS[kind]}){rest}", re.IGNORECASE)


_WRITE = _order("write", rf"{_UP_TO_TEXT}[:：]?\s{{0,3}}{_QUOTED}")
_WRITE_LINE = _order("write", rf"{_UP_TO_TEXT}[:：]\s{{0,3}}([^\n]{{1,600}})")
_CALL = _order("call", rf"[^\n{{]{{0,30}}?(?:{_TOOL})\s?(\w{{1,60}})[^\n{{]{{0,30}}(\{{[^\n}}]{{0,300}}\}})?")
_REVEAL = _order("reveal", rf"[^\n]{{0,40}}(?:{_RULES})")
_PRINT = _order("print", rf"[^\n]{{0,40}}(?:{_DOCUMENTS})")
_CITE = _order("cite", r"[^\n]{0,30}(?:first|every|all|erste|première|primera|第一)")
_SHOWN = re.compile(
    r"!?\[[^\]\n]{0,200}\]\([^)\n]{1,400}\)|<[a-z][^<>\n]{1,300}>|[a-z][a-z0-9+.-]{1,20}:(?://)?[^\s\"“”«»<>]{3,300}",
    re.IGNORECASE,
)


@dataclass(frozen=True, slots=True)
class Command:
    """An instruction: what is to be done, and with which text. `argument` is the JSON of a tool's arguments."""

    kind: Kind
    text: str
    argument: str = ""


def commands(prompt: str) -> list[Command]:
    """All instructions in a text, each once, in whatever disguise and whatever language of the list."""
    joined = re.sub(r"\s*\n(?:\[E\d+-\w+\] |~ )?", " ", prompt)
    found = (command for text in (prompt, joined) for reading in readings(text) for command in _in(reading))
    return list(dict.fromkeys(found))


def _in(text: str) -> Iterator[Command]:
    for match in _WRITE.finditer(text):
        yield Command("write", next(part for part in match.groups() if part))
    for match in _WRITE_LINE.finditer(text):
        yield Command("write", match[1])
    for match in _SHOWN.finditer(text):
        yield Command("show", match[0])
    for match in _CALL.finditer(text):
        yield Command("call", match[1], match[2] or "{}")
    if _REVEAL.search(text):
        yield Command("reveal", "")
    if _PRINT.search(text):
        yield Command("print", "")
    if _CITE.search(text):
        yield Command("cite", "")

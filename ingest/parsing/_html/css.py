"""Style sheets, as far as they hide text: rules, their selectors, and the declarations that count."""

import re
from collections.abc import Iterator, Mapping
from typing import Final, NamedTuple

from ingest.parsing._html.media import holds
from ingest.parsing._html.validity import is_valid, longhands

Declarations = Mapping[str, tuple[str, bool]]
"""Values by property, in lower case, and True for those that are important."""

_NAMES = """
    -webkit-background-clip -webkit-mask -webkit-mask-image -webkit-text-fill-color -webkit-text-stroke
    -webkit-text-stroke-width animation animation-name background background-clip background-color background-image
    bottom clip clip-path color content-visibility display fill filter font-size font-weight height left margin-left
    margin-top mask mask-image max-height max-width mix-blend-mode opacity overflow overflow-x overflow-y
    padding-left position right scale stroke text-decoration text-decoration-line text-indent text-shadow top
    transform transition transition-property translate visibility width
"""
PROPERTIES: Final = frozenset(_NAMES.split())
"""Properties that can hide text or tell the heads and groups of tables; all others are left out."""
MAX_RULES: Final = 20_000
"""Rules of a page that are looked at; large sites have some thousands."""

_COMMENT: Final = re.compile(r"/\*.*?(?:\*/|\Z)|<!--|-->", re.DOTALL)
_ESCAPE: Final = re.compile(r"\\(?:([0-9a-fA-F]{1,6})[ \t\n\r\f]?|([^\n]))")
_TOKEN: Final = re.compile(
    r"""[{};]|"(?:[^"\\\n]|\\.)*"?|'(?:[^'\\\n]|\\.)*'?|\((?:[^()"'{}]*\))?|[^{};"'(]+""", re.DOTALL
)
_COMMA: Final = re.compile(r",(?![^(\[]*[)\]])")
_RIGHTMOST: Final = re.compile(r"[^\s>+~]+\Z")
_KEY: Final = re.compile(r"#[\w-]+|\.[\w-]+|^[\w-]+")
_SIMPLE: Final = re.compile(r"[#.]?[\w-]+")
_SCOPE: Final = re.compile(r"@scope\s*\((.*)\)\s*", re.DOTALL)
"""A scope with a lower edge (`to`) holds for elements that are not found here: its rules are passed over."""
_AROUND: Final = re.compile(r"&|:scope\b")
_MAX_NESTING: Final = 10
_MAX_SELECTORS: Final = 10_000
"""Characters of a rule's selectors with those around it: each level of nesting may double them."""
_CALL: Final = re.compile(r"\([^()]*\)")
_AT_RULE: Final = re.compile(r"@([a-zA-Z-]+)")
_PSEUDO_ELEMENT: Final = re.compile(
    r"::|:(?:before|after|first-line|first-letter|hover|focus|active|visited|target|checked)"
)
"""Parts of elements that are no text of the document, and states that no page is in when it is opened."""
_IN_NO_STATE: Final = re.compile(
    r"(^|[\s>+~])?:not\(\s*:(?:hover|focus|focus-within|focus-visible|active|visited|target)\s*\)"
)
_PSEUDO_BOX: Final = re.compile(r"::?(?:before|after)\s*\Z")
_UNKNOWN_BACKGROUND: Final[Declarations] = {"background-image": ("unknown", False)}


class Rule(NamedTuple):
    """A selector, what it declares, and its rank among others: specificity, then place."""

    selector: str
    declarations: Declarations
    rank: tuple[int, int, int, int]

    @property
    def is_simple(self) -> bool:
        """True for a selector that is its key: one tag, class or id."""
        return _SIMPLE.fullmatch(self.selector) is not None

    @property
    def key(self) -> str:
        """Id, class or tag that an element must have: the first of the rightmost part; empty for any element."""
        selector = _CALL.sub("", _CALL.sub("", self.selector))
        rightmost = None if "(" in selector else _RIGHTMOST.search(selector)
        found = sorted(_KEY.findall(rightmost[0].partition(":")[0].partition("[")[0])) if rightmost else []
        return found[0] if found else ""


def declarations_of(text: str) -> Declarations:
    """Declarations of a style attribute or of a rule's block; those that are not valid are left out."""
    found: dict[str, tuple[str, bool]] = {}
    for declaration in _parts(_COMMENT.sub(" " if "<" in text else "", text)):
        name, colon, value = declaration.partition(":")
        name = _unescaped(name).strip().lower()
        value, mark, _ = _unescaped(value).lower().partition("!")
        for longhand, part in longhands(name, value.strip()) if colon else ():
            is_kept = longhand in found and found[longhand][1] and not mark
            if _is_known(longhand) and not is_kept and is_valid(longhand, part):
                found[longhand] = part, bool(mark)
    return found


def _is_known(name: str) -> bool:
    return name in PROPERTIES or name.startswith("--")


def rules_of(sheet: str, first: int = 0) -> Iterator[Rule]:
    """Rules of a style sheet that a reader at a screen sees at work; `first` numbers the first."""
    prelude: list[str] = []
    blocks: list[str | None] = []
    declared: list[list[str]] = []
    for piece in _TOKEN.findall(_COMMENT.sub("", sheet)):
        if piece == "{":
            own, mark, begun = "".join(prelude).rpartition(";")
            if declared:
                declared[-1].append(own + mark)
            declared.append([])
            blocks.append(_block(begun.strip(), blocks))
            prelude = []
        elif piece == "}" and blocks:
            prelude = [*declared.pop(), *prelude]
            if selectors := blocks.pop():
                declarations = declarations_of("".join(prelude))
                for selector in _COMMA.split(selectors) if declarations else ():
                    selector, counted = _of_box(selector, declarations)
                    if (rank := _specificity(selector)) is not None:
                        yield Rule(_unescaped(_stateless(selector)).strip(), counted, (*rank, first))
                        first += 1
            prelude = []
        elif piece == ";" and not (blocks and blocks[-1]):
            prelude = []
        else:
            prelude.append(piece)


def _of_box(selector: str, declarations: Declarations) -> tuple[str, Declarations]:
    """A rule for a box behind an element's text as a rule for the element; any other as it is."""
    box = _PSEUDO_BOX.search(selector)
    if box is None or not covers({name: value for name, (value, _) in declarations.items()}):
        return selector, declarations
    return selector[: box.start()], _UNKNOWN_BACKGROUND


def covers(values: Mapping[str, str]) -> bool:
    """True for a box with a background that fills the one around it: what lies on it has a background unknown here."""
    background = [values.get(f"background{name}", "none") for name in ("", "-color", "-image")]
    if values.get("position") not in {"absolute", "fixed"} or {"none", "transparent"}.issuperset(background):
        return False
    sides = [values.get(side, "") for side in ("top", "right", "bottom", "left")]
    return {"0", "0px"}.issuperset(sides) or (values.get("width"), values.get("height")) == ("100%", "100%")


def _block(prelude: str, blocks: list[str | None]) -> str | None:
    """Selectors of a block that begins; empty for a group of rules, None for one that is passed over."""
    if None in blocks or len(blocks) > _MAX_NESTING:
        return None
    around = blocks[-1] if blocks else ""
    if prelude[:1] != "@":
        return _nested(around, prelude) if around else prelude
    rule = _AT_RULE.match(prelude)
    name = rule[1].lower() if rule else ""
    if name == "layer" or (rule and name in {"media", "supports", "container"} and holds(name, prelude[rule.end() :])):
        return around
    if name == "scope" and (found := _SCOPE.fullmatch(prelude)):
        return _nested(around, found[1]) if around else found[1].strip()
    return None


def _nested(around: str, prelude: str) -> str:
    """Selectors of a rule within another (CSS Nesting 1); `&` and `:scope` stand for the element around."""
    outer, inner = _COMMA.split(around), _COMMA.split(prelude)
    if sum(map(len, outer)) * len(inner) + sum(map(len, inner)) * len(outer) > _MAX_SELECTORS:
        return "@"
    return ",".join(_within(parent.strip(), selector.strip()) for parent in outer for selector in inner)


def _within(parent: str, selector: str) -> str:
    if not _AROUND.search(selector):
        return f"{parent} {selector}"
    # a tag stands first in a compound
    own = _AROUND.sub(lambda _: parent, selector, count=1)
    return _AROUND.sub(lambda _: f":is({parent})", own)


def _stateless(selector: str) -> str:
    """The selector without `:not(:hover)` and its like, which hold for every element of a page that is opened."""
    return _IN_NO_STATE.sub(lambda found: f"{found[1]}*" if found[1] is not None else "", selector)


def _specificity(selector: str) -> tuple[int, int, int] | None:
    """Ids, classes and tags of a selector; None for one that matches nothing of a page as it is opened."""
    if _PSEUDO_ELEMENT.search(_IN_NO_STATE.sub("", selector)):
        return None
    ids, classes = selector.count("#"), selector.count(".") + selector.count("[") + selector.count(":")
    return ids, classes, len(re.findall(r"(?:^|[\s>+~])[\w-]+", selector))


def _parts(text: str) -> Iterator[str]:
    part: list[str] = []
    for piece in _TOKEN.findall(text):
        if piece == ";":
            yield "".join(part)
            part = []
        else:
            part.append(piece)
    yield "".join(part)


def _unescaped(text: str) -> str:
    return _ESCAPE.sub(_character, text) if "\\" in text else text


def _character(escape: re.Match[str]) -> str:
    if escape[1] is None:
        return escape[2]
    code = int(escape[1], 16)
    return chr(code) if 0 < code < 0x110000 and not 0xD800 <= code < 0xE000 else "\ufffd"

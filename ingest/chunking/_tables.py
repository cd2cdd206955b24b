"""Rows of tables as they are printed: what looks like one, and which one names the columns of the others."""

import re
from collections.abc import Collection, Mapping, Sequence

NUMBER = r"[(\[]?[-–−+]?[$€£¥]?[-–−]?\(?\d(?:[\d.,/:]*\d)?\)?[%x]?\)?[\])]?(?:\(\w\))?"
CELL = re.compile(rf"{NUMBER}|[—–\-*]{{1,3}}|N/?[AM]|n/?[am]")
SIGN = re.compile(r"[$€£¥%)(]+|US\$|C\$")
GAP = re.compile(r"\t|(?<![.!?])[ \u00a0]{2,}| \| ")
"""Gaps that part the cells of a row; two blanks after a full stop do not."""
LEADERS = re.compile(r"(?:\.[ \u00a0]?){4,}|_{4,}|…{2,}")
PERIOD = re.compile(
    r"\b(?:(?:19|20)\d\d(?:[-–/](?:19|20)?\d\d)?[A-Z]?\b|FY ?'?\d{2,4}\b|[QH][1-4]\b|[1-4]Q\b|[12]H\d{0,4}\b|"
    r"(?:jan(?:uary|uar|vier)?|feb(?:ruary|ruar|rero)?|march|märz|mars|marzo|apr(?:il)?|avril|abril|may|mai|mayo|june?|"
    r"juni|juin|junio|july?|juli|juillet|julio|aug(?:ust)?|août|agosto|sept?(?:ember)?|septembre|septiembre|oct(?:ober)?|"
    r"oktober|octobre|octubre|nov(?:ember|embre|iembre)?|dec(?:ember)?|dezember|décembre|diciembre|enero|févr?ier)\b"
    r"\.?(?: \d{1,2}\b)?|months?|quarters?|weeks?|years?|ended|ending|fiscal|change|variance|jahr|exercice|ejercicio)",
    re.IGNORECASE,
)
YEAR = re.compile(r"\b(?:19|20)\d\d\b")
NUMERALS = frozenset(("one", "two", "three", "six", "nine", "twelve", "first", "second", "third", "fourth"))
JOINING_WORDS = frozenset(("and", "of", "for", "from", "to", "in", "on", "by", "the", "und", "von", "et", "de", "y"))
IN_BRACKETS = re.compile(r"\([^()]*\)")
NO_LABEL = re.compile(r"(?:part|item|note|chapter|section|table|kapitel|abschnitt|artikel)\s+\w{1,4}\b", re.IGNORECASE)
MAX_LABEL = 120
"""Characters of a label in a table: what is longer is a sentence between two tables."""
MAX_HEAD = 160
"""Characters of a line with column names: a full line of a page in landscape."""
MAX_OTHERS = 3
"""Words that a row of years may hold beside them, without gaps, and still name columns ("Year ended March 2023")."""
WORD = re.compile(r"[^\W\d_]{2,}")


def is_row(line: str) -> bool:
    """True when a line looks like a row of a table: it ends in cells of numbers, or has wide gaps."""
    tokens = line.split()
    cells, signs = trailing_cells(tokens)
    if cells >= 2:
        return True
    gaps = len(GAP.findall(line)) if "  " in line or "\t" in line or "|" in line else 0
    if gaps >= 2:
        return True
    leaders = (".." in line or ". ." in line or "__" in line or "…" in line) and LEADERS.search(line) is not None
    if cells == 1:
        return signs > 0 or gaps > 0 or leaders or len(tokens) == 1
    return leaders and WORD.search(line) is not None


def trailing_cells(tokens: Sequence[str]) -> tuple[int, int]:
    """The number of cells of numbers among the last tokens, and of signs between them."""
    cells = signs = 0
    for token in reversed(tokens):
        if CELL.fullmatch(token):
            cells += 1
        elif SIGN.fullmatch(token):
            signs += 1
        else:
            break
    return cells, signs


def label_wraps(label: str, following: str) -> bool:
    """True when a row is the first half of the label of the row below it."""
    if GAP.search(label) or label[-1] in ":.":
        return False
    if following.lstrip("(")[:1].islower() and GAP.search(following):
        return True
    if any(map(str.isdigit, label)):
        return False
    return following.lstrip("(")[:1].islower() or label[-1] == "," or label.split()[-1] in JOINING_WORDS


def is_label(line: str) -> bool:
    """True when a line between rows may be the label of those below it ("Current assets:")."""
    return 0 < len(line) <= MAX_LABEL and line[-1] not in ".;" and NO_LABEL.match(line) is None


def names_columns(line: str) -> bool:
    """True when a row holds years, dates or periods, and no other numbers."""
    if PERIOD.search(line) is None or line[-1] in ".:":
        return False
    rest = PERIOD.sub(" ", IN_BRACKETS.sub(" ", line))
    if any(map(str.isdigit, rest)) or any(map(CELL.fullmatch, rest.split())):
        return False
    others = [word for word in WORD.findall(rest) if word.lower() not in NUMERALS]
    return not others or (len(YEAR.findall(line)) > 1 and (len(others) < MAX_OTHERS or GAP.search(line) is not None))


def begins_table(line: str) -> bool:
    """True when a row can only be the first of a table: it names columns."""
    return names_columns(line) or (len(_named_cells(line)) > 1 and not any(map(str.isdigit, line)))


def header_rows(lines: Sequence[str | None], starts: Collection[int] = ()) -> Mapping[int, int]:
    """For each row that has one, the index of the row that names its columns.

    `lines` are the units of a page, None for what is no row: that ends a table. So does an index in `starts`.
    A row of column names may itself stand under another one ("Three Months Ended" above the years).
    """
    found: dict[int, int] = {}
    header: int | None = None
    for at, line in enumerate(lines):
        if line is None or at in starts:
            header = None
        if line is None:
            continue
        if names_columns(line) or (_opens_table(lines, at) and header in {None, at - 1}):
            if header == at - 1 and header is not None:
                found[at] = header
            header = at
        elif header is not None:
            found[at] = header
    return found


def stands_above_columns(line: str) -> bool:
    """True when a line directly above a table's rows belongs to its head."""
    return len(line) <= MAX_HEAD and line[-1] != "." and (names_columns(line) or len(_named_cells(line)) > 1)


def _opens_table(lines: Sequence[str | None], at: int) -> bool:
    """True for words with gaps above a row with numbers: "Shares  Amount  Total"."""
    line = lines[at] or ""
    following = lines[at + 1] if at + 1 < len(lines) else None
    return (
        following is not None
        and len(_named_cells(line)) > 1
        and not any(char.isdigit() for char in line)
        and trailing_cells(line.split())[0] == 0
        and (trailing_cells(following.split())[0] > 0 or GAP.search(following) is not None)
    )


def _named_cells(line: str) -> list[str]:
    """The cells of a line that may be names of columns; none for labels ("Assets:") and units ("(In millions)")."""
    return [cell for cell in GAP.split(line) if cell.strip() and cell.rstrip()[-1] not in ":)"]

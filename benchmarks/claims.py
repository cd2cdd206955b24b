"""Statements changed by scripts: how many are caught, and how many true ones are called wrong.

    python -m benchmarks.claims [--each N] [--show KIND] [--part NAME]

True statements are the gold answers of FinanceBench with their evidence, claims of WiCE that people call supported,
and sentences of XQuAD's paragraphs (English, German, Spanish). Each kind of change is made to N of them (500); a
change counts only where the true statement is called supported, and is caught when the changed one is not.
"""

import argparse
import json
import random
import re
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from mistral_rag.grounding._support.support import Judgement, judge
from mistral_rag.text import numbers, sentences

DATA = Path(__file__).parents[2] / "shared" / "data"
EACH = 500


@dataclass(frozen=True, slots=True)
class Statement:
    """A true statement with its sources."""

    part: str
    text: str
    sources: tuple[str, ...]
    language: str = "en"
    around: str = ""
    question: str = ""

    def judged(self) -> Judgement:
        """The judgement of the code."""
        return judge(self.text, self.sources, self.language, around=self.around, question=self.question)


def rows(path: str) -> Iterator[dict[str, Any]]:
    """The lines of a data file."""
    with (DATA / path).open(encoding="utf-8") as lines:
        yield from map(json.loads, lines)


def filings() -> Iterator[Statement]:
    """Gold answers of FinanceBench, sentence by sentence, with the text of their evidence."""
    for row in rows("financebench/questions.jsonl"):
        around = f"{row['company']} {row['doc']}"
        for start, end in sentences(row["answer"], paragraphs=True):
            text = row["answer"][start:end]
            yield Statement("filings", text, (row["evidence_text"],), around=around, question=row["question"])


def encyclopedia() -> Iterator[Statement]:
    """Claims of WiCE that people call supported."""
    for row in rows("grounding/wice_claims.jsonl"):
        if row["label"] == "supported":
            held = {at for group in row["supporting_sets"] for at in group}
            cited = tuple(text for at, text in enumerate(row["evidence_sentences"]) if at in held)
            yield Statement("wice", row["claim"], cited or tuple(row["evidence_sentences"]), around=row["title"])


def paragraphs(language: str) -> Iterator[Statement]:
    """Sentences of XQuAD, each with its paragraph."""
    for row in rows(f"retrieval_multilingual/xquad_{language}/corpus.jsonl"):
        for start, end in sentences(row["text"]):
            if 8 <= len(row["text"][start:end].split()) <= 45:
                yield Statement(f"xquad_{language}", row["text"][start:end], (row["text"],), language)


PARTS: Mapping[str, Callable[[], Iterator[Statement]]] = {
    "filings": filings,
    "wice": encyclopedia,
    "xquad_en": lambda: paragraphs("en"),
    "xquad_de": lambda: paragraphs("de"),
    "xquad_es": lambda: paragraphs("es"),
}

NAME = re.compile(r"(?<=[\w,] )[A-ZÀ-Þ][\w'’-]+(?: (?:of |de |von )?[A-ZÀ-Þ][\w'’-]+)*")
DIRECTIONS = {
    "rose": "fell", "fell": "rose", "increased": "decreased", "decreased": "increased", "increase": "decrease",
    "decrease": "increase", "growth": "decline", "grew": "declined", "declined": "grew", "decline": "increase",
    "higher": "lower", "lower": "higher", "more": "less", "improved": "worsened", "drop": "rise", "dropped": "rose",
    "reduced": "increased", "increasing": "decreasing", "decreasing": "increasing", "rising": "falling",
    "reduction": "increase", "largest": "smallest", "highest": "lowest", "lowest": "highest", "greater": "smaller",
    "larger": "smaller", "gain": "loss", "profit": "loss", "increases": "decreases", "decreases": "increases",
    "stieg": "fiel", "stiegen": "fielen", "sank": "stieg", "sanken": "stiegen", "fiel": "stieg", "höher": "niedriger",
    "niedriger": "höher", "mehr": "weniger", "weniger": "mehr", "größer": "kleiner", "wuchs": "schrumpfte",
    "Wachstum": "Rückgang", "Rückgang": "Zuwachs", "Anstieg": "Rückgang", "Zunahme": "Abnahme", "größte": "kleinste",
    "größten": "kleinsten", "erhöht": "gesenkt", "Erhöhung": "Senkung", "höchste": "niedrigste", "höhere": "niedrigere",
    "aumentó": "disminuyó", "aumento": "descenso", "disminuyó": "aumentó", "mayor": "menor", "menor": "mayor",
    "más": "menos", "menos": "más", "crecimiento": "descenso", "creció": "cayó", "subió": "bajó", "cayó": "subió",
    "aumentado": "reducido", "reducción": "aumento", "disminución": "aumento", "caída": "subida", "redujo": "aumentó",
}  # fmt: skip
AUXILIARY = {
    "en": r"\b(is|was|are|were|has|have|had|will|can|could|would|does|did)\b(?! not\b)",
    "de": r"\b(ist|war|sind|waren|hat|haben|hatte|wird|werden|wurde|wurden|kann)\b(?! nicht\b)",
    "es": r"\b(es|fue|son|eran|fueron|ha|han|había|era|tiene|puede|está)\b",
}
UNITS = {
    "miles": "kilometres", "km": "miles", "years": "months", "months": "weeks", "days": "hours", "hours": "days",
    "weeks": "days", "kilometers": "metres", "metres": "kilometres", "feet": "metres", "tons": "kilograms",
    "million": "billion", "billion": "million", "percent": "million", "%": " million", "minutes": "hours",
    "Jahre": "Monate", "Jahren": "Monaten", "Tage": "Wochen", "Kilometer": "Meter", "Millionen": "Milliarden",
    "Meter": "Kilometer", "Prozent": "Millionen", "años": "meses", "días": "semanas", "metros": "kilómetros",
    "kilómetros": "metros", "millones": "mil", "Milliarden": "Millionen", "horas": "días",
}  # fmt: skip
CURRENCIES = {"$": "€", "€": "$", "£": "$", "dollars": "euros", "euros": "dollars", "Euro": "Dollar",
              "dólares": "euros",
              "Dollar": "Euro", "pounds": "euros", "pesos": "euros"}  # fmt: skip
MEASURES = {
    "revenue": "net income", "revenues": "expenses", "sales": "profit", "income": "costs", "cost": "price",
    "costs": "revenues", "expenses": "assets", "assets": "liabilities", "liabilities": "assets", "profit": "revenue",
    "cash": "debt", "debt": "equity", "population": "area", "area": "population", "height": "width",
    "length": "height", "weight": "length", "temperature": "pressure", "pressure": "temperature", "speed": "weight",
    "students": "teachers", "employees": "customers", "deaths": "births", "price": "cost", "margin": "volume",
    "points": "yards", "yards": "points", "touchdowns": "interceptions", "interceptions": "touchdowns",
    "Einwohner": "Haushalte", "Bevölkerung": "Fläche", "Fläche": "Bevölkerung", "Studenten": "Dozenten",
    "Preis": "Ertrag", "población": "superficie", "precio": "coste", "temperatura": "presión",
    "superficie": "población",
    "Yards": "Punkte", "Temperatur": "Druck", "yardas": "puntos", "estudiantes": "profesores",
}  # fmt: skip
CLAUSES = {
    "en": (
        "because of strong demand for electric vehicles",
        "and it won a national award for design",
        "after a dispute with its insurers",
        "which surprised most observers in Norway",
        "driven by cheaper raw materials",
    ),
    "de": (
        "weil die Nachfrage nach Elektroautos stark war",
        "und es gewann einen nationalen Preis",
        "nach einem Streit mit Versicherern",
    ),
    "es": (
        "debido a la fuerte demanda de coches eléctricos",
        "y ganó un premio nacional de diseño",
        "tras una disputa con las aseguradoras",
    ),
}


def number(true: Statement, draw: random.Random) -> str | None:
    """Another number in the place of one."""
    found = list(re.finditer(r"(?<![\w.,])\d+(?:[.,]\d+)*(?![\w]|[.,]\d)", true.text))
    for match in draw.sample(found, len(found)):
        digits = [at for at, char in enumerate(match[0]) if char.isdigit()]
        at = draw.choice(digits)
        other = draw.choice([d for d in "123456789" if d != match[0][at]])
        new = match[0][:at] + other + match[0][at + 1 :]
        if not any(re.search(rf"(?<!\d){re.escape(new)}(?!\d)", source) for source in true.sources):
            return true.text[: match.start()] + new + true.text[match.end() :]
    return None


def entity(true: Statement, draw: random.Random) -> str | None:
    """Another name of the same sources in the place of one."""
    said = list(NAME.finditer(true.text))
    there = {name for source in true.sources for name in NAME.findall(source)} - {match[0] for match in said}
    there = {name for name in there if not any(part in true.text for part in name.split())}
    if not said or not there:
        return None
    match = draw.choice(said)
    other: str = draw.choice(sorted(there))
    return true.text[: match.start()] + other + true.text[match.end() :]


def foreign_entity(true: Statement, draw: random.Random) -> str | None:
    """A name of nowhere in the place of one."""
    said = list(NAME.finditer(true.text))
    if not said:
        return None
    match = draw.choice(said)
    other = draw.choice(["Veldmoor", "Kestrel Holdings", "Ondine Brandt", "Tamarack", "Luzia Ferrante"])
    return true.text[: match.start()] + other + true.text[match.end() :]


def negation(true: Statement, draw: random.Random) -> str | None:
    """A negation put in, or taken out."""
    for pattern, without in ((r"\b(?:not|nicht) ", ""), (r"n't\b", ""), (r"\bno (?=se |es |fue |ha )", "")):
        if re.search(pattern, true.text):
            return re.sub(pattern, without, true.text, count=1)
    found = list(re.finditer(AUXILIARY[true.language], true.text))
    if not found:
        return None
    match = draw.choice(found[:2])
    word = {"en": f"{match[1]} not", "de": f"{match[1]} nicht", "es": f"no {match[1]}"}[true.language]
    return true.text[: match.start()] + word + true.text[match.end() :]


def swapped(table: Mapping[str, str]) -> Callable[[Statement, random.Random], str | None]:
    """A change of one word by a table."""

    def change(true: Statement, draw: random.Random) -> str | None:
        said = [m for m in re.finditer(r"[^\W\d_]+|[$€£%]", true.text) if m[0] in table]
        if not said:
            return None
        match = draw.choice(said)
        return true.text[: match.start()] + table[match[0]] + true.text[match.end() :]

    return change


def measured(table: Mapping[str, str]) -> Callable[[Statement, random.Random], str | None]:
    """The same, beside a number only."""

    def change(true: Statement, draw: random.Random) -> str | None:
        words = "|".join(sorted(map(re.escape, table), key=len, reverse=True))
        before = re.search(
            rf"[$€£](?=\s?\d)|(?<=\d)\s?%|(?<=\d)[ -](?:{words})\b|(?<=million |billion )(?:{words})\b", true.text
        )
        if before is None or before[0].strip(" -") not in table:
            return None
        return (
            true.text[: before.start()]
            + before[0].replace(before[0].strip(" -"), table[before[0].strip(" -")])
            + true.text[before.end() :]
        )

    return change


def years(true: Statement, draw: random.Random) -> str | None:
    """Two years that change places, or another year of the sources."""
    said = [n for n in numbers(true.text) if n.is_year]
    if len({n.text for n in said}) >= 2:
        first, second = said[0], next(n for n in said if n.text != said[0].text)
        return (
            true.text[: first.start]
            + second.text
            + true.text[first.end : second.start]
            + first.text
            + true.text[second.end :]
        )
    there = sorted(
        {n.text for source in true.sources for n in numbers(source) if n.is_year and len(n.text) == 4}
        - {n.text for n in said}
    )
    if not said or not there or len(said[0].text) != 4:
        return None
    return true.text[: said[0].start] + draw.choice(there) + true.text[said[0].end :]


def clause(true: Statement, draw: random.Random) -> str | None:
    """A clause of which the sources say nothing."""
    if len(true.text.split()) < 5:
        return None
    return f"{true.text.rstrip('. ')}, {draw.choice(CLAUSES[true.language])}."


def roles(true: Statement, draw: random.Random) -> str | None:
    """Two names that change places."""
    said = [m for m in NAME.finditer(" , " + true.text) if m.start() > 3]
    pairs = [
        (a, b) for a in said for b in said
        if a.start() < b.start() and a[0] != b[0]
        and re.search(r"[a-zß-ÿ]{4}", (" , " + true.text)[a.end() : b.start()])
    ]  # fmt: skip
    if not pairs:
        return None
    a, b = draw.choice(pairs)
    text = " , " + true.text
    return (text[: a.start()] + b[0] + text[a.end() : b.start()] + a[0] + text[b.end() :])[3:]


CHANGES: Mapping[str, Callable[[Statement, random.Random], str | None]] = {
    "number": number,
    "entity": entity,
    "foreign entity": foreign_entity,
    "negation": negation,
    "direction": swapped(DIRECTIONS),
    "measure": swapped(MEASURES),
    "years": years,
    "clause": clause,
    "currency": measured(CURRENCIES),
    "unit": measured(UNITS),
    "roles": roles,
}


def main(arguments: Sequence[str] | None = None) -> None:
    """Print both tables."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--each", type=int, default=EACH)
    parser.add_argument("--show", help="print the changes of this kind that are not caught, or 'true' for false alarms")
    parser.add_argument("--part", choices=PARTS)
    parser.add_argument("--limit", type=int, default=400, help="true statements of each part")
    chosen = parser.parse_args(arguments)
    true = [s for name in ([chosen.part] if chosen.part else PARTS) for s in drawn(list(PARTS[name]()), chosen.limit)]
    supported = false_alarms(true, show=chosen.show == "true")
    for kind, change in CHANGES.items():
        print(caught(kind, change, supported, chosen.each, show=chosen.show == kind), flush=True)


def drawn(every: list[Statement], limit: int) -> list[Statement]:
    """Some of the statements, always the same."""
    return random.Random(0).sample(every, min(limit, len(every)))  # noqa: S311


def false_alarms(true: Sequence[Statement], *, show: bool) -> list[Statement]:
    """Print how many true statements are not called supported; returns those that are."""
    supported = []
    totals: Counter[str] = Counter()
    grades: Counter[tuple[str, str]] = Counter()
    for statement in true:
        judgement = statement.judged()
        totals[statement.part] += 1
        grades[statement.part, judgement.support] += 1
        grades[statement.part, "numbers"] += judgement.numbers_ok is False
        grades[statement.part, "checks"] += any(
            "content words" not in r and "not together" not in r and "computed" not in r for r in judgement.reasons
        )
        if judgement.support == "supported":
            supported.append(statement)
        elif show:
            print(f"  {judgement.support}: {statement.text[:200]!r} {judgement.reasons}")
    print(f"{'true statements':16} {'':5} partial  unsupported  contradicted  by a check  a number missing")
    for part, total in totals.items():
        shares = [
            grades[part, grade] / total for grade in ("partial", "unsupported", "contradicted", "checks", "numbers")
        ]
        print(f"  {part:14} {total:5}   " + "       ".join(f"{share:.3f}" for share in shares))
    return supported


def caught(
    kind: str,
    change: Callable[[Statement, random.Random], str | None],
    true: Sequence[Statement],
    each: int,
    *,
    show: bool,
) -> str:
    """One line: how many of a kind of change are caught, and how."""
    draw = random.Random(kind)  # noqa: S311
    made = 0
    grades: Counter[str] = Counter()
    for _ in range(4):
        for statement in draw.sample(list(true), len(true)):
            text = change(statement, draw) if made < each else None
            if text is None or text == statement.text:
                continue
            made += 1
            judgement = replace(statement, text=text).judged()
            grades[judgement.support] += 1
            if show and judgement.support == "supported":
                print(f"  {statement.part} {statement.text[:300]!r}\n    -> {text[:300]!r}")
    told = "  ".join(
        f"{grade} {grades[grade] / max(made, 1):.3f}" for grade in ("partial", "unsupported", "contradicted")
    )
    return f"{kind:16} {made:5}  caught {1 - grades['supported'] / max(made, 1):.3f}   {told}"


if __name__ == "__main__":
    main()

"""Answers without a model: quotes of the units that fit the question best."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TypeGuard, cast

from mistral_rag.grounding._asked.answerability import (
    ACROSS,
    DEFAULTS,
    ENGLISH,
    MULTILINGUAL,
    WORDS,
    Calibration,
    Signs,
    scale_of,
)
from mistral_rag.grounding._asked.editions import of_edition_asked_for
from mistral_rag.grounding._asked.empty_fields import empty_field
from mistral_rag.grounding._asked.languages import in_other_languages, language_of
from mistral_rag.grounding._asked.subjects import Subjects
from mistral_rag.grounding._conversation.follow_ups import refers_back
from mistral_rag.grounding._evidence.evidence import EvidenceUnit, defused, named_values
from mistral_rag.grounding._evidence.retrieved import Retrieved
from mistral_rag.grounding._evidence.runs import MatrixEncoder, UnitRun, best_runs, runs_by_meaning
from mistral_rag.grounding._evidence.versions import Quoted, contradiction, dated, quoted
from mistral_rag.grounding._quotes.citations import cite
from mistral_rag.grounding._support.absent import absent_nouns
from mistral_rag.grounding._support.columns import AskedColumns
from mistral_rag.grounding._support.fit import Fit
from mistral_rag.retrieval._questions import without_instructions
from mistral_rag.schema import Answer, Citation, Claim
from mistral_rag.text import asked_words

LEAD = "Passages from the documents that fit the question best (quoted, no model was asked):"
VALUE_LANGUAGES = frozenset({"en", "de", "fr", "es"})
"""Languages in which dates, spans of time and names are told."""
NUMBER_WORDS = frozenset({"en"})
"""Languages in which amounts are told that are written as words."""
MIN_OWN_WORDS = 3
"""Content words from which on a question with an unbound pronoun may still be looked up: "where do they shoot …"."""


@dataclass(frozen=True, slots=True)
class Extract:
    """The quotes, best first, and the chance (0 to 1) that it answers the question.

    `reason` says why there is no answer, or what is doubtful about one that contradicts itself.
    """

    quotes: tuple[Quoted, ...]
    likelihood: float
    reason: str | None = None

    @property
    def runs(self) -> tuple[UnitRun, ...]:
        """The chosen runs of units."""
        return tuple(quote.run for quote in self.quotes)


def extractive_answer(
    retrieved: Retrieved, *, quotes: int = 5, embeddings: object = None, calibration: Calibration | None = None
) -> Answer:
    """Answer with quotes of the best retrieved units, or abstain with the reason."""
    if reason := _needs_history(retrieved.question):
        return retrieved.answer(text="", status="abstained", reason=reason)
    found = extract(
        retrieved.question, retrieved.evidence, quotes=quotes, embeddings=embeddings, calibration=calibration
    )
    if not found.quotes:
        return retrieved.answer(text="", status="abstained", reason=found.reason)
    text, citations, claims = composed(retrieved.question, found.quotes)
    status = "answered" if found.reason is None else "partial"
    return retrieved.answer(text=text, status=status, reason=found.reason, citations=citations, claims=claims)


def _needs_history(question: str) -> str:
    """The reason why a follow-up can't be answered by itself; empty for other questions."""
    words = refers_back(question)
    # a pronoun alone does not take the subject away from a long question
    if not words or (len(words.split()) == 1 and len(asked_words(question)) > MIN_OWN_WORDS):
        return ""
    return f"the question goes on from one before (\u201c{words}\u201d), and there is none: ask it in full"


def extract(
    question: str,
    evidence: Sequence[EvidenceUnit],
    *,
    quotes: int = 5,
    embeddings: object = None,
    calibration: Calibration | None = None,
) -> Extract:
    """Choose the best units, at most `quotes`, or say why there is no answer.

    Embeddings count only when their cosines have a known scale: those of the embedded models. Without a calibration
    the shipped one of their scale holds.
    """
    if not evidence:
        return Extract((), 0.0, "nothing was found for this question")
    question, evidence = of_edition_asked_for(question, evidence)
    fit, subjects = Fit(question, evidence), Subjects(question, evidence)
    calibration = _calibration(calibration, question, embeddings)
    chosen = quoted(tuple(best_runs(fit, subjects, evidence, quotes)))
    signs = signs_of(fit, subjects, tuple(quote.run for quote in chosen), question, embeddings)
    likelihood = calibration.likelihood(signs)
    if absent := subjects.decisive:
        return Extract((), likelihood, subjects.absence(absent))
    if reason := subjects.fields_of_others:
        return Extract((), likelihood, reason)
    about_it = tuple(quote for quote in chosen if not subjects.others_asked(quote.run.at, quote.run.text))
    if about_it and about_it[0] is not chosen[0]:
        # what is left is about them, and may say something else
        signs = signs_of(fit, subjects, tuple(quote.run for quote in about_it), question, embeddings)
        likelihood = calibration.likelihood(signs)
    is_of_others = not about_it or (about_it[0] is not chosen[0] and likelihood < calibration.threshold)
    if is_of_others:
        first = chosen[0].run
        missing = subjects.others_asked(first.at, first.text)
        return Extract((), likelihood, subjects.absence(missing, of=first.at, text=first.text))
    of_subject = [quote.run.unit for quote in about_it if not subjects.is_about_another(quote.run.at)]
    if of_subject and (empty := empty_field(question, of_subject, evidence)) is not None:
        return Extract((), likelihood, str(empty))
    # what holds no word of the question answers it by chance, whatever else speaks for it
    if likelihood >= calibration.threshold and signs.page > 0:
        return Extract(about_it, likelihood, _both_sides(about_it, fit))
    foreign = in_other_languages(question, evidence)
    if foreign and scale_of(embeddings) == MULTILINGUAL:
        by_meaning = _by_meaning(question, foreign, quotes, cast(MatrixEncoder, embeddings))
        if by_meaning.quotes:
            return by_meaning
    lacking = absent_nouns(fit, subjects, chosen[0].run.at, question).nouns
    reason = _too_little(calibration, likelihood, signs, fit, subjects, lacking)
    scale = scale_of(embeddings)
    beyond = _one_language(question, foreign, evidence, scale) or _beyond_the_model(question, scale)
    return Extract((), likelihood, f"{reason}{beyond}")


def _calibration(given: Calibration | None, question: str, embeddings: object) -> Calibration:
    """The calibration of one's own, else the shipped one: by words for other languages than the model's."""
    shipped = DEFAULTS[scale_of(embeddings)]
    if given is not None and given != shipped:
        return given
    return DEFAULTS[WORDS] if _beyond_the_model(question, scale_of(embeddings)) else shipped


def _by_meaning(question: str, evidence: Sequence[EvidenceUnit], quotes: int, embeddings: MatrixEncoder) -> Extract:
    """An extract of evidence in other languages than the question, chosen by meaning; empty where none is near."""
    fit, subjects = Fit(question, evidence), Subjects(question, evidence)
    chosen = quoted(runs_by_meaning(fit, evidence, quotes, question, embeddings))
    signs = signs_of(fit, subjects, tuple(quote.run for quote in chosen), question, embeddings)
    likelihood = DEFAULTS[ACROSS].likelihood(signs)
    found = chosen if likelihood >= DEFAULTS[ACROSS].threshold else ()
    return Extract(found, likelihood, _both_sides(chosen, fit) if found else None)


def _one_language(question: str, foreign: Sequence[EvidenceUnit], evidence: Sequence[EvidenceUnit], scale: str) -> str:
    """A warning for a question in another language than all that was found; empty for others."""
    if len(foreign) < len(evidence) or not foreign:
        return ""
    held = ", ".join(sorted({unit.passage.source.language for unit in foreign}))
    advice = "" if scale == MULTILINGUAL else "; this index finds words and meanings in one language only: ask in that"
    return f"; the question is in another language ({language_of(question)}) than what was found ({held}){advice}"


def _beyond_the_model(question: str, scale: str) -> str:
    """Advice for a question in a language whose meanings the index's model does not know; empty for others."""
    language = language_of(question)
    if scale != ENGLISH or language in {"", "en"}:
        return ""
    return (
        f"; the model of this index knows the meanings of English only, not of the question's language ({language}): "
        "use the words of the document, or build an index with --embeddings local-use"
    )


def signs_of(fit: Fit, subjects: Subjects, runs: Sequence[UnitRun], question: str, embeddings: object = None) -> Signs:
    """The signs that runs, best first, answer the question."""
    first = runs[0]
    language = first.unit.passage.source.language or "en"
    return Signs(
        covered=fit.coverage,
        page=fit.page(first.at),
        absent=absent_nouns(fit, subjects, first.at, question).weight,
        value=_value(fit, runs, language),
        about=subjects.share_about(first.at),
        unnamed=subjects.share_unnamed,
        likeness=_likeness(question, first, embeddings) if _has_known_scale(embeddings) else 0.0,
    )


def _value(fit: Fit, runs: Sequence[UnitRun], language: str) -> float:
    """Certainty that a quote holds a value of the wanted kind, in the languages whose values are known; 1 in others."""
    kind = fit.wanted.kind
    if kind is None or language not in (NUMBER_WORDS if kind == "amount" else VALUE_LANGUAGES):
        return 1.0
    strength = max(fit.wanted.strength(run.text) for run in runs)
    # a bare number where a sum is asked for is a sum as seldom as none
    return float(strength == 1.0) if kind == "money" else strength


def _too_little(
    calibration: Calibration, likelihood: float, signs: Signs, fit: Fit, subjects: Subjects, absent: Sequence[str]
) -> str:
    """The reason in words: what is missing, where that is known, and the estimate."""
    missing = []
    if unnamed := ", ".join(map(str, subjects.unnamed)):
        missing.append(f"nothing that was found mentions {unnamed}")
    if absent and fit.wanted.kind == "code":
        missing.append(f"what fits best gives no {', '.join(absent)}")
    elif absent:
        missing.append(f"the page that fits best does not mention {', '.join(absent)}")
    if signs.value == 0.0:
        missing.append(f"no quote holds {fit.wanted.article_and_kind}")
    reasons = missing or ["what was found covers too little of the question"]
    return "; ".join([*reasons, f"an answer is {likelihood:.0%} likely, {calibration.threshold:.0%} is needed"])


def _both_sides(chosen: Sequence[Quoted], fit: Fit) -> str | None:
    """The reason why an answer is partial: two documents in force say different things."""
    found = contradiction(chosen, fit.wanted)
    if found is None:
        return None
    sources = [side.run.unit.passage.source for side in found]
    titles = [dated(source) for source in sources]
    # two documents of one title are told apart by their files
    if len(set(titles)) == 1:
        titles = [f"{title} [{source.name}]" for title, source in zip(titles, sources, strict=True)]
    sides = " and ".join(titles)
    return f"the documents contradict each other: {sides}"


def _likeness(question: str, run: UnitRun, embeddings: MatrixEncoder) -> float:
    """Mean of the cosines of the question with a quote, and with the quote and its neighbours."""
    vectors = embeddings.embed_matrix([without_instructions(question), run.text, _with_neighbours(run.unit)])
    return float((vectors[1] + vectors[2]) @ vectors[0]) / 2


def _with_neighbours(unit: EvidenceUnit) -> str:
    page = unit.passage.page
    first, last = max(unit.index - 1, 0), min(unit.index + 1, len(page.units) - 1)
    return page.text[page.units[first].start : page.units[last].end]


def _has_known_scale(embeddings: object) -> TypeGuard[MatrixEncoder]:
    return scale_of(embeddings) != WORDS


def composed(question: str, quotes: Sequence[Quoted]) -> tuple[str, tuple[Citation, ...], tuple[Claim, ...]]:
    """Compose the answer: its text, a line of introduction and then one quote a line, its citations and its claims."""
    text = LEAD
    columns = AskedColumns(question)
    citations: list[Citation] = []
    claims = [Claim(start=0, end=len(LEAD), kind="connective")]
    for marker, quote in enumerate(quotes, start=1):
        run = quote.run
        # a label in front of the quote is no part of the statement
        opening = f"\n- {defused(quote.label)}{' ' * bool(quote.label)}"
        shown = _shown(run, columns)
        start = len(text) + len(opening)
        end = start + len(shown)
        text = f"{text}{opening}{shown} [{marker}]{_also_in(quote)}"
        units = range(run.first, run.last + 1)
        citations.append(cite(run.unit.passage, units, marker=str(marker), start=start, end=end))
        claims.append(Claim(start=start, end=end, support="supported", citations=(str(marker),), reasons=("quoted",)))
    return text, tuple(citations), tuple(claims)


def _also_in(quote: Quoted) -> str:
    """The other places of a quote that several documents hold, letter for letter."""
    places = (f"{run.unit.passage.source.name}, {run.unit.passage.page.locator}" for run in quote.copies)
    return f" (also in {defused('; '.join(dict.fromkeys(places)))})" if quote.copies else ""


def _shown(run: UnitRun, columns: AskedColumns) -> str:
    """A quote, and the values of a row with the names of their columns, those that are asked for first."""
    quote = f"“{defused(run.text)}”"
    cells = run.unit.cells
    asked = [cell for cell in cells if columns.is_of(cell.column)]
    if values := named_values(columns.cells(cells)) or named_values(asked):
        return f"{quote} ({defused(values)})"
    return f"{quote} (columns: {defused(run.unit.header)})" if run.unit.header else quote

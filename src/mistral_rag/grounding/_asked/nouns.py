"""Nouns of a question: the fields and items that it asks for, told by the small words around them."""

import re
from collections.abc import Iterator
from itertools import pairwise
from typing import Final

from mistral_rag.text import MONTHS, STOP_WORDS

_TOKEN: Final = re.compile(r"[^\W_]+(?:[-‐‑][^\W_]+)*(?:['’]s\b)?|[^\w\s'’]")
_POSSESSIVE: Final = re.compile(r"['’]s$")
_OPENING_WORDS: Final = {
    "en": """the a an of for in on at from by with per about into under over between during since until after before
        without within against as than this that these those his her its their our your my each every any all no both
        another which what many much""",
    "fr": """la le les l un une des du de d au aux pour par sur dans en avec sans chez selon entre ce cet cette ces son
        sa ses leur leurs mon ma mes notre nos votre vos quel quelle quels quelles""",
    "es": "el la los las un una unos unas de del al para por con sin en según su sus este esta cuál cuántos cuántas",
    "nl": "de het een van voor op met bij naar uit in door aan over zijn haar welke hoeveel",
    "it": "il lo la gli le un uno una di da del della dei delle al alla nel nella per con quale quali quanti quante",
    "pt": "o a os as um uma do da dos das de no na nos nas em por para com qual quais quantos quantas",
}
_OPENING: Final = {language: frozenset(words.split()) for language, words in _OPENING_WORDS.items()}
"""Small words before a noun: articles, prepositions, possessives, "which", "how many"."""
_HELPING: Final = frozenset(
    "do does did will would can could must should may might has have had shall".split()  # noqa: SIM905
)
"""Verbs that part a question from its subject: "did the espresso cost"."""
_BEING: Final = frozenset(
    "is are was were be been being est sont était es era zijn waren é sono foi".split()  # noqa: SIM905
)
_PARTICIPLE: Final = re.compile(
    r".{2,}ed|born|bought|brought|built|done|drawn|found|given|held|kept|lost|made|paid|sent|shown|sold|spent|taken|told"
    r"|written"
)
_PARTICLES: Final = frozenset(["off", "out", "up", "down", "away", "back", "long", "soon", "often"])
_INFINITIVE: Final = re.compile(
    r".{2,}(?:ar|er|ir|oir)(?:se|l[aoe]s?)?|dire|faire|être|mettre|prendre|rendre|suivre|.{2,}[aei]re"
)
_BEFORE_INFINITIVES: Final = frozenset("a à pour sans para por sin di da per senza sem va".split())  # noqa: SIM905
"""Words behind which such a form is a verb: "para entrar", "pour entrer"."""
_WITH_INFINITIVES: Final = frozenset(["fr", "es", "it", "pt"])
_JOINING: Final = frozenset(["and", "or", "et", "ou", "y", "e"])
_BEFORE_VERBS: Final = frozenset(["after", "before", "without", "while", "by"])
"""Words before a verb in "-ing"; behind others it is the name of a thing: "arrested for gambling"."""
_WHICH: Final = frozenset(["what", "which"])
_ASKING_WORDS: Final = """what which who whom whose when where why how combien quel quelle quand qui où cuánto cuánta
    cuál cuándo quién dónde wat welke wanneer wie hoeveel quanto quale quando chi dove qual quem onde"""
_ASKING: Final = frozenset(_ASKING_WORDS.split())
"""Words that ask: what stands before the first of them introduces the question, "in the summary, how many"."""
_ADVERB: Final = re.compile(r"(?!family|assembly|supply|reply|anomaly|monopoly|butterfly).{4,}ly")
_FRENCH_VERB: Final = re.compile(r".+-(?:t-)?(?:il|elle|ils|elles|on|vous|nous|je|tu|ce)")
_SAYING_LITTLE: Final = (
    # verbs, adverbs and adjectives that stand where nouns do
    """get gets got go goes went take takes took make give gave come came happen happens one two three four five six
    seven eight nine ten twelve first second third last next new old total whole still actually currently exactly
    daily weekly monthly yearly annual altogether each single own extra other same different main current previous
    good bad open closed available valid possible due free ready necessary enough full middle end beginning rest half
    top bottom something somebody someone anything anybody else money"""
    # what the kind of value tells already
    """ number numbers amount amounts name names date dates day days time times year years month months week weeks
    hour hours minute minutes price prices cost costs sum value values share percentage percent part parts rate kind
    information details data type city country state place person people man woman company companies firm business
    way reason"""
    # the document itself
    """ document documents page form table invoice invoices bill receipt contract agreement letter report order list
    note card statement file memo mail message case figure section chapter edition version draft handbook manual
    brochure leaflet article filing minutes transcript notice"""
    # fr, es, nl
    """ nom numéro date montant prix total somme ville personne gens facture contrat lettre rapport document page
    jour mois an année années ans fois part taux heure heures temps argent nouveau nouvelle tout tous toute toutes été
    quelqu lieu
    nombre número fecha importe precio ciudad persona factura contrato carta informe documento página día mes año
    años dinero todas todos nueva nuevo naam nummer datum bedrag prijs totaal stad persoon factuur brief pagina dag
    maand jaar geld nieuwe tiempo tijd tweede derde vierde vijfde één"""
    # de
    """ rechnung vertrag bericht dokument seite tag tage monat jahr uhr zeit prozent anteil name nummer betrag preis
    summe stadt person firma kosten ende anfang schluss mal"""
)
_NO_NOUNS: Final = frozenset(_SAYING_LITTLE.split()) | MONTHS.keys()
"""Words that documents need not print, though they answer."""
_STOP: Final = frozenset[str]().union(*STOP_WORDS.values())


def nouns_in(question: str, language: str = "en") -> list[tuple[str, ...]]:
    """The nouns of a question as written, by phrases: "blood", "pressure" of "What was his blood pressure in May?".

    In German they are told by their capitals. Elsewhere they stand behind an article, a preposition, a possessive or
    "how many", up to the next small word, but for the verb of the clause. Names are among them, figures are not.
    """
    found = _by_capitals(question) if language == "de" else _Phrases(language).of(question)
    said = (tuple(filter(_says_something, phrase)) for phrase in found)
    return list(dict.fromkeys(filter(None, said)))


def _says_something(word: str) -> bool:
    plain = word.casefold()
    return plain not in _NO_NOUNS and _ADVERB.fullmatch(plain) is None and not any(map(str.isdigit, plain))


def _by_capitals(question: str) -> Iterator[tuple[str, ...]]:
    words = _TOKEN.findall(question)
    # two together are a name: "Max Mustermann", "Nord GmbH"
    named = {
        at + i for at, pair in enumerate(pairwise(words)) if all(w[0].isupper() for w in pair) and at for i in (0, 1)
    }
    for at, (before, word) in enumerate(pairwise(words), start=1):
        if word[0].isupper() and before not in ".?!:" and at not in named:
            yield (word,)


class _Phrases:
    """Reading of a question word by word: `phrase` is what stands behind the last opening word."""

    def __init__(self, language: str) -> None:
        self._opening = _OPENING["en"] | _OPENING.get(language, frozenset())
        self._has_infinitives = language in _WITH_INFINITIVES
        self._phrase: list[str] = []
        self._found: list[tuple[str, ...]] = []
        # what the phrase may hold beside nouns: the verb of a clause, or that of "which doctor saw him"
        self._is_open = self._has_verb = self._is_subject = False

    def of(self, question: str) -> list[tuple[str, ...]]:
        before = ""
        introduced: int | None = None
        for token in _TOKEN.findall(question):
            word = token.casefold()
            if word in _ASKING and introduced is None:
                self._close()
                introduced = len(self._found)
            self._read(token, before)
            before = word
        self._close()
        start = introduced or 0
        return [*self._found[start:], *self._found[:start]]

    def _read(self, token: str, before: str) -> None:
        word = token.casefold()
        if word in _HELPING or word in _BEING:
            self._is_subject = False
            self._close()
            self._is_open = self._has_verb = word in _HELPING
        elif word in self._opening and before != "how":
            self._close()
            self._is_open, self._is_subject = True, word in _WHICH
        elif word in {"many", "much"}:
            self._is_open = True
        elif word in _ASKING or (self._has_infinitives and self._is_infinitive(word, before)):
            self._close()
            self._is_open = False
        elif before == "how" or (before in _BEFORE_VERBS and word.endswith("ing")):
            self._is_open = False
        elif word in _STOP or word in _PARTICLES or not word[0].isalnum() or _FRENCH_VERB.fullmatch(word):
            self._close()
            self._is_open = self._is_open and word in _JOINING
        elif self._is_open or (before in _BEING and token[0].isupper()):
            self._is_open = True
            self._phrase.append(_POSSESSIVE.sub("", token))

    def _is_infinitive(self, word: str, before: str) -> bool:
        is_behind = before in _BEFORE_INFINITIVES or _INFINITIVE.fullmatch(before) is not None
        return is_behind and _INFINITIVE.fullmatch(word) is not None

    def _close(self) -> None:
        """Take the nouns of the phrase without its verb."""
        phrase, self._phrase = self._phrase, []
        if phrase and self._has_verb:
            # "did Microsoft still owe": the subject is a name, the rest is no noun
            is_name = phrase[0][0].isupper()
            self._has_verb = not is_name and len(phrase) == 1
            phrase = [word for word in phrase if word[0].isupper()] if is_name else phrase[:-1] or phrase
        elif self._is_subject:
            phrase, self._is_subject = phrase[:1], False
        if phrase and _PARTICIPLE.fullmatch(phrase[-1]):
            phrase = phrase[:-1]
        self._found.append(tuple(phrase))

"""Nouns of a question: the fields and items that it asks for, told by the small words around them."""

import re
from collections.abc import Iterator
from itertools import pairwise
from typing import Final

from mistral_rag.text import MONTHS, STOP_WORDS

_TOKEN: Final = re.compile(r"[^\W_]+(?:[-‐‑][^\W_]+)*(?:['’]s\b)?|[^\w\s'’]")
_POSSESSIVE: Final = re.compile(r"['’]s$")
_OPENING_WORDS: Final = (
    # en
    """the a an of for in on at from by with per about into under over between during since until after before
    without within against as than this that these those his her its their our your my each every any all no both
    another which what many much"""
    # fr
    """ la les l un une des du de d aux pour par sur dans en avec sans chez selon entre ce cet cette ces son sa ses
    leur leurs mon ma mes notre nos votre vos quel quelle quels quelles"""
    # es
    """ el los las una unos unas del al para con sin según su sus este esta cuál cuántos cuántas"""
    # nl, it, pt
    """ het een van voor op met bij naar uit door aan zijn haar welke hoeveel il lo gli i uno di da nel nella della
    dei delle alla quale quali quanti quante os um uma do dos das nos nas em qual quais quantos quantas"""
)
_OPENING: Final = frozenset(_OPENING_WORDS.split())
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
_JOINING: Final = frozenset(["and", "or", "et", "ou", "y", "o", "und", "oder", "en", "of"])
_BEFORE_VERBS: Final = frozenset(["after", "before", "without", "while", "by"])
"""Words before a verb in "-ing"; behind others it is the name of a thing: "arrested for gambling"."""
_FRENCH_VERB: Final = re.compile(r".+-(?:t-)?(?:il|elle|ils|elles|on|vous|nous|je|tu|ce)")
_SAYING_LITTLE: Final = (
    # verbs, adverbs and adjectives that stand where nouns do
    """get gets got go goes went take takes took make give gave come came happen happens one two three four five six
    seven eight nine ten twelve first second third last next new old total whole still actually currently exactly
    daily weekly monthly yearly annual altogether each single own extra other same different main current previous
    good bad something somebody someone anything anybody else money"""
    # what the kind of value tells already
    """ number numbers amount amounts name names date dates day days time times year years month months week weeks
    hour hours minute minutes price prices cost costs sum value values share percentage percent part parts rate kind
    type city country state place person people man woman company companies firm business way reason details"""
    # the document itself
    """ document documents page form table invoice invoices bill receipt contract agreement letter report order list
    note card statement file memo mail message case figure section chapter"""
    # fr, es, nl
    """ nom numéro date montant prix total somme ville personne gens facture contrat lettre rapport document page jour
    mois an année années ans fois part taux heure heures argent nouveau nouvelle tout tous toute toutes été nombre número fecha
    importe precio ciudad persona factura contrato carta informe documento página día mes año años dinero todas todos nueva
    nuevo naam nummer datum bedrag prijs totaal stad persoon factuur brief pagina dag maand jaar geld nieuwe"""
    # de
    """ rechnung vertrag bericht dokument seite tag tage monat jahr uhr zeit prozent anteil name nummer betrag preis
    summe stadt person firma kosten"""
)
_NO_NOUNS: Final = frozenset(_SAYING_LITTLE.split()) | MONTHS.keys()
"""Words that documents need not print, though they answer."""
_STOP: Final = frozenset[str]().union(*STOP_WORDS.values())


def nouns_in(question: str, language: str = "en") -> tuple[str, ...]:
    """The nouns of a question as written, each once: "saddle" of "What did he pay for the saddle?".

    In German they are told by their capitals. Elsewhere they stand behind an article, a preposition, a possessive or
    "how many", up to the next small word, but for the verb of the clause. Names are among them, figures are not.
    """
    found = _by_capitals(question) if language == "de" else _Phrases().of(question)
    said = (word for word in found if word.casefold() not in _NO_NOUNS)
    return tuple(dict.fromkeys(word for word in said if not any(map(str.isdigit, word))))


def _by_capitals(question: str) -> Iterator[str]:
    words = _TOKEN.findall(question)
    return (word for before, word in pairwise(words) if word[0].isupper() and before not in ".?!:")


class _Phrases:
    """Reading of a question word by word: `phrase` is what stands behind the last opening word."""

    def __init__(self) -> None:
        self._phrase: list[str] = []
        self._found: list[str] = []
        self._is_open = self._has_verb = self._is_passive = False

    def of(self, question: str) -> list[str]:
        before = ""
        for token in _TOKEN.findall(question):
            self._read(token, before)
            before = token.casefold()
        self._close()
        return self._found

    def _read(self, token: str, before: str) -> None:
        word = token.casefold()
        if word in _HELPING or word in _BEING:
            self._close()
            self._is_open, self._has_verb, self._is_passive = word in _HELPING, word in _HELPING, word in _BEING
        elif before == "how" and word not in _OPENING:
            self._is_open = False
        elif word in _JOINING and self._is_open and word not in _OPENING:
            self._close()
        elif word in _OPENING:
            self._close()
            self._is_open = True
        elif before in _BEFORE_VERBS and word.endswith("ing"):
            self._is_open = False
        elif word in _STOP or word in _PARTICLES or not word[0].isalnum() or _FRENCH_VERB.fullmatch(word):
            self._close()
            self._is_open = False
        elif self._is_open or (before in _BEING and token[0].isupper()):
            self._is_open = True
            self._phrase.append(_POSSESSIVE.sub("", token))

    def _close(self) -> None:
        """Take the nouns of the phrase: a clause ends its subject with a verb, a passive with a participle."""
        phrase, self._phrase = self._phrase, []
        if self._has_verb and phrase and phrase[0][0].isupper():
            # "did Microsoft still owe": the subject is a name, the rest is no noun
            phrase, self._has_verb = [word for word in phrase if word[0].isupper()], False
        elif self._has_verb and len(phrase) > 1:
            phrase, self._has_verb = phrase[:-1], False
        if phrase and _PARTICIPLE.fullmatch(phrase[-1]):
            phrase = phrase[:-1]
        self._found += phrase

"""The kind of value that a question asks for by its head noun: "What rebate was given", "What is the notice period?".

The head noun is the last word of the noun phrase behind "what" or "which": "the phone number of the lawyer" asks for a
number. "What costs are reimbursed?" asks which ones, so a bare plural right behind the word that asks is none.
"""

import re
from collections.abc import Iterable, Mapping
from types import MappingProxyType
from typing import Final, Literal

ValueKind = Literal["duration", "date", "time", "percentage", "name", "code", "money", "amount"]
"""Kinds of values: "time" is a time of day, "code" the number of an account, order or phone, "amount" any number."""

MAX_MODIFIERS: Final = 5
"""Words between the word that asks and the head noun: "what is Sarah Chen's new monthly base salary"."""

_MONEY: Final = """amount balance bill bonus budget cash charge commission compensation copay cost credit debt
    deductible deposit dividend duty earning expenditure expense fare fee fine fund gratuity gst income instal+ment
    liability loan loss premium pay payment penalty postage price profit refund rent revenue royalty salary
    sale spending subtotal sum surcharge tariff tax tip toll total turnover value vat wage worth"""
_AMOUNTS: Final = """age allowance altitude amperage area calorie capacity consumption count current density
    depth diameter dimension discount distance dosage dose elevation energy frequency headcount height
    humidity length level limit load maximum mileage minimum population power pressure quantity range rate ratio rating
    reading rebate resistance result score size speed strength temperature thickness torque turnout velocity
    voltage volume weight width yield"""
_NAMES: Final = """agency airline architect artist attorney auditor author bank bidder borrower brand broker business
    buyer carrier chairman chairwoman chairperson chef city client clerk company consultant contact contractor council
    country county court creditor customer dean dealer debtor dentist department director distributor doctor driver
    editor employee employer engineer firm governor hospital institution insurer inspector institute investigator
    journalist judge landlord laboratory lawyer lender librarian man manager manufacturer mayor minister musician
    nurse officer operator organi[sz]ation owner painter partner party patient payee payer person physician pilot
    player politician president producer professor provider publisher receptionist recipient referee reporter
    representative retailer school scientist secretary seller sender singer speaker sponsor state student
    subcontractor supervisor supplier surgeon teacher technician tenant therapist town treasurer trustee university
    vendor vet winner witness woman writer"""

_NOUNS: Final[Mapping[ValueKind, str]] = MappingProxyType(
    {
        "duration": r"duration lifetime maturity period sentence shelf\Wlife term time\Wlimit lead\Wtime",
        "date": "date day deadline month weekday year",
        "percentage": "percent percentage proportion share",
        "name": _NAMES,
        "code": r"""bic code docket ein e-?mail e-?mail\Waddress fax iban id identifier isbn isin license nr number
            passport phone plate postcode reference siret sku ssn swift telephone tin zip""",
        "money": _MONEY,
        "amount": _AMOUNTS,
    }
)
_GERMAN: Final[Mapping[ValueKind, str]] = MappingProxyType(
    {
        "duration": r"\w*(?:dauer|frist|laufzeit|zeitraum)",
        "date": r"\w*(?:datum|monat|tag|jahr|termin)",
        "percentage": r"\w*(?:anteil|quote|prozentsatz|zinssatz|steuersatz)",
        "code": r"\w*(?:nummer|kennung|aktenzeichen|iban|bic|kennzeichen|postleitzahl)",
        "money": r"\w*(?:betrag|preis|summe|gebühr|kosten|miete|gehalt|lohn|umsatz|gewinn|steuer)",
        "amount": r"\w*(?:rabatt|temperatur|gewicht|länge|breite|höhe|tiefe|größe|menge|anzahl|zahl|leistung|spannung"
        r"|druck|geschwindigkeit|wert)",
    }
)
_FRENCH: Final[Mapping[ValueKind, str]] = MappingProxyType(
    {
        "duration": "durée|délai|période",
        "date": "date|jour|mois|année|échéance",
        "percentage": "taux|pourcentage|part|proportion",
        "code": "numéro|code|iban|bic|siret|siren|référence",
        "money": "montant|prix|coût|tarif|total|somme|frais|loyer|salaire|solde|prime|amende|budget",
        "amount": "valeur|nombre|poids|longueur|hauteur|largeur|remise|puissance|température|pression|tension|quantité"
        "|superficie|population"
        "|consommation|distance|profondeur|vitesse|capacité",
    }
)
_BE: Final = r"(?: (?:is|was|are|were|will be|has been)|['’]s)"
_DETERMINERS: Final = "the|a|an|this|that|these|those|my|our|your|his|her|its|their"
_NO_MODIFIER: Final = (
    f"{_DETERMINERS}|"
    "of|in|for|on|at|by|to|from|with|per|about|as|and|or|did|does|do|is|was|were|are|be|been|has|have|had|will|would"
    "|can|could|must|should|shall|may|might|when|if|who|which|what"
)
_VERBS: Final = (
    "applies|apply|owe|paid|pays?|given|gave|gives|got|gets?|made|makes?|uses?|covers?|supplies|sent|wrote|represents?"
    "|carries|bought|sold|shown|set|heard|met|won|led|ran|took|saw|told|held|came|built|began|found|lost|chose|drew|went"
    "|left|lent|owns?"
)
_ENDS: Final = (
    rf"(?=\W*$| ?[,;:(?]| (?:{_NO_MODIFIER}|under|during|after|before|between|until|according|due|each|every"
    rf"|{_VERBS}|\w+ed|\w+s (?:{_DETERMINERS}))\b)"
)
"""Behind the noun comes no other noun: "cost report", "rate table"."""
_MODIFIERS: Final = rf"(?: (?!(?:{_NO_MODIFIER})\b)[\w.&'’-]+){{0,{MAX_MODIFIERS}}}?"
_COUNTED: Final = r"\bnumber of (?!the\b|this\b|that\b|his\b|her\b|its\b|our\b|my\b|your\b)"
"""Behind such words stands what is counted: "the number of employees", but "the number of the invoice"."""


def asked_by_noun(question: str) -> ValueKind | None:
    """The kind that the head noun of a question names; None when it has none of the known nouns."""
    if _NUMBER_OF.search(question):
        return "amount"
    return next((kind for kind, noun in _ASKED.items() if noun.search(question)), None)


def kind_of_name(question: str) -> str:
    """The noun that says what sort of name is asked for, "bank" of "which bank holds it"; empty without one."""
    found = _ASKED["name"].search(question)
    return found[0].split()[-1].casefold() if found else ""


def _english(kind: ValueKind) -> str:
    nouns = "|".join(_NOUNS[kind].split())
    plural = rf"(?:{nouns})(?:s|es)?|{'|'.join(_plurals(_NOUNS[kind].split()))}"
    is_asked = rf"\b(?:what|which){_BE}(?: (?:{_DETERMINERS}))?{_MODIFIERS} (?:{plural})\b{_ENDS}"
    return rf"{is_asked}|\b(?:what|which){_MODIFIERS} (?:{nouns})\b{_ENDS}"


def _plurals(nouns: Iterable[str]) -> list[str]:
    return [f"{noun[:-1]}ies" for noun in nouns if noun.endswith("y")]


def _patterns(kind: ValueKind) -> str:
    german, french = _GERMAN.get(kind), _FRENCH.get(kind)
    found = [_english(kind)]
    if german:
        found.append(rf"\b(?:welche[mnrs]?|was (?:ist|war|sind|waren) (?:der|die|das))(?: \w+){{0,2}}? {german}\b")
    if french:
        found.append(
            rf"\bquel(?:le)?s?(?: (?:est|était|sera|sont|étaient))?(?: (?:le|la|les)\b| l['’])?(?: \w+)?"
            rf"(?: |(?<=['’]))(?:{french})\b"
        )
    return "|".join(found)


_NUMBER_OF: Final = re.compile(rf"(?i:\bwhat (?:is|was|are|were) the (?:\w+ ){{0,2}}?){_COUNTED}")
_ASKED: Final[Mapping[ValueKind, re.Pattern[str]]] = MappingProxyType(
    {kind: re.compile(_patterns(kind), re.IGNORECASE) for kind in _NOUNS}
)

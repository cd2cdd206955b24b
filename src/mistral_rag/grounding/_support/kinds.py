"""The kind of value that a question asks for, by its words."""

import re
from collections.abc import Mapping
from types import MappingProxyType
from typing import Final, Literal

ValueKind = Literal["duration", "date", "time", "percentage", "name", "code", "money", "amount"]
"""Kinds of values: "time" is a time of day, "code" the number of an account, order or phone, "amount" any number."""


def _any_of(*patterns: str) -> re.Pattern[str]:
    return re.compile("|".join(patterns), re.IGNORECASE)


_SUMS: Final = (
    r"costs?|prices?|payments?|spending|charges?|fees?|fines?|salary|salaries|wages?|rent|premium|discount"
    r"|deposit|tips?"
    r"|taxe?s?|vat|gst|subtotal|total(?! number)|bill|invoice|budget|balance|amount|money|amount due|refund"
    r"|revenues?|sales|profits?"
    r"|turnover|earnings?|bonus|\w*kosten|\w*preise?s?|\w*gebühr(?:en)?|\w*betrag\w*|\w*rechnung|\w*summe"
    r"|\w*miete|\w*gehalt"
    r"|\w*lohn|\w*steuer|\w*gelder?|\w*pauschale|rabatt|umsatz|strafe|prämie|coûts?|paiement|prix|montant|tarif"
    r"|facture"
    r"|frais|loyer|salaire|amende|remise|prime|precio|importe|monto|tarifa|factura|multa|sueldo|coste?|prijs"
    r"|bedrag|factuur"
    r"|huur|boete|korting|prezzo|importo|preço|valor"
)
"""Names of sums of money."""
_PAYING: Final = (
    r"cost|costs|pay|pays|paid|spen[dt]|charged?|charges|owe[ds]?|earn(?:ed|s)?|refunded|due|worth"
    r"|\w*kost(?:et|ete|eten|en)|gekostet|be?zahl\w*|gezahlt|zahl(?:t|te|en)|verlangt|berechnet|teuer"
    r"|coût\w+|coute\w*|pay(?:er|é|ée|e|ent|era|ait)|vaut|cuesta\w*|cost[eóo]|costaron|pag(?:ar|ó|a|an|aron|ado)"
    r"|valieron|vale|kost|kostte|kosten|betaal\w*|betalen|duur|costa|pagare|custa|custou"
)
_HOW_MUCH: Final = (
    r"\bhow (?:much|high|large|big|expensive)\b|\bwie ?viel\b|\bwie (?:hoch|groß|teuer)\b|\bcombien\b|\bcuánt[oa]\b"
    r"|\bhoeveel\b|\bhoe (?:hoog|duur)\b|\bquant[oa]\b"
)
_WHAT: Final = (
    r"\bwhat\b|^\W*was (?=hat|haben|hatte|kost|zahl|verlangt|muss|müssen|soll|wird|werden|wurde)"
    r"|\bque\b|\bqué\b|\bwat\b|\bcosa\b"
)
_WHAT_IS: Final = (
    r"\bwhat(?: is|'s|’s| was| are| were) (?:the|his|her|their|its|my|our|your)\b|\bquel(?:le)?s? (?:est|était"
    r"|sont)\b"
    r"|\bcuál (?:es|fue|era)\b|\bwat (?:is|was) (?:de|het)\b|\bwas (?:ist|war) (?:der|die|das)\b|\bqual (?:è|é)\b"
)
_CODED: Final = (
    r"account|article|bank|batch|bill|booking|case|card|claim|client|contract|customer|docket|document|employee"
    r"|fax|file"
    r"|flight|invoice|item|lot|member(?:ship)?|mobile|model|order|part|passport|patient|permit|phone|policy|product"
    r"|project|purchase order|po|receipt|record|reference|registration|report|serial|social security|tax"
    r"|telephone|ticket"
    r"|tracking|transaction|vat|version|vehicle"
)

_ASKED: Final[Mapping[ValueKind, re.Pattern[str]]] = MappingProxyType(
    {
        "duration": _any_of(
            r"\bhow (?:long|soon|quickly|old|often|frequently)\b",
            r"\bhow many (?:\w+ )?(?:seconds|minutes|hours|days|weeks|months|years)\b",
            r"\bwie (?:lange|oft|alt|häufig)\b",
            r"\bwie ?viele (?:\w+ )?(?:sekunden|minuten|stunden|tage|wochen|monate|jahre)\b",
            r"\bcombien (?:de temps|de jours|de mois|d['’]années|d['’]heures)\b",
            r"\bcuánt[oa]s? (?:tiempo|días|meses|años|horas)\b",
            r"\bhoe (?:lang|vaak|oud)\b|\bhoeveel (?:dagen|weken|maanden|jaar|uur)\b",
            r"\bquanto tempo\b|\bquant[ie] (?:giorni|mesi|anni|ore)\b|얼마 동안|얼마나 오래",
        ),
        "time": _any_of(
            r"\b(?:at )?what time\b|\bwhat hours?\b|\bum wie ?viel uhr\b|\bà quelle heure\b|\b(?:a )?qué hora\b"
            r"|\bhoe laat\b|\ba che ora\b|몇 시",
        ),
        "date": _any_of(
            r"^\W*(?:and )?when\b|\b(?:since|until|by|from) when\b|\bwhen (?:did|do|does|is|was|are|were|will"
            r"|can|has|have|had"
            r"|must|should|would)\b",
            r"\b(?:what|which) (?:\w+ )?(?:date|day|month|year)s?\b",
            r"\bwhat (?:is|was|are|were) the (?:[\w-]+ ){0,3}?(?:date|deadline|due date)s?\b",
            r"\bwann\b|\b(?:welche[mnrs]?) (?:tag|datum|monat|jahr)\b",
            r"\bquand\b|\bquel(?:le)? (?:date|jour|mois|année)\b",
            r"\bcuándo\b|\b(?:qué|cuál) (?:fecha|día|mes|año)\b|\bquando\b|\bwanneer\b|언제",
        ),
        "percentage": _any_of(
            r"\b(?:what|which|how (?:many|much))(?= (?:[\w'’-]+ ){0,4}?(?:per ?cent(?:age)?s?|share|proportion"
            r"|fraction|margin)\b)",
            r"\bwhat(?: is| was| are| were)? (?:the )?(?:[\w-]+ ){0,3}?(?:tax|vat|interest|growth|completion"
            r"|response|discount"
            r"|unemployment|success|error) rates?\b",
            r"\bper ?cent(?:age)?s?\b|\bprozent\w*"
            r"|\bwelche[rn] anteil\b|\bpourcentage\b|\bquelle (?:part|proportion)\b|\bporcentaje\b"
            r"|\bqué (?:parte|proporción)\b"
            r"|\bwelk (?:deel|percentage)\b|\bpercentuale\b|몇 ?(?:%|퍼센트)",
        ),
        "name": _any_of(
            r"\b(?:who|whom|whose)\b(?! (?:is|are) eligible)|\b(?:wer|wem|wen|wessen)\b|\bquién(?:es)?\b|\bchi\b",
            r"^\W*(?:\w+ ){0,2}?qui\b|\bwie hei(?:ß|ss)t\b|\bwie (?:is|was|heeft|ondertekende)\b|누가|누구",
            r"\bname of the (?:person|author|director|owner)\b",
        ),
        "code": _any_of(
            rf"(?:{_WHAT_IS}) (?:[\w'’-]+ ){{0,3}}?(?:{_CODED}) (?:number|no|nr|code|id|identifier)\b",
            r"\b(?:what|which) (?:\w+ ){0,2}?(?:code|iban|bic|swift|sku|isbn|e-?mail|phone number|number (?:do"
            r"|can|should) i)\b",
            r"\bwelche (?:\w*nummer|\w*-nr)\b|\bwie lautet die (?:\w*nummer|iban)\b|\bquel est le num[ée]ro\b"
            r"|\bcuál es el número de (?:factura|cliente|pedido|cuenta)\b|\bwat is het \w*nummer\b",
        ),
        "money": _any_of(
            rf"(?:{_HOW_MUCH})(?=[^?]*?(?<!\w)(?:{_SUMS}|{_PAYING})(?!\w))|얼마",
            rf"(?:{_WHAT})(?=[^?]*?(?<!\w)(?:{_PAYING})(?!\w))",
            # the sum that is asked for stands near: "What is the total of …", not "What is the form for the total"
            rf"(?:{_WHAT_IS})(?= (?:[\w'’-]+ ){{0,4}}?(?:{_SUMS})(?!\w))",
        ),
        "amount": _any_of(
            r"\bhow (?:many|much|large|high|big|far|tall|deep|wide|fast|heavy|strong|thick|hot|cold|hard|loud"
            r"|bright)\b",
            r"\b(?:what|which) (?:is|was|were|are) the (?:\w+ ){0,3}?(?:number|amount|total|price|costs?|fee|value|"
            r"size|sum|weight|length|height|width|distance|population|temperature|score|ratio)s?\b",
            r"\bwie ?(?:viele?|hoch|groß|gross|teuer|schwer|weit)\b",
            r"\bcombien\b|\bcuánt[oa]s?\b|\bquant[oiae]\b|\bhoeveel\b|\bhoe (?:groot|hoog|zwaar|ver)\b|몇",
        ),
    }
)
"""Words by which a question asks for each kind."""
_TOTAL_COUNT: Final = _any_of(r"\bhow many\b|\bwie ?viele\b|\bcuánt[oa]s\b|\bcombien d(?:e\b|['’])|\bquant[ie]\b")


def kind_asked(question: str) -> ValueKind | None:
    """The kind that a question asks for, by the first word that asks; None when its words do not say.

    "Who was at the till when …" asks for a name. Of several kinds of the same word the first of the table holds.
    """
    found = {kind: match.start() for kind, asked in _ASKED.items() if (match := asked.search(question))}
    if (many := _TOTAL_COUNT.search(question)) and found.get("money", -1) == many.start():
        del found["money"]
    return min(found, key=lambda kind: found[kind], default=None)

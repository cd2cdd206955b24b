"""The kind of value that a question asks for, by the words of seven languages."""

import re
from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

from mistral_rag.grounding._asked.head_nouns import ValueKind, asked_by_noun

_ORDER: Final[tuple[ValueKind, ...]] = ("duration", "time", "date", "percentage", "name", "code", "amount")
"""Of several kinds the first holds: "how many days" is a duration, not a number. An amount is money where the
question has a word for it."""

_PAYS: Final = (
    r"(?:cost|paid|pay|spen[dt]|charged?|earn(?:ed)?|owed?|weigh(?:ed)?|worth|billed?|donated?|borrow(?:ed)?|withheld|deducted"
    r"|(?:come|came|amount(?:ed)?|add(?:ed)? up) to|bring in|brought in)"
)
_OTHER: Final = r"(?!\s+(?:with|to|into|attention|back|report|centers?|centres?|accounting)\b)"
"""Behind such a verb: "what did they pay with?" asks for no sum, "cost report" is a thing."""

_BY_LANGUAGE: Final[Mapping[str, Mapping[ValueKind, str]]] = MappingProxyType(
    {
        "en": {
            "duration": r"\bhow (?:long|soon|quickly|old|often|frequently)\b"
            # kilowatt hours, man hours and light years are no spans of time
            r"|\bhow many (?:(?!\w*watt|amp|man|light)\w+ ){0,2}?"
            r"(?:seconds|minutes|hours|days|nights|weeks|months|years)\b",
            "date": r"(?:^\W*|\b(?:and|or|since|until|by|from|of|exactly|me|know|says?) )when\b",
            "time": r"\b(?:at )?what (?:time|hours?)\b",
            "percentage": r"\bper ?cent(?:age)?s?\b|\b(?:what|which) (?:share|proportion|fraction|part) of\b"
            r"|\b(?:what|which)(?: is| was| are| were)? (?:the )?(?:[\w-]+ ){0,3}?(?:tax|vat|interest|growth|completion"
            r"|response|discount|unemployment|success|error) rates?\b",
            "name": r"^\W*(?:\w+ ){0,2}?(?:who|whom|whose)\b|\bname of the (?:person|author|director|owner)\b",
            "amount": r"\bhow (?:many|much|large|high|big|far|tall|deep|wide|fast|heavy|strong|thick|hot|cold|loud)\b"
            r"|\bwhat (?:do|does|did|is|was|were|are|will|would|can|could|must|should|has|have|had) "
            rf"[^?;:]{{0,200}}?\b{_PAYS}\b{_OTHER}",
        },
        "de": {
            "duration": r"\bwie (?:lange|oft|alt|häufig)\b"
            r"|\bwie ?viele (?:\w+ ){0,2}?(?:sekunden|minuten|stunden|tage|wochen|monate|jahre)\b",
            "date": r"\bwann\b|\bwelche[mnrs]? (?:tag|datum|monat|jahr|wochentag)\b",
            "time": r"\bwie ?viel uhr\b",
            "percentage": r"\bprozent\w*|\bwelche[mnrs]? (?:anteil|teil)\b",
            "name": r"^\W*(?:\w+ )?(?:wer|wem|wen|wessen|wie hei(?:ß|ss)t)\b"
            r"|\bwelche[mnrs]? (?:firma|unternehmen|gesellschaft|bank|lieferant(?:in)?|hersteller(?:in)?|kund(?:e|in)"
            r"|person|mann|frau|mitarbeiter(?:in)?|arzt|ärztin|anwalt|anwältin|leiter(?:in)?|stadt|land|ort)\b",
            "code": r"\bwelche[mnrs]? (?:\w*nummer|\w*-nr|iban|kennung)\b"
            r"|\bwie (?:lautet|ist) (?:die|der) (?:\w*nummer|\w*-nr|\w*kennzeichen|iban|e-?mail\w*)\b",
            "amount": r"\bwie ?(?:viele?|hoch|groß|gross|teuer|schwer|weit|breit|tief|schnell)\b"
            r"|\bwelche[mnrs]? (?:betrag|preis|summe|gebühr|höhe)\b"
            r"|\bwas (?:kostete?n?|verlang(?:t|en)|berechne[tn]|zahl(?:t|en)|bezahl(?:t|en)|wiegt|wiegen)\b"
            r"|\bwas (?:hat|haben|hatte|hatten|muss|müssen|wird|werden|wurde)\b[^?]{0,200}\b(?:gekostet|kosten"
            r"|(?:be)?zahlt|(?:be)?zahlen|berechnet|verlangt|ausgegeben)\b",
        },
        "fr": {
            "duration": r"\bcombien (?:de temps|(?:de |d['’])(?:secondes|minutes|heures|jours|semaines|mois|ans"
            r"|années|nuits))\b|\bquelle (?:est la )?durée\b|\bquel âge\b",
            "date": r"(?:^\W*|\b(?:et|ou|depuis|jusqu['’]à|de|dès|pour|avant) )quand\b"
            r"|\bquel(?:le)?s? (?:est la )?(?:date|jour|mois|année)\b",
            "time": r"\bà quelle heure\b|\bquelle heure\b",
            "percentage": r"\b(?:quel )?pourcentage\b|\bquelle (?:part|proportion)\b",
            "name": r"^\W*(?:(?:à|de|par|pour|avec|chez) )?qui\b"
            r"|\bquel(?:le)?s? (?:entreprise|société|compagnie|firme|banque|fournisseur|fabricant|client(?:e)?|personne"
            r"|homme|femme|employé(?:e)?|médecin|avocat(?:e)?|direct(?:eur|rice)|ville|pays)\b",
            "code": r"\bquel (?:est )?(?:le )?num[ée]ro (?:d[eu’']|tva|siret)|\bquel est l['’]iban\b",
            "amount": r"\bcombien\b"
            r"|\bquel(?:le)? (?:est|était|sera) (?:le|la|l['’])\s?(?:\w+ )?(?:montant|prix|coût|tarif"
            r"|total|somme|frais|valeur|nombre|poids|longueur|hauteur|largeur)\b|\bque (?:coûte|vaut|paie)\w*",
        },
        "es": {
            "duration": r"\bcu[áa]nto tiempo\b|\bcu[áa]nt[oa]s (?:segundos|minutos|horas|días|dias|noches|semanas|meses"
            r"|años)\b|\bcu[áa]nto dura\w*",
            "date": r"\bcuándo\b|^\W*(?:(?:desde|hasta|para|y) )?cuando\b"
            r"|\b(?:qué|cuál) (?:es la )?(?:fecha|día|mes|año)\b",
            "time": r"\bqu[ée] hora\b",
            "percentage": r"\bporcentaje\b|\bqu[ée] (?:parte|proporción)\b",
            "name": r"^\W*(?:(?:a|de|por|para|con) )?qui[ée]n(?:es)?\b"
            r"|\bqu[ée] (?:empresa|compañía|sociedad|firma|banco|proveedor|fabricante|cliente|persona|empleado|empleada"
            r"|médico|médica|abogad[oa]|director(?:a)?|ciudad|país)\b",
            "code": r"\bcu[áa]l es el n[úu]mero de (?:factura|cliente|pedido|cuenta|tel[ée]fono|contrato|serie)\b",
            "amount": r"\bcuánt[oa]s?\b|^\W*cuant[oa]s?\b|\bcu[áa]l (?:es|era|fue|será) (?:el|la) (?:\w+ )?(?:importe"
            r"|precio|coste|costo|total|tarifa|suma|valor|número|peso|longitud|altura)\b|\bqu[ée] (?:cuesta|vale"
            r"|costó)\b",
        },
        "nl": {
            "duration": r"\bhoe (?:lang|vaak|oud)\b"
            r"|\bhoeveel (?:\w+ ){0,2}?(?:seconden|minuten|uur|uren|dagen|nachten|weken|maanden|jaar|jaren)\b",
            "date": r"(?:^\W*|\b(?:en|of|tot|vanaf|sinds|voor) )wanneer\b|\bwelke?\s(?:datum|dag|maand|jaar)\b"
            r"",
            "time": r"\bhoe laat\b",
            "percentage": r"\b(?:welk )?percentage\b|\bwelk (?:deel|aandeel)\b",
            # German "wie" asks how: what stands behind it tells
            "name": r"^\W*(?:aan |van |door |voor |met )?wie (?:is|zijn|was|waren|heeft|hebben|had|kan|mag|moet|doet"
            r"|betaal(?:t|de)|schreef|maakte|leverde|werd|wordt)\b"
            r"|\bwelke? (?:bedrijf|firma|onderneming|bank|leverancier|fabrikant|klant|persoon|man|vrouw|medewerker"
            r"|arts|advocaat|directeur|stad|land)\b",
            "code": r"\bwat is (?:het|de) \w*(?:nummer|code)\b|\bwelk \w*nummer\b",
            "amount": r"\bhoeveel\b|\bhoe (?:duur|hoog|groot|zwaar|ver|breed|diep|snel)\b|\bwat kost(?:te|ten|en)?\b"
            r"|\bwat (?:heeft|hebben|wordt|werd|moet)\b[^?]{0,200}\b(?:gekost|kosten|betaald|betalen|berekend)\b"
            r"|\bwat (?:is|was) (?:de|het) (?:\w+ )?(?:bedrag|prijs|kosten|totaal|tarief|som|waarde|aantal)\b",
        },
        "it": {
            "duration": r"\bquanto tempo\b"
            r"|\bquant[ie] (?:\w+ )?(?:secondi|minuti|ore|giorni|notti|settimane|mesi|anni)\b"
            r"|\bquanto dura\w*|\bquale durata\b",
            "date": r"(?:^\W*|\b(?:e|o|da|fino a|entro|di|per) )quando\b"
            r"|\bqual[ei]? (?:è la )?(?:data|giorno|mese|anno)\b|\b(?:a )?che (?:data|giorno)\b",
            "time": r"\bche ora\b",
            "percentage": r"\bpercentuale\b|\bquale (?:quota|parte)\b",
            "name": r"^\W*(?:(?:a|di|da|per|con) )?chi\b"
            r"|\b(?:quale|che) (?:azienda|società|impresa|ditta|banca|fornitore|produttore|cliente|persona|uomo|donna"
            r"|dipendente|medico|avvocato|direttore|città|paese)\b",
            "code": r"\bqual è il numero d(?:i|el|ella) (?:fattura|cliente|ordine|conto|telefono|contratto|serie)\b",
            "amount": r"\bquant[oiae]\b|\bqual (?:è|era|sarà) (?:il |la |l['’]\s?)(?:\w+ )?(?:importo|prezzo|costo"
            r"|totale|tariffa|somma|valore|numero|peso|lunghezza|altezza)\b",
        },
        "pt": {
            "duration": r"\bquanto tempo\b|\bquant[oa]s (?:segundos|minutos|horas|dias|noites|semanas|meses|anos)\b"
            r"|\bquanto dura\w*",
            "date": r"(?:^\W*|\b(?:e|ou|desde|até|de|para) )quando\b|\bqual (?:é a )?data\b"
            r"|\b(?:que|qual) (?:dia|data|mês|ano)\b",
            "time": r"\bque horas?\b",
            "percentage": r"\b(?:percentagem|porcentagem|percentual)\b|\b(?:que|qual) (?:parte|parcela|proporção)\b",
            "name": r"^\W*(?:(?:a|de|por|para|com) )?quem\b"
            r"|\b(?:que|qual) (?:empresa|companhia|sociedade|firma|banco|fornecedor|fabricante|cliente|pessoa"
            r"|funcionári[oa]|médic[oa]|advogad[oa]|diretor(?:a)?|cidade|país)\b",
            "code": r"\bqual é o n[úu]mero d[aoe] (?:fatura|cliente|pedido|conta|telefone|contrato|série)\b",
            "amount": r"\bquant[oa]s?\b|\bqual (?:é|era|foi|será) (?:o|a) (?:\w+ )?(?:valor|montante|preço|custo|total"
            r"|tarifa|soma|número|peso|comprimento|altura)\b",
        },
        "ko": {
            "duration": "얼마 동안|얼마나 오래",
            "date": "언제",
            "time": "몇 시",
            "percentage": "몇 ?(?:%|퍼센트)",
            "name": "누가|누구",
            "amount": "얼마|몇",
        },
    }
)
"""By language and kind: words by which a question asks for it.

All languages are tried at once: a question is too short to tell its language by, and no form is another language's.
Words that are conjunctions, too ("what happens when …"), have to open the question.
"""

_ASKED: Final[Mapping[ValueKind, re.Pattern[str]]] = MappingProxyType(
    {
        kind: re.compile("|".join(words[kind] for words in _BY_LANGUAGE.values() if kind in words), re.IGNORECASE)
        for kind in _ORDER
    }
)


_MONEY: Final = re.compile(
    r"(?<!\w)(?:"
    # en
    r"costs?|prices?|pa(?:y|ys|id|yments?)|spen(?:d|t|ding)|charge[sd]?|fees?|fines?|salar(?:y|ies)|wages?|rent|premium"
    r"|discount|deposit|tips?|tax(?:es)?|vat|subtotal|bill|invoice|budget|balance|money|amount due|refund(?:ed)?"
    r"|revenues?|sales|profits?|turnover|earn(?:s|ed|ings?)?|bonus|owe[sd]?|due|worth|expensive"
    r"|billed|donate[ds]?|borrow(?:s|ed)?|withheld|deducted|(?:come|came|amount(?:ed)?|add(?:ed)? up) to"
    r"|(?:bring|brought) in"
    # de
    r"|\w*kost(?:en|et|ete|eten)|gekostet|\w*preise?s?|\w*gebühr(?:en)?|\w*betr(?:ag|ags|äge|ägen)|\w*rechnung|\w*summe"
    r"|\w*miete|\w*gehalt|\w*lohn|\w*steuer|\w*gelder?|\w*pauschale|rabatt|umsatz|strafe|prämie|(?:be|ge)?zahl\w*|verlangt"
    r"|berechnet|ausgegeben|teuer"
    # fr
    r"|coût\w*|coute\w*|paie\w*|pay(?:er|é|ée|és|ent|era|ait)|prix|montant|tarif|facture|frais|loyer|salaire|amende|remise"
    r"|prime|vaut|chiffre d['’]affaires"
    # es, nl, it, pt
    r"|cuesta\w*|cost[eóo]|costaron|pag(?:ar|ó|a|an|aron|ado)|precio|importe|monto|tarifa|factura|multa|sueldo|coste|vale"
    r"|valieron|ventas|kost(?:te|ten)?|betaal\w*|betalen|duur|prijs|bedrag|factuur|huur|boete|korting|salaris|omzet|costa"
    r"|costato|pagare|prezzo|importo|fattura|affitto|custa|custou|preço|fatura|multa|salário|valor|aluguel"
    # "how much is a pass?", but "how much torque"
    r"|how much (?:is|are|was|were)|wie ?viel (?:ist|war)|얼마)(?!\w)",
    re.IGNORECASE,
)
"""Names of sums, and verbs of paying."""
_COUNTS: Final = re.compile(
    r"\bhow (?:many|heavy|tall|long|deep|wide|thick|far|fast|hot|cold|loud|strong)\b|\bweighs?\b"
    r"|\bwie ?viele\b|\bcu[áa]nt[oa]s\b|\bcombien d(?:e\b|['’])|\bquant[ie]\b|\bquant[oa]s\b|몇",
    re.IGNORECASE,
)
"""Words that ask for a count or a measure: "how many invoices were paid" is none of money."""


_CHANGES: Final = re.compile(r"\bby how much\b|\bum wie ?viel\b|^\W*de combien\b", re.IGNORECASE)
"""Words that ask for a change: it may be a sum or a percentage."""


def kind_asked(question: str) -> ValueKind | None:
    """The kind of value that a question asks for; None when its words do not say."""
    kind = next((kind for kind, asked in _ASKED.items() if asked.search(question)), None)
    if kind is None:
        return asked_by_noun(question)
    is_money = kind == "amount" and _MONEY.search(question) and not asks_count(question)
    is_money = is_money and _CHANGES.search(question) is None
    return "money" if is_money else kind


def asks_count(question: str) -> bool:
    """True for a question for a count or a measure, which no percentage and no sum of money is."""
    return _COUNTS.search(question) is not None

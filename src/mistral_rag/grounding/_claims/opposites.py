"""Words and their opposites: directions of change, comparisons, order in time, permission.

One list over English, German, French, Spanish, Italian, Dutch and Portuguese, since a statement may be in another
language than its source; a word that has another meaning in one of them is left out.
"""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

_AXES: Final[Mapping[str, tuple[str, str]]] = MappingProxyType(
    {
        "change": (
            """rise rises rose risen rising increase increases increased increasing grow grows grew grown growing growth
            climb climbs climbed climbing improve improves improved improving improvement expand expands expanded
            expanding
            expansion jump jumps jumped surge surges surged surging soar soared soaring accelerate accelerated
            strengthen
            strengthened raise raises raised raising upward upwards gained doubled tripled boosted boost
            steigt steigen stieg stiegen gestiegen anstieg erhöht erhöhte erhöhten erhöhung wächst wachsen wuchs wuchsen
            gewachsen wachstum zunahme zugenommen zunehmen zuwachs verbesserte verbessert verbesserung steigerte
            gesteigert
            steigerung verdoppelt angestiegen
            augmente augmenté augmentée augmentation augmenter hausse progressé progresse progression croissance
            croît crû
            accru accroissement amélioré améliorée amélioration grimpé doublé
            aumenta aumentan aumentó aumentaron aumento aumentado sube suben subió subieron subida crece crecen creció
            crecieron crecimiento crecido incrementa incrementó incrementaron incremento mejoró mejora mejorado duplicó
            aumentato aumentata crescita cresciuto cresciuta salito salita migliorato miglioramento incrementato
            steeg stegen gestegen toename toegenomen groei groeide gegroeid verbeterd verhoogd verhoging
            aumentou aumentaram subiu cresceu cresceram crescimento melhorou""",
            """fall falls fell fallen falling decrease decreases decreased decreasing decline declines declined
            declining drop
            drops dropped dropping shrink shrinks shrank shrunk shrinking reduce reduces reduced reducing reduction
            deteriorate
            deteriorated deterioration plunge plunged plunging slump slumped worsen worsened worsening sink sank
            sunk weakened
            slowed downward downwards plummeted plummet lowered dipped halved diminished diminish contracted contraction
            fällt fallen fiel fielen gefallen sinkt sinken sank sanken gesunken rückgang zurückgegangen zurückging
            verringert
            verringerte verringerten verringerung abnahme abgenommen abnehmen senkte gesenkt senkung reduziert
            reduzierte
            reduzierung schrumpfte geschrumpft verschlechterte verschlechtert verschlechterung minderung gemindert
            halbiert
            diminue diminué diminuée diminution diminuer baisse baissé baisser recul reculé chute chuté réduit
            réduite réduction
            décru détérioré détérioration ralenti
            disminuye disminuyen disminuyó disminuyeron disminución disminuido baja bajan bajó bajaron cae caen
            cayó cayeron
            caída desciende descendió descendieron descenso reduce redujo redujeron reducción reducido empeoró
            retrocedió
            diminuito diminuita calo calato calata sceso scesa riduzione ridotto peggiorato
            daalde daalden gedaald daling afname afgenomen verlaagd verlaging kromp verslechterd
            diminuiu diminuíram caiu caíram queda reduziu redução piorou""",
        ),
        "amount": (
            "more higher greater larger bigger above exceeds exceeded mehr höher höhere höheren größer oberhalb "
            "übersteigt "
            "plus supérieur supérieure supérieurs más mayor mayores superior superiores encima più maggiore "
            "superiore meer hoger",
            "less lower fewer smaller below weniger niedriger niedrigere niedrigeren geringer geringere kleiner "
            "unterhalb moins "
            "inférieur inférieure inférieurs menos menor menores inferior inferiores debajo meno minore inferiore "
            "minder lager",
        ),
        "extreme": (
            "highest largest greatest maximum biggest most best höchste höchsten größte größten beste maximal maximale "
            "meilleur maximal máximo máxima mejor massimo hoogste grootste",
            "lowest smallest least minimum fewest worst niedrigste niedrigsten kleinste geringste schlechteste "
            "minimal minimale "
            "pire minimal mínimo mínima peor minimo laagste kleinste",
        ),
        "sign": (
            "profit profits profitable gain gains surplus gewinn gewinne überschuss bénéfice bénéfices excédent "
            "ganancia "
            "ganancias beneficio superávit utile winst lucro",
            "loss losses unprofitable deficit verlust verluste fehlbetrag perte pertes déficit pérdida pérdidas "
            "perdita verlies "
            "prejuízo",
        ),
        "time": (
            "before prior earlier previously vorher früher zuvor avant auparavant antes eerder",
            "after later subsequently following nachher später danach après después luego dopo later daarna",
        ),
        "order": (
            "first opening beginning began begins begin started starts start opened opens erste ersten begann "
            "beginnt anfang "
            "premier première début commence comienzo empezó comenzó primero primera",
            "last final closing ended ends end finished closed closes letzte letzten endete endet schluss dernier "
            "dernière fin "
            "termina terminó acabó último última",
        ),
        "permission": (
            "allowed permitted allows permits allow permit mandatory required eligible authorized authorised erlaubt "
            "gestattet zulässig autorisé permis permise permitido permitida",
            "forbidden prohibited prohibits banned forbids prohibit forbid optional ineligible unauthorized "
            "unauthorised verboten "
            "untersagt unzulässig interdit interdite prohibido prohibida",
        ),
        "inclusion": (
            "including included includes include with einschließlich inklusive enthält mit inclus incluye incluido "
            "con avec",
            "excluding excluded excludes exclude without ausschließlich exklusive ohne exclu excluye excluido sin sans",
        ),
        "acceptance": (
            "accepted approved agreed accepts approves granted passed won wins win succeeded success successful "
            "angenommen "
            "genehmigt zugestimmt gewann gewonnen accepté approuvé gagné aceptó aprobó aprobado ganó",
            "rejected refused denied declined rejects dismissed failed lost loses lose fails failure unsuccessful "
            "abgelehnt "
            "verweigert verlor verloren refusé rejeté perdu rechazó rechazado denegado perdió",
        ),
        "trade": (
            "bought buy buys purchased purchase acquired acquires imports import imported kaufte gekauft erworben "
            "acheté compró",
            "sold sell sells divested divests exports export exported verkaufte verkauft veräußert vendu vendió",
        ),
        "frequency": (
            "always everyone everything all every immer alle jeder stets toujours tous siempre todos",
            "never none nobody nothing nie keiner niemand nichts jamais aucun nunca ninguno",
        ),
        "place": ("north northern nord norden nördlich norte", "south southern süd süden südlich"),
        "side": ("east eastern ost osten östlich oriental", "west western westen westlich ouest oeste occidental"),
        "hand": ("left linke links linken gauche izquierda", "right rechte rechts rechten droite derecha"),
        "flow": (
            "inflow inflows provided received receives receivable asset assets zufluss entrée ingreso ingresos",
            "outflow outflows paid pays payable liability liabilities abfluss sortie gasto gastos",
        ),
        "motion": (
            "enter entered joined arrived arrive appointed hired upper inside internal",
            "leave departed resigned dismissed fired lower outside external",
        ),
        "strength": (
            "strong stronger hot warm fast faster long longer old older early wide positive strict stark schnell "
            "lang alt "
            "positiv fuerte positivo fort positif favorable adequate sufficient healthy",
            "weak weaker cold slow slower short shorter young younger late narrow negative lenient schwach langsam "
            "kurz jung "
            "negativ débil negativo faible négatif unfavorable unfavourable inadequate insufficient unhealthy",
        ),
    }
)

OPPOSITES: Final[Mapping[str, tuple[tuple[str, int], ...]]] = MappingProxyType(
    {
        word: tuple(
            (axis, side)
            for axis, sides in _AXES.items()
            for side, listed in zip((1, -1), sides, strict=True)
            if word in listed.split()
        )
        for sides in _AXES.values()
        for listed in sides
        for word in listed.split()
    }
)
"""Word in small letters -> the axes on which it stands, each with its side, 1 or -1."""


def sides_of(word: str) -> tuple[tuple[str, int], ...]:
    """The axes of a word, each with its side; empty for a word that has no opposite here."""
    return OPPOSITES.get(word.lower(), ())


EVERYWHERE: Final = frozenset({"change", "amount", "sign", "extreme"})
"""Axes whose words mean the same wherever they stand; others count only in the very place of their opposite."""

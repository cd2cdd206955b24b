"""Words that decide if a full stop ends a sentence: abbreviations, months, and words that begin sentences.

English, German, French, Spanish, Italian, Dutch, Portuguese and Polish in one list each, since a page does not say
which language it is in, and documents mix them. A word that is also an ordinary word of another of these languages
stands only where that other language is not hurt ("est." is "c'est." in French, "me." ends English sentences).
"""

from mistral_rag.text._calendar import MONTHS_BY_LANGUAGE


def _words(text: str) -> frozenset[str]:
    return frozenset(text.split())


NEVER_LAST = _words(
    # titles, which stand before a name
    "mr mrs ms dr prof profa messrs fr hr hrn frl fa dipl ing inż mgr mme mlle sr. sra srta sres dra dña exmo exma eng "
    "sig sigg dott avv dhr mevr mw drs ir św ul "
    # connectives, which lead on
    "vs approx ca cf cfr viz eg e.g i.e incl excl resp inkl exkl einschl bzw ggf evtl sog zzgl abzgl vgl bspw z.b d.h "
    "u.a s.u i.d.r z.t m.e o.g i.s.d i.v.m v.a u.u z.zt c.-à-d p.ex p.ej ej aprox p.es c.d bijv d.w.z m.a.w o.a t.o.v "
    "m.b.t i.p.v t.a.v o.b.v zgn np tj tzn tzw m.in wg zob sp ee ud uds "
    # adjectives, which stand before their noun
    "kath ev allg bzgl insb insbes staatl städt gesetzl öffentl schriftl techn"
)
"""A sentence never ends with one of these."""

NEVER_LAST_PAIRS = frozenset({"ad es", "per es", "dr. med", "dr. jur", "dr. rer"})
"""The same for the last two words; alone the second is an ordinary word of some language."""

NEVER_LAST_AS_WRITTEN = frozenset({"M", "MM"})
"""Monsieur and Messieurs; "5 mm." and an initial in another language may end a sentence."""

BEFORE_NUMBERS = _words(
    "no nos nr nrn n° art arts artt fig figs abb tab sec secs abs ziff kap bd vol ch chap cap p pp pg pag pagg s seite "
    "núm núms pág págs blz str ust pkt poz rozdz godz ok anm anl rn rdnr lett séc fl fls rev ref réf tel ext al par "
    "paras párr párrf § est ann ex env min max mind rd lit "
    "jan feb mar apr jun jul aug sep sept oct nov dec okt dez mrz fy janv févr avr juil déc ene abr ago dic gen mag "
    "giu lug set ott mrt mei fev out"
)
"""A sentence does not end with one of these before a number, a roman numeral or a single letter.

Nor with a German name of a street ("Hauptstr. 12").
"""

SOMETIMES_LAST = _words(
    "inc corp co ltd llc plc bros jr sr etc ecc enz itd itp cie cía gmbh usw usf u.s u.k u.n e.u a.m p.m ph.d s.a n.v "
    "b.v d.c l.p n.a dept div assn intl mfg sta st ee.uu act hon rev gen col capt lt gov sen rep mio mrd tsd std tys "
    "mln mld hrsg gem im r w ff mm av bd bv lic dra ltda obs dpto pl ks hab arch chr hl o.o o.ä u.ä u.v.m n.v.t e.d "
    "e.a jl jh s.o aufl geb vors urspr mtl cap pct mt"
)
"""A sentence ends with one of these only before a word that begins sentences (`STARTERS`)."""

COUNTED = frozenset(MONTHS_BY_LANGUAGE["de"]) | _words(
    "quartal jahrhundert halbjahr auflage semester etage stock klasse instanz lesung"
)
"""German months and other nouns that stand behind an ordinal whatever comes before it ("3. Mai")."""

BEFORE_ORDINALS = _words(
    "der die das dem den des im am vom zum zur beim seit jeder jede jedes jedem jeden bis ab ein eine einem einen "
    "einer eines dieser diese dieses diesem diesen seine seinem seinen seiner ihre ihrem ihren ihrer unsere unserem "
    "unserer"
)
"""German words before an ordinal ("im 2. Quartal", "der 4. Senat")."""

STARTERS = _words(
    "the a an this that these those it its they their we our he his she her you i in on at as for from by with to if "
    "when while although however therefore thus also and but or no not all any each such there here under upon after "
    "before during since because what which who how why see both neither except unless "
    "der die das ein eine dieser diese dieses er sie es wir ihr im am auf für von mit nach bei wenn als da doch "
    "aber und oder auch nicht alle jede jeder zur zum zu "
    "le la les l un une des ce cet cette ces il elle ils elles nous vous en dans pour par avec sur si mais et ou "
    "el los las una unos unas este esta estos estas él ella ellos nosotros para con pero y o se "
    "lo gli uno questo questa questi queste essa esso nel nella per non quando come dal dalla "
    "de het een dit dat deze wij zij op voor bij maar ook niet na "
    "os as um uma isso isto ele ela eles elas em na nos nas com mas e não ao à "
    "w z do po od to ta ten te nie jest są oraz jednak gdy jeśli dla przy przez za pod"
)
"""Words that often begin a sentence and seldom stand capitalised inside of one."""

NAME_PARTICLES = frozenset({"de", "di", "da", "du", "van", "al", "der", "den"})
"""Starters that behind an initial are rather a part of the name ("J. De Vries")."""

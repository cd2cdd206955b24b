"""Words that documents print for what people ask: "cashier" for "till", "amount due" for "pay".

Each group is of one meaning, in the languages of the package. The groups are the vocabulary of everyday documents
(invoices, receipts, forms, letters, minutes), not of a branch; glossaries of branches belong to the ranking
(`mistral_rag.retrieval.Glossary`).
"""

import re
from collections.abc import Collection, Iterable, Mapping
from functools import lru_cache
from typing import Final

from mistral_rag.text import words

_GROUPS: Final = (
    # sums
    """cost costs price prices priced amount charge charges charged fee fees pay paid payable payment due owe owed
    spend spent spending expense expenses expenditure total sum kosten kostet kostete gekostet preis einzelpreis
    betrag zahlen bezahlen bezahlt zahlung zahlbetrag gesamtbetrag rechnungsbetrag bruttosumme summe verlangt
    coût coûte coûter coûtera prix montant tarif payer payé paiement ttc cuesta costó coste precio importe monto
    pagar pagado valor kost kostte prijs bedrag betalen betaald""",
    """total altogether overall sum grand combined whole insgesamt gesamt gesamtbetrag gesamtsumme summe endbetrag
    bruttosumme rechnungsbetrag zahlbetrag totale ttc totaal totales""",
    """due deadline payable pay paid fällig fälligkeit zahlungsziel zahlbar bezahlt zahlen échéance limite paiement
    payer vencimiento vervaldatum""",
    "gross including incl inclusive brutto bruttosumme inkl ttc bruto",
    "net excluding excl netto ht hors neto take-home",
    "subtotal zwischensumme sous-total subtotaal",
    "tax taxes vat gst mwst mehrwertsteuer ust umsatzsteuer steuerbetrag steuer tva taxe iva impuesto btw",
    "discount rebate reduction rabatt nachlass skonto remise rabais réduction descuento korting",
    "fine penalty bußgeld geldstrafe strafe amende multa boete",
    "refund return returned returns back rückgabe umtausch retour remboursement devolución",
    "bonus incentive prämie gratifikation prime",
    """salary wage wages pay earn earns earned remuneration gehalt lohn verdient salaire rémunération sueldo salario
    loon""",
    """debit debited withdrawn withdrawal abgebucht abbuchung lastschrift débité prélevé prélèvement débit cargo
    afgeschreven""",
    """give gave given gift donate donated donation contribute contributed contribution grant granted award awarded
    spende zuschuss don subvention donación""",
    """borrow borrowed loan lend lent issue issued debt notes bonds credit kredit darlehen emprunt prêt préstamo
    mortgage crédit lening""",
    "interest coupon rate bear bears zins zinsen zinssatz intérêt intérêts interés",
    """outstanding unpaid overdue arrears balance owe owed rest remaining offen restbetrag saldo solde restant""",
    """insurance insure insured insurer coverage cover covered policy versicherung versichert assurance assuré
    seguro verzekering""",
    """withhold withheld deduct deducted deduction deductions retained einbehalten abzug abgezogen retenu retenue
    déduit""",
    "sell sold sales revenue revenues turnover verkauft umsatz umsatzerlöse ventes ventas ingresos omzet",
    """rise rises rose risen increase increases increased grow grows grew grown growth higher steigen stieg gestiegen
    anstieg zunahme wachstum hausse augmenté augmentation aumento""",
    """fall falls fell fallen decrease decreases decreased decline declines declined drop dropped lower sinken sank
    gesunken gefallen rückgang abnahme baisse baissé diminution descenso""",
    "profit profits earnings income gewinn ergebnis bénéfice résultat beneficio winst",
    "budget funds funding money allocation outlay expenditure geld haushalt argent",
    """piece pieces each unit units apiece item items single stück stk einzelpreis einheit unité unitaire pièce
    unidad unitario stuk""",
    "quantity qty count counted number amount menge anzahl quantité nombre cantidad aantal",
    # people and their parts
    """write wrote written author authored prepared prepare drafted compiled verfasst verfasser erstellt autor
    rédigé auteur redactado""",
    """submit submitted submission handed filed lodged eingereicht abgegeben déposé déposée soumis presentado
    ingediend""",
    "till checkout cashier kasse kassierer caisse caissier caissière caja cajero kassa",
    "customer client buyer purchaser bought sold kunde käufer acheteur cliente comprador klant koper",
    """seller vendor supplier supplied supply merchant provider contractor verkäufer lieferant händler vendeur
    fournisseur proveedor""",
    "shop shops store stores outlet outlets laden geschäft filiale magasin tienda winkel",
    """employee employees staff worker workers workforce headcount personnel mitarbeiter beschäftigte salariés
    employés empleados""",
    """head chief manager boss director leader supervisor superintendent leiter leiterin chef directeur responsable
    jefe""",
    """sign signed signature signatory approve approved authorized authorised unterschrieben unterschrift signé
    signataire firmado""",
    """chair chaired chairman chairwoman chairperson president presided vorsitz vorsitzender présidé président
    présidence presidente""",
    """attend attended attendance attendees present participants anwesend teilnehmer présents présent asistentes
    aanwezig""",
    "man men male males männer männlich hommes masculin hombres",
    "woman women female females frauen weiblich femmes féminin mujeres",
    """doctor physician dr md arzt ärztin médecin médico""",
    """lawyer attorney counsel solicitor barrister represent represents represented anwalt anwältin avocat abogado
    advocate avocate advocaat""",
    """judge justice honorable hon magistrate richter richterin juge juez rechter""",
    "party plaintiff defendant appellant appellee sue sued kläger beklagter",
    """job position occupation profession title role post function employment work works worked beruf stelle
    tätigkeit emploi poste fonction métier puesto cargo functie beroep""",
    """employer company firm work works worked employment arbeitgeber employeur empresa werkgever""",
    """school university college study studied education degree graduated studium studiert hochschule études
    diplôme universidad academy institute schule universität école université escuela""",
    "language languages speak speaks spoken sprache sprachen langue langues idioma",
    "serve served server waiter waitress associate attendant bedienung serveur",
    """patient sick ill illness disease diagnosis diagnosed krankheit diagnose maladie diagnostic sickness
    enfermedad ziekte""",
    """guest visitor visitors besucher gäste visiteurs guests gast invités""",
    "parent mother father guardian mutter vater mère père",
    """child children kids son daughter kinder kind enfant enfants hijos kid minor minors daughters niños""",
    "drug medicine medication prescribed prescription medikament arznei médicament",
    "people persons individuals personen personnes personas",
    # times
    """start starts started begin begins began commence commencement opened opening beginn beginnt anfang début
    commence inicio""",
    """end ends ended close closed adjourned adjourn finish finished terminated terminate expires expiry over ende
    endet beendet schluss fin terminé terminée termine levée clôture termina einde""",
    "last lasts valid validity duration period term gültig dauer laufzeit durée valable duración plazo geldig",
    "holiday holidays vacation leave urlaub ferien congé congés vacances vacaciones verlof vakantie",
    "born birth dob birthday geboren geburtsdatum né née naissance nacido nacimiento",
    "die died death deceased gestorben tod décès",
    """order ordered purchase purchased bought placed bestellt bestellung auftrag bestelldatum commande commandé
    pedido besteld""",
    """deliver delivered delivery ship shipped shipping shipment send sent dispatched postage carriage freight arrive
    arrives arrived geliefert lieferung versand versendet porto livré livraison expédié envoi entrega envío levering""",
    "stay check arrival arrive arrived ankunft arrivée llegada",
    """leave left leaves discharge discharged departure depart departs departed abfahrt abreise entlassen départ sorti
    sortie salida""",
    """enter entered entry admitted admission join joined hire hired entrée eintritt aufgenommen embauche ingreso""",
    """transport transported transportation carrier carried via vessel ship boat truck lorry freight spedition
    transporteur navire schiff transporte buque""",
    """travel travelled trip journey flight fly reise dienstreise voyage viaje reis""",
    """happen happened occur occurred took place event ereignis événement""",
    """cancel cancelled cancellation terminate terminated termination kündigen kündigung résiliation résilier
    rescisión opzegging""",
    "renew renewed renewal extend extended extension prolong verlängert verlängerung renouvellement prolongation",
    "change changed amend amended amendment modify modified revised revision änderung geändert modification",
    "correct correction corrected erratum error mistake fehler berichtigung erreur correction",
    "day days daily tag tage täglich jour quotidien día diario dag dagelijks",
    "week weeks weekly woche wochen wöchentlich semaine hebdomadaire semana semanal wekelijks",
    "month months monthly monat monate monatlich mois mensuel mensuelle mes mensual maand maandelijks",
    """year years yearly annual annually annum jahr jahre jährlich an année annuel annuelle año anual jaar
    jaarlijks""",
    # places and ways to reach somebody
    "phone telephone tel call mobile telefon téléphone teléfono telefoon",
    "email e-mail mail courriel correo",
    "contact representative attn attention ansprechpartner interlocuteur contacto",
    """web website site online internet homepage url webseite""",
    "address street located live lives adresse anschrift dirección adres",
    "where venue location place room ort raum lieu salle lugar",
    # measures
    "strong strength tensile tension festigkeit zugfestigkeit",
    "long length länge longueur longitud",
    "maximum max highest largest maximal höchstens",
    "minimum min lowest smallest minimal mindestens",
    "average avg mean durchschnitt mittelwert moyenne promedio gemiddelde",
    "high height tall höhe hauteur altura",
    "wide width breite largeur anchura",
    "deep depth tiefe profondeur",
    "thick thickness dicke épaisseur",
    "hard hardness härte dureté",
    "heavy weigh weighs weight mass gewicht poids peso",
    "hot cold warm temperature temperatur température",
    "fast speed geschwindigkeit vitesse velocidad",
    "old age aged alter âge edad",
    "far distance entfernung distancia",
    "big large size area größe fläche taille superficie",
    # votes and records
    "against negative nay nays opposed no contra negativos negativo gegen nein contre",
    "favour favor yes yea affirmative afirmativos afirmativo dafür ja pour",
    "registered registration register enrolled enrolment registriert angemeldet inscrits inscrit",
    "stock inventory warehouse lager bestand stocks inventaire",
    """flat flats apartment apartments dwelling dwellings housing wohnung wohnungen logement logements appartement
    appartements""",
    "car cars vehicle vehicles auto fahrzeug voiture véhicule",
    "warranty guarantee garantie garantía",
    "keep kept store stored storage retain aufbewahren lagerung conserver conservation",
    "allow allowed permit permitted permission erlaubt gestattet autorisé permis permitido",
    "forbid forbidden prohibited banned verboten untersagt interdit prohibido",
    "must required requirement mandatory obligatory pflicht verpflichtend erforderlich obligatoire requis",
    "purpose reason why because needed use used zweck grund but motif objet",
    "normal reference standard usual typical referenz referenzbereich",
    "limit range interval maximum minimum max min grenze höchst limite plage",
    "hours open opens opening öffnungszeiten geöffnet horaires ouvert horario",
    "colour color farbe couleur kleur",
    "result results outcome score ergebnis résultat resultado",
    "portion serving servings dose ration",
    "fuel petrol gasoline gas diesel benzin essence carburant",
    "power electricity energy strom électricité energie énergie",
    "room suite zimmer chambre habitación",
    """hotel accommodation lodging unterkunft hébergement alojamiento hostel übernachtung""",
    """food meal meals dinner lunch breakfast essen verpflegung repas comida supper mahlzeit déjeuner dîner
    maaltijd menu menus""",
    "taxi cab fahrt",
    "prison jail imprisonment gefängnis haft",
    "made material metal werkstoff matériau",
    # persons, work and school
    "course training lesson seminar workshop kurs schulung cours formation curso cursus",
    "exam examination prüfung examen",
    "pupil pupils student students schüler studenten élève élèves étudiants alumnos",
    "wife husband spouse partner ehefrau ehemann ehepartner épouse époux conjoint esposa esposo",
    "landlord lessor owner vermieter bailleur propriétaire arrendador verhuurder",
    "tenant lessee renter mieter locataire inquilino huurder",
    "speaker speakers presenter presenters referent redner orateur",
    "committee board council gremium ausschuss comité",
    "absent excused apologies abwesend entschuldigt excusé absents ausente afwezig",
    "witness witnessed saw seen zeuge zeugin témoin testigo getuige",
    """ask asked request requested requester requisition requisitioner demandé demandeur angefordert solicitado
    aangevraagd""",
    # things and goods
    "goods product products merchandise item items article articles ware waren artikel produit produits producto",
    "maker manufacturer producer brand hersteller marke fabricant marque fabricante merk",
    "drink drinks beverage beverages getränk getränke boisson boissons bebida",
    "luggage baggage suitcase gepäck koffer bagages equipaje",
    "boat ship vessel schiff navire bateau barco",
    "plane airplane aircraft flight flug flugzeug avion vuelo vlucht",
    "truck lorry van lkw lastwagen camion",
    "railway rail zug bahn trein",
    "street road avenue straße strasse rue calle straat",
    "computer laptop notebook pc rechner ordinateur",
    "tv television fernseher télévision",
    # sums and papers
    "assets holdings vermögen aktiva actifs activos",
    "subsidy grant grants zuschuss förderung subvention subvención subsidie",
    "lawsuit litigation proceedings klage prozess verfahren procès",
    "law statute act legislation gesetz recht loi droit ley wet",
    "rule rules regulation regulations policy guideline guidelines regel vorschrift richtlinie règle règlement",
    "meeting session assembly sitting conference besprechung sitzung versammlung réunion séance assemblée reunión",
    "vote votes ballot ballots stimme stimmen abstimmung vote voix voto votos",
    "attachment attachments enclosure enclosures annex appendix anlage anhang annexe anexo bijlage",
    """offer offers quotation quote bid bids proposal proposals tender estimate estimates angebot kostenvoranschlag
    devis offre oferta presupuesto offerte""",
    # health and nature
    "injury injuries injured hurt wound wounds wounded trauma verletzung verletzt blessure blessé herida",
    "therapy treatment therapie behandlung traitement tratamiento",
    "salt sodium salz natrium zout",
    "calories calorie energy kcal kalorien brennwert énergie energía",
    "carbohydrate carbohydrates carbs kohlenhydrate glucides",
    "sugar sugars zucker sucre sucres azúcar suiker",
    "pet pets animal animals dog dogs cat cats haustier haustiere tier tiere hund katze animaux chien chat mascota",
    "theft larceny stealing burglary diebstahl diefstal",
    "murder homicide manslaughter mord totschlag meurtre asesinato",
    "gun guns firearm firearms weapon weapons waffe waffen",
)
_PHRASES: Final[Mapping[re.Pattern[str], str]] = {
    re.compile(r"\b(?:bring|take|send|give) [\w ]{0,20}back\b", re.IGNORECASE): "return",
    re.compile(r"\b(?:hand|turn)(?:ed)? (?:[\w ]{0,12} )?in\b", re.IGNORECASE): "submitted",
    re.compile(r"\b(?:go|goes|went|gone) up\b", re.IGNORECASE): "rise",
    re.compile(r"\b(?:go|goes|went|gone) down\b", re.IGNORECASE): "fall",
    re.compile(r"\bask(?:s|ed)? for\b", re.IGNORECASE): "request",
    re.compile(r"\btakes? home\b", re.IGNORECASE): "net",
    re.compile(r"\b(?:not|n['’]t) (?:come|attend|turn up|show up|be there)\b", re.IGNORECASE): "absent",
    re.compile(r"\b(?:in all|all together|all in all|en tout|en total|im ganzen|in totaal)\b", re.IGNORECASE): "total",
}
"""What several words of a question say, as one word of the groups."""


class Synonyms:
    """The words of a question that a text holds as others of the same meaning; terms are stemmed in one language.

    `phrased` are the words that stand for phrases of the question, whose own words are `replaced`.
    """

    def __init__(self, question: str, asked: Iterable[str], language: str) -> None:
        groups = _groups(language)
        found = {word: match[0] for phrase, word in _PHRASES.items() if (match := phrase.search(question))}
        self.phrased = [term for word in found for term in words(word, language)]
        self.replaced = {term for said in found.values() for term in words(said, language)}
        said = {term: groups[term] for term in asked if term in groups}
        said |= {term: groups[term] for term in self.phrased if term in groups}
        self._terms: dict[int, list[str]] = {}
        for term, held in said.items():
            for group in held:
                self._terms.setdefault(group, []).append(term)
        self._groups = groups

    def share_meaning(self, asked: Iterable[str], terms: Collection[str]) -> bool:
        """True when one of these terms is of a meaning of the words asked for, though the question has it itself."""
        meanings = {group for term in asked for group in self._groups.get(term, ())}
        return any(not meanings.isdisjoint(self._groups.get(term, ())) for term in terms)

    def of(self, terms: Collection[str]) -> set[str]:
        """Words of the question that these terms mean; none of a meaning that has a word of the question already."""
        meanings = {group for term in terms for group in self._groups.get(term, ()) if group in self._terms}
        held = set(terms)
        return {
            asked
            for group in meanings
            # "combined" is not said a second time by the word "total" that is in the question itself
            if held.isdisjoint(self._terms[group])
            for asked in self._terms[group]
        }


@lru_cache(maxsize=32)
def _groups(language: str) -> Mapping[str, tuple[int, ...]]:
    """Terms of a language -> the groups that have them."""
    found: dict[str, list[int]] = {}
    for at, group in enumerate(_GROUPS):
        for word in group.split():
            for term in words(word, language):
                held = found.setdefault(term, [])
                if at not in held:
                    held.append(at)
    return {term: tuple(held) for term, held in found.items()}

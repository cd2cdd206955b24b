"""The kind of value that a question asks for, in seven languages."""

import pytest

from mistral_rag.grounding._asked.kinds import kind_asked

MONEY = [
    "What did the memory card cost altogether?",
    "What does one piece of SKU-6678 cost?",
    "What did we spend on storage last year?",
    "What do I get paid for a week on call?",
    "What has to be paid for a replacement badge?",
    "What is charged for a returned debit?",
    "How much is a day pass?",
    "Was kostet die Wartung?",
    "Was hat die Taxifahrt insgesamt gekostet?",
    "Was hat die Taxifahrt am 29. Oktober 2018 gekostet?",
    "What did ethanol cost in Nebraska?",
    "Was verlangt die Bank, wenn eine Lastschrift platzt?",
    "Wie teuer ist ein Ersatzausweis?",
    "Welchen Betrag schuldet der Kunde?",
    "Combien coûte l'abonnement ?",
    "Quel est le montant de la facture ?",
    "Que coûte une carte de remplacement ?",
    "À combien s'élève la facture ?",
    "¿Cuánto cuesta el billete?",
    "cuanto cuesta el billete",
    "¿Cuál es el importe de la factura?",
    "Wat kostte de onderhoudsset?",
    "Hoeveel kost een kaartje?",
    "Quanto costa il biglietto?",
    "Qual è l'importo della fattura?",
    "Quanto custa o bilhete?",
    "Qual é o valor da fatura?",
]
AMOUNTS = [
    "How many shops were open?",
    "How many invoices were paid?",
    "How much torque does a nut need?",
    "How high is the tower?",
    "Wie viele Rechnungen wurden bezahlt?",
    "Wie schwer ist das Gerät?",
    "Combien d'appartements le projet ajoute-t-il ?",
    "¿Cuántos diputados votaron en contra?",
    "Hoeveel deelnemers waren er?",
    "Quante pompe sono state fornite?",
    "Quantas bombas foram fornecidas?",
]
CODES = [
    "What is the invoice number?",
    "What is the VAT number of the supplier?",
    "Which order number does the letter have?",
    "What is their IBAN?",
    "What is Ann Bell's e-mail address?",
    "What is the seal number on the bill of lading?",
    "What is the lawyer's bar number?",
    "Wie lautet die Rechnungsnummer?",
    "Quel est le numéro de facture ?",
    "¿Cuál es el número de pedido?",
    "Wat is het klantnummer?",
    "Qual è il numero di fattura?",
    "Qual é o número da fatura?",
]
TIMES = [
    "What time does the meeting end?",
    "Um wie viel Uhr endet die Sitzung?",
    "À quelle heure la réunion s'est-elle terminée ?",
    "¿A qué hora termina la reunión?",
    "Hoe laat begint de vergadering?",
    "A che ora finisce la riunione?",
    "A que horas termina a reunião?",
]
DATES = [
    "When was the card ordered?",
    "By when do I have to pay?",
    "Until when is the offer valid?",
    "On which day is the family day?",
    "Bis wann muss die Rechnung bezahlt werden?",
    "Ab wann gilt der neue Tarif?",
    "An welchem Tag ist die Feier?",
    "À partir de quand l'argent est-il prélevé ?",
    "Jusqu'à quand l'offre est-elle valable ?",
    "¿Hasta cuándo es válida la oferta?",
    "Tot wanneer is de aanbieding geldig?",
    "Entro quando bisogna pagare?",
    "Até quando é válida a oferta?",
]
DURATIONS = [
    "How long do I have to bring something back?",
    "How many days of holiday do I get in a year?",
    "How many paid leave days are there?",
    "For how many months is the guarantee valid?",
    "Wie lange ist das Angebot gültig?",
    "Wie viele freie Tage gibt es?",
    "Combien de temps dure la garantie ?",
    "Pendant combien de jours puis-je renvoyer un article ?",
    "¿Cuánto tiempo dura la garantía?",
    "¿Cuántos días de vacaciones hay?",
    "Hoe lang is de garantie geldig?",
    "Hoeveel dagen verlof krijg ik?",
    "Per quanto tempo vale la garanzia?",
    "Quanti giorni di ferie ci sono?",
    "Quanto tempo dura a garantia?",
    "Quantos dias de férias há?",
]
PERCENTAGES = [
    "What share of the people in the study are men?",
    "What percentage of sales came from abroad?",
    "Welcher Anteil der Befragten ist zufrieden?",
    "Quelle part des ventes vient de l'étranger ?",
    "¿Qué parte de todas las exportaciones fueron productos del mar?",
    "Welk deel van de omzet komt uit het buitenland?",
    "Quale percentuale delle vendite viene dall'estero?",
    "Que percentagem das vendas vem do estrangeiro?",
]
NAMES = [
    "Who was at the till when the headphones were bought?",
    "Which company supplied the pumps?",
    "To whom was the invoice sent?",
    "Wer hat den Bericht geschrieben?",
    "Von wem stammt der Bericht?",
    "Welche Firma hat die Pumpen geliefert?",
    "Welche Ärztin hat die Physiotherapie verordnet?",
    "Qui a rédigé le rapport ?",
    "Quelle entreprise a livré les pompes ?",
    "¿Quién escribió el informe?",
    "¿Qué empresa suministró las bombas?",
    "Wie heeft het rapport geschreven?",
    "Welk bedrijf heeft de pompen geleverd?",
    "Chi ha scritto il rapporto?",
    "Quale azienda ha fornito le pompe?",
    "Quem escreveu o relatório?",
    "Que empresa forneceu as bombas?",
]
NONE = [
    "What happens when a card is lost?",
    "Que faire quand la carte est perdue ?",
    "Cosa succede quando si perde la carta?",
    "Wat gebeurt er wanneer de kaart zoek is?",
    "What costs are reimbursed?",
    "What did the customer pay with?",
    "What is the notice about?",
    "Was ist mit Normalkräften verbunden?",
    "What metal are the nuts made of?",
    "Wie funktioniert die Erstattung?",
    "Comment fonctionne le remboursement ?",
    "What will there be to do at the family day?",
    "What does the cost report say?",
]


@pytest.mark.parametrize(
    ("question", "kind"),
    [
        (question, kind)
        for kind, questions in (
            ("money", MONEY),
            ("amount", AMOUNTS),
            ("code", CODES),
            ("time", TIMES),
            ("date", DATES),
            ("duration", DURATIONS),
            ("percentage", PERCENTAGES),
            ("name", NAMES),
            (None, NONE),
        )
        for question in questions
    ],
)
def test_the_kind_of_value_is_told_by_the_words_that_ask(question: str, kind: str | None) -> None:
    assert kind_asked(question) == kind

"""A quote whose words stand on the page, but which says something else than the page, is not found."""

import pytest

from mistral_rag.grounding._quotes.edges import without_amounts
from mistral_rag.grounding._quotes.parts import QuotedText
from mistral_rag.grounding._quotes.quotes import find
from mistral_rag.text import sentences

NUMBERS = [
    ("(Loss)/income from investments was 16.", "income from investments was 16."),
    ("(Loss)/income from investments was 16.", "/income from investments was 16."),
    ("The profit/(loss) was 16 in May.", "(loss) was 16 in May."),
    ("He gave 16 of profit/(loss).", "He gave 16 of profit"),
    ("The sum is 1 234 euros.", "234 euros."),
    ("It rose 5 000 000 units.", "000 000 units."),
    ("It rose 5 000 000 units.", "It rose 5 000"),
    ("It rose 5 000 units.", "It rose 5"),
    ("Price: CZK 500 each.", "500 each."),
    ("Price: 500 HUF each.", "Price: 500"),
    ("Price: kr 500 each.", "500 each."),
    ("Price: Rs. 500 each.", "500 each."),
    ("Price: 500 zł each.", "Price: 500"),
    ("Dose: 5 µg daily.", "Dose: 5"),
    ("Dose: 5 μg daily.", "Dose: 5"),
    ("Dose: 5 IU daily.", "Dose: 5"),
    ("Pressure 5 bar max.", "Pressure 5"),
    ("Length 5 in. max.", "Length 5"),
    ("Term 5 years fixed.", "Term 5"),
    ("The term is 5\nyears from now.", "The term is 5"),
    ("Laufzeit 5 Jahre fest.", "Laufzeit 5"),
    ("5 lakh users", "5"),
    ("5 crore rupees", "5"),
    ("5 тыс. руб.", "5"),
    ("Speed 5 km/h max.", "Speed 5 km"),
    ("Flow 5 m³/h max.", "Flow 5 m³"),
    ("The fee is 5 euros per day.", "The fee is 5 euros"),
    ("It rose 5 percentage points.", "It rose 5 percentage"),
    ("Total: 5 (in millions)", "Total: 5"),
    ("One in 500 people.", "500 people."),
    ("We saw 5 of 500", "500"),
    ("Dose: 5 mL daily.", "Dose: 5 ML daily."),
    ("Width 5 mm now.", "Width 5 Mm now."),
    ("Length 5' max.", 'Length 5" max.'),
    ("Net income was [5.2] million euros.", "Net income was 5.2 million euros."),
    ("Net income was [5.2] million euros.", "5.2"),
    ("Grade A- given", "Grade A given"),
    ("Grade A- given", "Grade A"),
    ("Rated BBB− today", "Rated BBB today"),
    ("Rated BBB+ today", "Rated BBB"),
    ("Limit ⩽ 5 mg.", "5 mg."),
    ("Limit ⪆ 5 mg.", "5 mg."),
    ("Value ∝ 5 mm.", "5 mm."),
    ("Value ca. 5 mm.", "5 mm."),
    ("Value approx. 5 mm.", "5 mm."),
    ("Value approx.\n5 mm.", "5 mm."),
    ("Value up to 5 mm.", "5 mm."),
    ("We sold about $5 in May.", "$5 in May."),
    ("Wir zahlen rund 5 Euro.", "5 Euro."),
    ("Nous payons environ 5 euros.", "5 euros."),
    ("We pay no more than 5 euros.", "5 euros."),
    ("from 5 to 10 euros", "10 euros"),
    ("5 to 10 euros", "5"),
    ("between 5 and 10 euros", "10 euros"),
    ("5 ½ euros", "5"),
    ("Pay within 5 days.", "5 days."),
    ("Size 5′ wide", "Size 5"),
    ("Term 5 quarters", "Term 5"),
    ("at 5 p.m. daily", "at 5"),
    ("Load 5 kN max.", "Load 5"),
    ("It was 5 ± 2 here.", "It was 5"),
    ("It was 5% ±2% here.", "It was 5%"),
    ("Size 3 × 4 here.", "Size 3"),
    ("Size 3x4 here.", "4 here."),
    ("Size 3 x 4 here.", "4 here."),
    ("It grew 8 ÷ 2 fold.", "It grew 8"),
    ("A growth of 2^10 here.", "A growth of 2"),
    ("A growth of 2^10 here.", "10 here."),
    ("An area of x^2 here.", "An area of x"),
    ("A growth of 10^-3 here.", "A growth of 10"),
]
BOXES = [
    ("[ ] Yes [x] No", "Yes"),
    ("[ ] Yes [x] No", "No"),
    ("( ) Yes (x) No", "Yes"),
    ("□ Yes ■ No", "Yes"),
    ("○ Yes ● No", "Yes"),
    ("Yes ◯ No ◉", "Yes"),
    ("Yes/No", "Yes"),
    ("[*] Agree", "Agree"),
    ("(*) Agree ( ) Refuse", "Agree"),
    ("_X_ Yes ___ No", "Yes"),
    ("◆ Yes ◇ No", "Yes"),
    ("\uf0fe Yes \uf0a8 No", "Yes"),
    ("⊠ Yes □ No", "Yes"),
]
WORDS = [
    ("therapist wanted now", "the rapist wanted now"),
    ("We are now here today.", "We are nowhere today."),
    ("It is a part of us.", "It is apart of us."),
    ("A manslaughter case", "A man's laughter case"),
    ("It is im\u00adpossible to return.", "possible to return."),
    ("Das ist un\u00adzulässig.", "zulässig."),
    ("It is im\u2060possible.", "It is im"),
]
CONDITIONS = [
    ("The contract ends on May 1 unless it is renewed.", "The contract ends on May 1"),
    ("The contract ends on May 1, unless it is renewed.", "The contract ends on May 1,"),
    ("The contract ends on May 1 if notice is given.", "The contract ends on May 1"),
    ("The contract ends, should rates fall, in May.", "The contract ends"),
    ("The contract ends, provided that rates fall.", "The contract ends"),
    ("The guarantee covers everything except the battery.", "The guarantee covers everything"),
    ("The guarantee covers everything, excluding batteries.", "The guarantee covers everything"),
    ("The guarantee covers everything but the battery.", "The guarantee covers everything"),
    ("Der Vertrag endet, falls die Miete fehlt.", "Der Vertrag endet"),
    ("Le contrat finit sauf avis contraire.", "Le contrat finit"),
    ("El contrato termina salvo aviso.", "El contrato termina"),
    ("If the rent is late, the contract ends.", "the contract ends."),
    ("If the rent is late, we write, and the contract ends.", "the contract ends."),
    ("Unless notified, the contract ends on May 1.", "the contract ends on May 1."),
    ("Wenn die Miete fehlt, endet der Vertrag.", "endet der Vertrag."),
    ("Si le loyer manque, le contrat finit.", "le contrat finit."),
    ("It is false that the tenant kept dogs.", "the tenant kept dogs."),
    ("The court denied that the tenant kept dogs.", "the tenant kept dogs."),
    ("The tenant is prohibited from keeping dogs.", "keeping dogs."),
    ("The tenant is forbidden to keep dogs.", "to keep dogs."),
    ("Es ist verboten, Hunde zu halten in Berlin, und Rauchen ist verboten im Haus.", "im Haus."),
    ("Il est interdit de fumer ici.", "de fumer ici."),
    ("Está prohibido fumar aquí.", "fumar aquí."),
    ("È vietato fumare qui.", "fumare qui."),
    ("Employees other than managers get a bonus.", "managers get a bonus."),
    ("Rarely do the pumps fail.", "do the pumps fail."),
    ("Few of the pumps fail.", "of the pumps fail."),
    ("Allegedly, he stole 5 euros.", "he stole 5 euros."),
    ("The fee is due; unless waived, we pay.", "The fee is due;"),
    ("The fee is due when it rains.", "The fee is due"),
    ("The fee is due with the exception of May.", "The fee is due"),
    ("We doubt that it works.", "it works."),
    ("They stopped paying rent.", "paying rent."),
    ("They are unable to pay rent.", "pay rent."),
    ("Er bestreitet, dass es funktioniert.", "es funktioniert."),
    ("The plan might fail in May.", "fail in May."),
]
NEGATIONS = [
    ("Det är inte tillåtet att röka.", "tillåtet att röka."),
    ("Ei ole sallittua polttaa.", "ole sallittua polttaa."),
    ("Не разрешено курить.", "разрешено курить."),
    ("غير مسموح بالتدخين.", "مسموح بالتدخين."),
    ("Δεν επιτρέπεται το κάπνισμα.", "επιτρέπεται το κάπνισμα."),
    ("Není dovoleno kouřit.", "dovoleno kouřit."),
    ("Det er ikke tilladt at ryge.", "tilladt at ryge."),
    ("Nu este permis fumatul.", "este permis fumatul."),
    ("Sigara içmek yasak değildir.", "Sigara içmek yasak"),
    ("Запрещено курить здесь.", "курить здесь."),
    ("Det er forbudt at ryge.", "at ryge."),
    ("Tilos itt dohányozni most.", "itt dohányozni most."),
    ("Không được hút thuốc.", "được hút thuốc."),
]


@pytest.mark.parametrize(("page", "wrong"), [*NUMBERS, *BOXES, *WORDS, *CONDITIONS, *NEGATIONS])
def test_a_quote_that_says_something_else_is_not_found(page: str, wrong: str) -> None:
    assert find(page, wrong).location == "not_found"
    assert find(page, page).location == "exact"


@pytest.mark.parametrize(
    ("page", "quote"),
    [
        ("Netincomeincreasedbyfivepercent", "Net income increased by five percent"),
        ("C O S T S of sales rose", "COSTS of sales rose"),
        ("T he company pays.", "The company pays."),
        ("東京都 に住む", "東京都に住む"),
        ("Kindle™ (new) sold", "Kindle new sold"),
        ("● First item ● Second item", "Second item"),
        ("○ First item\n● Second item", "First item"),
        ("(x) The tenth item holds.", "The tenth item holds."),
        ("In 2024 the company grew.", "In 2024"),
        ("Sales 5\nMonths ended", "Sales 5"),
        ("Revenue 2024 2023", "Revenue 2024"),
        ("The fee is due. If it rains, we pay.", "The fee is due."),
        ("The fee is due\nIf it rains, we pay.", "The fee is due"),
        ("We sold A, but we bought B.", "We sold A"),
        ("∙ 5 items", "5 items"),
        ("Dose 5 mL daily", "Dose 5 ml daily"),
        ("He sold 5” pipes", 'He sold 5" pipes'),
    ],
)
def test_a_harmless_difference_or_cut_is_found(page: str, quote: str) -> None:
    assert find(page, quote).location in {"exact", "normalised"}


@pytest.mark.parametrize(
    ("page", "first", "then"),
    [
        ("The fee (waived since 2020) is 5 euros.", "The fee", "is 5 euros."),
        ("The fee – formerly 9 – is 5 euros.", "The fee –", "is 5 euros."),
        ("A; B; C will be paid.", "A;", "C will be paid."),
        ("Ann owes Bob, and Carl owes Dan, 5 euros.", "Ann owes Bob,", "5 euros."),
        ("We pay in May, should rates fall, and in June.", "We pay in May,", "and in June."),
        ("If it rains, the fee is due. We pay. We agree.", "the fee is due.", "We agree."),
        ("We agree. We pay. The fee is due if it rains.", "We agree.", "The fee is due"),
    ],
)
def test_spans_that_make_another_sentence_are_no_quote(page: str, first: str, then: str) -> None:
    at, behind = page.index(first), page.index(then)
    spans = [(at, at + len(first)), (behind, behind + len(then))]
    assert not QuotedText(page, list(sentences(page, paragraphs=True))).stands(spans)


def test_whole_units_stand_whatever_they_begin_with() -> None:
    page = "Unless it rains, the fee is due.\nIf late, we pay.\nWe agree."
    units = list(sentences(page, paragraphs=True))
    assert all(QuotedText(page, units).stands([unit]) for unit in units)
    assert QuotedText(page, units).stands([units[0], units[2]]) is False


@pytest.mark.parametrize(
    ("title", "kept"),
    [
        ("The deposit is 9,999 euros", "The deposit is  "),
        ("Fees: $ 40 a day, 5 %, 3 million", "Fees:   a day,  ,  "),
        ("Annual report 2022 (Form 10-K), locker 164", "Annual report 2022 (Form 10-K), locker 164"),
    ],
)
def test_titles_back_names_and_years_and_no_amounts(title: str, kept: str) -> None:
    assert without_amounts(title) == kept

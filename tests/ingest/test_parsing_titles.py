import pytest

from ingest.parsing._pages.titles import title_of


@pytest.mark.parametrize(
    ("given", "cover", "stem", "title"),
    [
        ("Annual Report 2023", "ANNUAL", "report_2023", "Annual Report 2023"),
        ("Microsoft Word - travel policy.docx", "Travel policy", "Travel_Policy", "Travel policy"),
        ("0000320193-23-000077", "Apple Inc.", "2023 Q3 AAPL", "Apple Inc. (2023 Q3 AAPL)"),
        ("", "UNITED STATES SECURITIES AND EXCHANGE COMMISSION", "BLOCK_2017_10K", "BLOCK 2017 10K"),
        ("", "Fact-Checking Complex Claims", "936c0e2c2e6c8e0c07c51bfaf7fd0a83", "Fact-Checking Complex Claims"),
        ("untitled", "", "notes", "notes"),
        ("", "", "0001", "0001"),
        ("C:\\temp\\x", "", "Q3 figures", "Q3 figures"),
        ("x" * 200, "", "minutes", "minutes"),
        ("(anonymous)", "", "travel policy", "travel policy"),
        ("[untitled]", "", "travel policy", "travel policy"),
        ("Book1", "", "prices", "prices"),
        ("NFY5f7Ft2DWMkxLhXwxvFf7eWR2KeK3vEDcd", "", "minutes", "minutes"),
        ("- Handbuch", "", "1", "Handbuch"),
        ("", "Ｋ 51 Ｋ", "8d433cacb07b", "8d433cacb07b"),
        ("", "5(&20('$&,Ï1", "8d433cacb07b", "8d433cacb07b"),
        ("", "吉", "8d433cacb07b", "8d433cacb07b"),
        ("", "Table of Contents", "CORNING 2022 10K", "CORNING 2022 10K"),
        ("", "Table 8.18 - Leading brands by market segment", "detergents", "detergents"),
        ("", "Region  2023  2024  Change", "sales", "sales"),
        ("", "HEAD 1  HEAD 2  HEAD 3  HEAD 4", "8d433cacb07b", "8d433cacb07b"),
        ("", "May 5, 2023 To Whom It May Concern", "reference", "reference"),
        ("", "12. März 2024", "Kündigung", "Kündigung"),
        ("", "Sehr geehrte Frau Muster", "Kündigung", "Kündigung"),
        ("", "5966 La Place Court, Suite 100", "certificate", "certificate"),
        ("", "Carlsbad, CA 92008", "certificate", "certificate"),
        ("", "Musterstraße 12, 10115 Berlin", "Angebot", "Angebot"),
        ("", "This document contains one attachment with a size of nine bytes.", "attachment", "attachment"),
        ("", "• a number of more or less hidden rebates and fees", "8d433cacb07b", "8d433cacb07b"),
        # these are titles
        ("", "Sales of January 2024", "x", "Sales of January 2024"),
        ("", "开 票 通 知 单", "22d9a1c1f0aa", "开 票 通 知 单"),
        ("Table manners for guests", "", "1", "Table manners for guests"),
    ],
)
def test_a_document_is_called_what_a_person_would_call_it(given: str, cover: str, stem: str, title: str) -> None:
    assert title_of(given, cover, stem) == title


LETTER = "Halvorsen Pumps Ltd\n14 Quay Street\nHull HU1 2BN\n12 March 2026\n"


@pytest.mark.parametrize(
    ("cover", "first_page", "title"),
    [
        ("Halvorsen Pumps Ltd", f"{LETTER}Dear Ms Okoro\nRe: Repair of pump 7", "Repair of pump 7 (scan 12)"),
        (
            "Halvorsen Pumps Ltd",
            "Betreff:  Kündigung der Halle 4\nSehr geehrte Frau Muster",
            "Kündigung der Halle 4 (scan 12)",
        ),
        ("", "Objet : Résiliation du bail\nMadame, Monsieur,", "Résiliation du bail (scan 12)"),
        ("Travel policy", "Travel policy\nSubject: who may travel first class", "Travel policy (scan 12)"),
        ("", "Subject: New rates for freight\nThe rates go up in May.", "New rates for freight (scan 12)"),
        ("Halvorsen Pumps Ltd 14 Quay Street Hull HU1 2BN", f"{LETTER}Dear Ms Okoro", "scan 12"),
        ("", f"{LETTER}Re: 14 Quay Street\nDear Ms Okoro", "scan 12"),
    ],
)
def test_a_letter_is_called_by_its_subject_and_never_by_an_address(cover: str, first_page: str, title: str) -> None:
    assert title_of("", cover, "scan 12", first_page=first_page) == title

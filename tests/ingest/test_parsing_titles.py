import pytest

from ingest.parsing._titles import title_of


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
    ],
)
def test_a_document_is_called_what_a_person_would_call_it(given: str, cover: str, stem: str, title: str) -> None:
    assert title_of(given, cover, stem) == title

import json
from datetime import date

import pytest

from mistral_rag.retrieval._domains.filings.profile import FilingProfile, filing_profile
from mistral_rag.schema import Source

COVER = """UNITED STATES
SECURITIES AND EXCHANGE COMMISSION
FORM 10-K
For the fiscal year ended January 28, 2023
Commission File Number: 1-9595
NORTH & WILLOW STORES, INC.
(Exact name of registrant as specified in its charter)
Title of each class Trading Symbol Name of each exchange on which registered
Common Stock, $0.10 par value per share NWST New York Stock Exchange
"""
BODY = (
    "North & Willow Stores, Inc. (“Willow Stores” or the “Company”) sells furniture. "
    "Willow opened ten shops. At Willow, shops are small. Willow grew."
)


def read(title: str, name: str, pages: list[str]) -> tuple[FilingProfile, str] | None:
    uri = f"file:///docs/{name or 'unnamed'}"
    source = Source(uri=uri, digest="0" * 64, name=name, title=title, media_type="application/pdf")
    return filing_profile(source, pages)


def profile_of(title: str, name: str, pages: list[str]) -> FilingProfile:
    found = read(title, name, pages)
    return found[0] if found else FilingProfile({}, (), {})


def label_of(title: str, name: str, pages: list[str]) -> str:
    found = read(title, name, pages)
    return found[1] if found else ""


def test_a_filing_says_whose_it_is() -> None:
    profile = profile_of("0000764478-23-000006", "NWST_2023_10K.pdf", [COVER, BODY])
    assert profile.names == {
        "northwillowstoresinc": "any",
        "northwillowstores": "any",
        "northwillow": "any",
        "willow": "capital",
        "nws": "upper",
        "nnws": "upper",
        "nwst": "upper",
    }
    assert profile.own == ("northwillowstores", "nwst")


def test_a_filing_says_which_period_it_is_about() -> None:
    profile = profile_of("", "NWST_2023_10K.pdf", [COVER, BODY])
    assert (profile.years, profile.quarter, profile.kind) == ({2023: 1.0, 2022: 0.6}, None, "annual")
    assert profile.ended == date(2023, 1, 28)
    assert label_of("", "NWST_2023_10K.pdf", [COVER, BODY]) == "NORTH & WILLOW STORES, INC. 10-K 2023"


def test_a_quarterly_report_says_its_quarter() -> None:
    cover = COVER.replace("10-K", "10-Q").replace("fiscal year ended", "quarterly period ended")
    profile = profile_of("", "nwst-2024q2.pdf", [cover])
    assert (profile.years, profile.quarter, profile.kind) == ({2023: 0.8, 2022: 0.6, 2024: 1.0}, 2, "quarterly")


@pytest.mark.parametrize(
    ("said", "quarter"),
    [
        ("three months ended", 1),
        ("thirteen weeks ended", 1),
        ("three and six months ended", 2),
        ("26 weeks ended", 2),
        ("nine months ended", 3),
        ("thirty-nine weeks ended", 3),
        ("fiscal years ended", None),
    ],
)
def test_a_quarterly_report_tells_its_quarter_by_the_months_so_far(said: str, quarter: int | None) -> None:
    cover = COVER.replace("10-K", "10-Q").replace("fiscal year ended", "quarterly period ended")
    body = (
        f"Sales for the three months ended January 28, 2023 and for the {said} January 28, 2023, and the {said} 2022."
    )
    assert profile_of("", "0000764478-23-000006.pdf", [cover, body]).quarter == quarter


def test_a_cover_may_follow_a_title_page() -> None:
    profile = profile_of("", "0000764478-23-000006.pdf", ["FORM 10-K", COVER, BODY])
    assert (profile.ended, profile.own) == (date(2023, 1, 28), ("northwillowstores",))


def test_a_company_whose_cover_shows_only_a_logo_is_named_by_its_text() -> None:
    cover = "FORM 10-K\nCommission File No. 1-10299\n(Exact name of registrant as specified in its charter)"
    body = "Foot Locker, Inc. sells shoes. Foot Locker, Inc. owns shops, and Foot Locker, Inc. buys of Nike, Inc."
    assert profile_of("", "0001.pdf", [cover, body]).own == ("footlocker",)
    assert profile_of("", "0001.pdf", [cover, body + " It pays Nike, Inc."]).own == ()


def test_a_release_says_its_fiscal_year_in_its_title() -> None:
    page = "BOLINGBROOK, Ill. – Ulta Beauty, Inc. (NASDAQ: ULTA) today announced results for the thirteen-week period"
    page += " (“first quarter”) ended April 29, 2023."
    profile = profile_of("Ulta Beauty Announces First Quarter Fiscal 2022 Results", "release.pdf", [page])
    assert (profile.years, profile.quarter, profile.ended) == ({2023: 0.8, 2022: 0.8}, 1, date(2023, 4, 29))


def test_small_capitals_are_read_as_words() -> None:
    cover = "FORM\n10-K\nCommission\nFile\nNo.\n001-10362\nMGM\nR\nESORTS I\nNTERNATIONAL\n(Exact name of Registrant"
    assert label_of("", "a.pdf", [cover]) == "MGM RESORTS INTERNATIONAL 10-K"


def test_a_release_names_its_company_before_the_ticker() -> None:
    page = "Fourth Quarter Results\nBOLINGBROOK, Ill. – Ulta Beauty, Inc. (NASDAQ: ULTA) today announced results"
    profile = profile_of(
        "Ulta Beauty Announces Fourth Quarter Fiscal 2022 Results", "ULTABEAUTY_2023Q4_EARNINGS.pdf", [page]
    )
    assert {"ultabeauty", "ulta"} <= set(profile.names)
    assert (profile.kind, profile.quarter) == ("release", 4)


@pytest.mark.parametrize(
    ("name", "page"),
    [
        ("handbook-2024.md", "# Employee Handbook 2024\nWelcome to Veldmoor Instruments."),
        ("2023.acl-long.386.pdf", "Proceedings of the 61st Annual Meeting of the ACL"),
        ("security.md", "Security is everybody's task."),
        ("", ""),
    ],
)
def test_what_is_no_filing_has_no_names(name: str, page: str) -> None:
    assert read("", name, [page]) is None


def test_a_cover_without_a_name_gives_none() -> None:
    cover = "FORM 10-K\nCommission File No. 1-10299\n(Exact name of registrant as specified in its charter)"
    assert profile_of("", "FOOTLOCKER_2022_10K.pdf", [cover]).names == {"footlocker": "any"}


def test_initials_with_and_are_known() -> None:
    cover = COVER.replace("NORTH & WILLOW STORES, INC.", "JOHNSON & JOHNSON")
    names = profile_of("", "a.pdf", [cover]).names
    assert (names["jnj"], names["jj"]) == ("upper", "upper")


def test_a_ticker_that_is_a_common_word_is_a_name_in_upper_case_alone() -> None:
    cover = COVER.replace("NWST", "COST")
    names = profile_of("", "a.pdf", [cover, BODY + " Goods are sold at cost."]).names
    assert (names["cost"], names["nws"]) == ("shout", "upper")


def test_a_word_of_the_name_that_is_a_common_word_is_no_name() -> None:
    names = profile_of(
        "", "a.pdf", [COVER, "The stores of North & Willow Stores are stores. Stores grew. Stores. Stores."]
    ).names
    assert "stores" not in names


def test_a_profile_survives_json() -> None:
    profile = profile_of("", "NWST_2023_10K.pdf", [COVER, BODY])
    assert FilingProfile.from_json(json.loads(json.dumps(profile.to_json()))) == profile


def test_a_report_with_a_table_of_tickers_has_its_ticker() -> None:
    cover = (
        "FORM 10-Q\nFor the quarterly period ended July 1, 2023\nCommission File Number: 001-36743\nApple Inc.\n"
        "(Exact name of Registrant as specified in its charter)\nTrading symbol(s)\n"
        "Common Stock, $0.00001 par value per share AAPL The Nasdaq Stock Market LLC"
    )
    profile = profile_of("Form 10-Q", "2023 Q3 AAPL.pdf", [cover])
    assert profile.names == {"appleinc": "any", "apple": "any", "aapl": "upper"}
    assert (profile.years, profile.quarter, profile.kind) == ({2023: 1.0}, 3, "quarterly")
    assert label_of("Form 10-Q", "2023 Q3 AAPL.pdf", [cover]) == "Apple Inc. 10-Q 2023 Q3"


@pytest.mark.parametrize(
    ("page", "names"),
    [
        ("Chief Executive Officer of Willow Stores Inc. signed it.", set()),
        ("and The OAK Group, Inc. (the “Sponsor”)", {"theoakgroupinc", "oak"}),
        ("THE USE OF UPGRADES IS LIMITED to one year.", set()),
        ("of Willow Communications Inc. and its subsidiaries", {"willowcommunicationsinc", "willowcommunications"}),
    ],
)
def test_sentences_and_titles_are_no_names(page: str, names: set[str]) -> None:
    assert set(profile_of("Annual Report", "x.pdf", [page]).names) == names


@pytest.mark.parametrize(
    ("name", "page", "first"),
    [
        ("Nordwerk Chemie AG", "Nordwerk Chemie sells paint.", "nordwerk"),
        ("O'Malley Bros. Holdings, Inc.", "", "omalley"),
        ("Best Pumps, Inc.", "Our pumps are the best.", ""),
        ("Texas Pumps, Inc.", "Our plant is in Dallas, Texas.", ""),
        ("Austin Pumps, Inc.", "Our plant is in Austin.", ""),
        ("United Pumps, Inc.", "", ""),
        ("Abo Pumps, Inc.", "", ""),
        ("Pumpwerk AG", "", ""),
    ],
)
def test_the_first_word_of_a_name_is_a_name_where_it_means_nothing_else(name: str, page: str, first: str) -> None:
    cover = COVER.replace("NORTH & WILLOW STORES, INC.", name)
    names = profile_of("", "a.pdf", [cover, page, *["A page."] * 18]).names
    assert names.get(first) == ("title" if first else None)
    assert not {"best", "texas", "austin", "united", "abo"} & set(names)


def test_a_short_document_cannot_tell_a_common_word() -> None:
    cover = COVER.replace("NORTH & WILLOW STORES, INC.", "Nordwerk Chemie AG")
    assert "nordwerk" not in profile_of("", "a.pdf", [cover]).names


def test_small_words_of_a_name_are_no_names() -> None:
    names = profile_of("", "a.pdf", [COVER.replace("NORTH & WILLOW STORES", "BANK OF THE NORTH WILLOWS")]).names
    assert {"bankofthenorthwillows", "bankofthenorth"} <= set(names)
    assert not {"bankof", "bankofthe", "of", "the"} & set(names)

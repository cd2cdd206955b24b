import pytest
from hypothesis import given
from hypothesis import strategies as st

from mistral_rag.ocr._pages.words import Writer, plain_words


@pytest.mark.parametrize(
    ("markdown", "words"),
    [
        ("**Net sales** rose *5%* and ***more***", "Net sales rose 5% and more"),
        ("from $5 to $6 million", "from $5 to $6 million"),
        (r"costs $\$ 5,000$ or $10 \%$ more", "costs $5,000 or 10 % more"),
        ("US$5m (US$4m) and C$ 3", "US$5m (US$4m) and C$ 3"),
        ("a word${ }^{1}$ with a note", "a word¹ with a note"),
        (r"escaped \* \$5 \# \| \_", "escaped * $5 # | _"),
        ("AT&amp;T &lt;b&gt; &bogus;", "AT&T <b> &bogus;"),
        ("snake_case_name and _slanted_ words", "snake_case_name and slanted words"),
        ("2*3*4 = 24, footnote*", "2*3*4 = 24, footnote*"),
        ("[the report](https://example.com/a_(b).pdf) of 2023", "the report of 2023"),
        ("[1] and (2)", "[1] and (2)"),
        ("<https://example.com> <me@example.com>", "https://example.com <me@example.com>"),
        ("one<br>two<sup>3</sup> <b>bold</b>", "one\ntwo3 bold"),
        ("a page that prints <script>alert(1)</script>", "a page that prints <script>alert(1)</script>"),
        ("`code with *stars*` and `x`", "code with *stars* and x"),
        ("seen ![img-0.jpeg](img-0.jpeg) here", "seen here"),
        ("a[^1] note", "a note"),
        ("two  blanks \n  and a line", "two blanks\nand a line"),
        ("~~struck~~ 5 < 6 > 4", "struck 5 < 6 > 4"),
        ("a price of $5 billion$ is odd", "a price of $5 billion$ is odd"),
    ],
)
def test_the_words_of_a_page_stay_and_the_marks_go(markdown: str, words: str) -> None:
    assert plain_words(markdown) == words


def test_every_word_knows_where_it_stands_in_its_source() -> None:
    source = "**Net** sales of $\\$ 5$ [here](https://x.y)"
    writer = Writer()
    writer.begin("")
    writer.inline("a", source, 0, len(source))

    def found(word: str) -> str | None:
        start = source.index(word)
        place = writer.place("a", start, start + len(word))
        return None if place is None else writer.text[place[0] : place[1]]

    assert writer.text == "Net sales of $5 here"
    assert [found(word) for word in ("Net", "sales", "$\\$ 5$", "here", "https")] == [
        "Net",
        "sales",
        "$5",
        "here",
        None,
    ]
    assert writer.place("b", 0, 3) is None


def test_an_image_is_known_by_the_place_where_it_stood() -> None:
    writer = Writer()
    writer.begin("")
    source = "before ![img-1.jpeg](img-1.jpeg) after"
    writer.inline("a", source, 0, len(source))
    assert writer.images == {"img-1.jpeg": 7}


@pytest.mark.parametrize("mark", ["*a ", "$a ", "[", "`a", "\\(", "_a ", "![", "$$a", "&a", "[a](", "<a "])
def test_marks_that_never_end_cost_little(mark: str) -> None:
    assert len(plain_words(mark * 3000)) > 1000


@given(st.text(alphabet=st.sampled_from("ab *_$`[]()!<>&;\\^{}~|#\n12"), max_size=60))
def test_a_letter_is_where_its_source_says(source: str) -> None:
    writer = Writer()
    writer.begin("")
    writer.inline("a", source, 0, len(source))
    for at, letter in enumerate(source):
        place = writer.place("a", at, at + 1)
        if letter in "ab12" and place is not None and place[1] - place[0] == 1:
            assert writer.text[place[0]] in letter + "¹²₁₂"

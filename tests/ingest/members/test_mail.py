"""Mails: fields, text, attachments; what a mail repeats of others and its signature stand apart."""

import mailbox
import struct
from collections.abc import Mapping
from email.message import EmailMessage
from pathlib import Path

import pytest

from ingest import Build, BuildReport
from ingest.parsing import Parsed, media_type_of, parse
from mistral_rag import HybridRetriever
from mistral_rag.errors import ParseError
from mistral_rag.index import verify


def mail(
    text: str,
    *,
    subject: str = "Budget",
    sender: str = "Anna Long <anna@example.org>",
    identity: str = "<1@example.org>",
    answers: str = "",
    html: str = "",
    attached: Mapping[str, bytes] | None = None,
) -> EmailMessage:
    message = EmailMessage()
    message["From"], message["To"], message["Subject"] = sender, "team@example.org", subject
    message["Date"], message["Message-ID"] = "Mon, 04 Nov 2024 10:00:00 +0100", identity
    if answers:
        message["In-Reply-To"] = answers
    message.set_content(text)
    if html:
        message.add_alternative(html, subtype="html")
    for name, data in (attached or {}).items():
        message.add_attachment(data, maintype="application", subtype="octet-stream", filename=name)
    return message


def read(tmp_path: Path, content: bytes, name: str = "mail.eml") -> Parsed:
    path = tmp_path / name
    path.write_bytes(content)
    media_type = media_type_of(path)
    assert media_type is not None
    return parse(path, media_type)


def parts(parsed: Parsed) -> list[tuple[str, str]]:
    return [(page.locator.label, page.text) for page in parsed.pages]


def written(parsed: Parsed) -> str:
    """The first part, below its head."""
    return parsed.pages[0].text.partition("\n\n")[2]


def build(folder: Path, index: Path) -> BuildReport:
    work = Build([folder], index, embeddings="none", workers=1, ocr="never")
    for _ in work:
        pass
    assert verify(index) == []
    return work.report


def found(index: Path, question: str) -> list[tuple[str, str]]:
    hits = HybridRetriever.from_index(index).search(question)
    return [(hit.source.name, hit.page.locator.label) for hit in hits if question.split()[0] in hit.chunk.text]


def test_the_head_of_a_mail_is_its_title_its_metadata_and_its_first_lines(tmp_path: Path) -> None:
    message = mail("We agree to 42 million euros.\n", subject="Büdget 2025", answers="<0@example.org>")
    parsed = read(tmp_path, message.as_bytes())
    assert parsed.title == "Büdget 2025"
    assert parsed.metadata == {
        "from": "Anna Long <anna@example.org>",
        "to": "team@example.org",
        "subject": "Büdget 2025",
        "date": "2024-11-04T09:00:00+00:00",
        "message_id": "<1@example.org>",
        "in_reply_to": "<0@example.org>",
    }
    assert parts(parsed) == [
        (
            "",
            "From: Anna Long <anna@example.org>\nTo: team@example.org\nDate: Mon, 04 Nov 2024 10:00:00 +0100\n"
            "Subject: Büdget 2025\n\nWe agree to 42 million euros.",
        )
    ]
    assert str(parsed.pages[0].locator) == "part 1"


@pytest.mark.parametrize(
    ("above", "history"),
    [
        (
            "On Fri, Nov 1, 2024 at 9:12 AM Anna Long\n<anna@example.org> wrote:\n> We open at nine.\n",
            "We open at nine.",
        ),
        ("Am 03.11.2024 um 10:00 schrieb Emil Klein:\n\n> We open at nine.\n>> At ten?\n", "We open at nine.\nAt ten?"),
        ("Le 3 nov. 2024 à 10:00, Émile a écrit :\n> We open at nine.\n", "We open at nine."),
        ("-----Original Message-----\nFrom: Anna\nWe open at nine.\n", "We open at nine."),
        (
            "______________\nFrom: Anna Long\nSent: Friday\nTo: Ben\nSubject: Hours\n\nWe open at nine.\n",
            "We open at nine.",
        ),
        ("Von: Anna Long\nGesendet: Freitag\nAn: Ben\nBetreff: Zeiten\n\nWe open at nine.\n", "We open at nine."),
        ("El 3/11/2024 a las 10:00, Ana escribió:\n> We open at nine.\n", "We open at nine."),
    ],
)
def test_what_an_answer_repeats_stands_apart(tmp_path: Path, above: str, history: str) -> None:
    parsed = read(tmp_path, mail(f"Fine with me.\n\n{above}", subject="Re: Hours").as_bytes())
    assert [label for label, _ in parts(parsed)] == ["", "quoted history"]
    assert written(parsed) == "Fine with me."
    assert parsed.pages[1].text.endswith(history)


def test_answers_between_the_lines_stay_together(tmp_path: Path) -> None:
    text = "> When do we open?\n\nAt nine.\n\n> And on Sunday?\n\nNot at all.\n"
    assert parts(read(tmp_path, mail(text).as_bytes()))[1:] == [
        ("quoted history", "When do we open?\n\nAnd on Sunday?")
    ]
    assert written(read(tmp_path, mail(text).as_bytes())).split("\n\n") == ["At nine.", "Not at all."]


def test_a_forwarded_message_is_what_the_mail_is_about(tmp_path: Path) -> None:
    text = (
        "See below.\n\n---------- Forwarded message ---------\nFrom: Anna\nDate: Friday\nSubject: Hours\nTo: Ben\n\n"
        "We open at nine.\n"
    )
    parsed = read(tmp_path, mail(text, subject="Fwd: Hours").as_bytes())
    assert [label for label, _ in parts(parsed)] == [""]
    assert written(parsed).endswith("We open at nine.")


@pytest.mark.parametrize(
    "text",
    [
        "The report says:\nSales rose by 3 percent.\n",
        "From the office: all is well.\nTo be clear: we stay.\n",
        "In 2024 Anna wrote: we shall grow.\n\nShe was right about it.\n",
        "a > b is a comparison.\n",
    ],
)
def test_text_that_only_looks_like_history_stays(tmp_path: Path, text: str) -> None:
    assert [label for label, _ in parts(read(tmp_path, mail(text).as_bytes()))] == [""]


def test_a_signature_stands_apart(tmp_path: Path) -> None:
    parsed = read(tmp_path, mail("Fine.\n\n-- \nAnna Long\nHead of Finance\n").as_bytes())
    assert parts(parsed)[1:] == [("signature", "Anna Long\nHead of Finance")]
    assert written(parsed) == "Fine."


def test_history_and_signature_in_html(tmp_path: Path) -> None:
    html = (
        "<p>We agree to <b>42</b> million.</p><table><tr><th>Year<th>Sum</tr><tr><td>2025<td>42</tr></table>"
        '<div class="gmail_signature">Ben, Finance</div>'
        '<div class="gmail_quote"><div>On Fri Anna wrote:</div><blockquote>The board asks for 50.</blockquote></div>'
    )
    parsed = read(tmp_path, mail("plain", html=html).as_bytes())
    assert parts(parsed)[1:] == [
        ("quoted history", "On Fri Anna wrote:\n\nThe board asks for 50."),
        ("signature", "Ben, Finance"),
    ]
    assert written(parsed).startswith("We agree to 42 million.")
    assert len(parsed.pages[0].tables) == 1


def test_the_message_that_outlook_repeats_in_html(tmp_path: Path) -> None:
    html = (
        "<p>Fine.</p><div><p><b>From:</b> Anna<br><b>Sent:</b> Friday<br><b>To:</b> Ben<br><b>Subject:</b> Hours</p>"
        "</div><p>We open at nine.</p>"
    )
    parsed = read(tmp_path, mail("plain", subject="RE: Hours", html=html).as_bytes())
    assert parts(parsed)[1:] == [
        ("quoted history", "From: Anna\nSent: Friday\nTo: Ben\nSubject: Hours\n\nWe open at nine.")
    ]
    assert written(parsed) == "Fine."


def test_hidden_text_of_html_is_counted_and_left_out(tmp_path: Path) -> None:
    html = '<p>Seen.</p><div style="display:none">preview text</div>'
    parsed = read(tmp_path, mail("plain", html=html).as_bytes())
    assert written(parsed) == "Seen."
    assert parsed.hidden == {0: 11}


def test_paragraphs_that_were_divided_for_sending_are_whole(tmp_path: Path) -> None:
    content = (
        b"From: a@example.org\nSubject: Flow\nDate: Mon, 04 Nov 2024 10:00:00 +0100\n"
        b"Content-Type: text/plain; charset=utf-8; format=flowed\n\nThe first \nparagraph.\nThe second.\n"
    )
    assert written(read(tmp_path, content)) == "The first paragraph.\nThe second."


@pytest.mark.parametrize(
    ("charset", "data", "text"),
    [
        (b"utf-8", "Grüße".encode(), "Grüße"),
        (b"iso-8859-1", "50 € – “sicher”".encode("cp1252"), "50 € – “sicher”"),
        (b"koi8-r", "Привет всем".encode("koi8-r"), "Привет всем"),
        (b"no-such-charset", "Grüße aus Köln".encode(), "Grüße aus Köln"),
        (b"gb2312", "你好，世界".encode("gb2312"), "你好，世界"),
    ],
)
def test_charsets(tmp_path: Path, charset: bytes, data: bytes, text: str) -> None:
    head = b"From: a@example.org\nSubject: x\nDate: today\nMIME-Version: 1.0\n"
    content = head + b"Content-Type: text/plain; charset=" + charset + b"\nContent-Transfer-Encoding: 8bit\n\n" + data
    assert written(read(tmp_path, content)) == text


def test_attachments_are_documents_of_their_own(tmp_path: Path) -> None:
    folder, index = tmp_path / "documents", tmp_path / "index"
    folder.mkdir()
    inner = mail(
        "The inner message is short.\n", subject="Inner news", attached={"deep.txt": b"Deep down lies gold.\n"}
    )
    outer = mail("See attached.\n", attached={"plan.txt": b"Phases: three.\n", "a.exe": b"MZ\x00"})
    outer.add_attachment(inner)
    (folder / "mail.eml").write_bytes(outer.as_bytes())
    report = build(folder, index)
    assert {file.source: file.status for file in report.files} == {
        "mail.eml": "added",
        "mail.eml > plan.txt": "added",
        "mail.eml > Inner news": "added",
        "mail.eml > Inner news > deep.txt": "added",
    }
    assert report.files[0].reason == "not read: a.exe: type .exe"
    assert found(index, "Deep gold") == [("mail.eml > Inner news > deep.txt", "")]


def test_one_sentence_of_a_thread_is_found_once(tmp_path: Path) -> None:
    folder, index = tmp_path / "documents", tmp_path / "index"
    folder.mkdir()
    box = mailbox.mbox(folder / "team.mbox")
    asked = "Zebras need a budget of 50 million euros.\n"
    answer = f"Agreed.\n\nOn Fri, Nov 1, 2024 Anna <anna@example.org> wrote:\n> {asked}"
    # the answer comes first, as in a mailbox that is sorted by people
    box.add(mail(answer, identity="<2@example.org>", answers="<1@example.org>"))
    box.add(mail(asked, identity="<1@example.org>"))
    box.close()
    lone = "Thanks.\n\nAm 3.11.2024 um 10:00 schrieb Emil:\n> Canteens close at two.\n"
    (folder / "lone.eml").write_bytes(mail(lone, identity="<9@example.org>", answers="<8@example.org>").as_bytes())
    build(folder, index)
    assert found(index, "Zebras budget") == [("team.mbox > message 2", "")]
    # the message that it repeats is not there
    assert found(index, "Canteens close") == [("lone.eml", "quoted history")]


def test_messages_of_a_mailbox(tmp_path: Path) -> None:
    content = (
        b"From anna@example.org Mon Nov  4 10:00:00 2024\nFrom: Anna\nSubject: One\n\nFirst.\n>From here on.\n\n"
        b"From ben@example.org Mon Nov  4 11:00:00 2024\nFrom: Ben\nSubject: Two\n\nSecond.\n"
    )
    members = list(read(tmp_path, content, "box.mbox").members)
    assert [(member.name, member.media_type) for member in members] == [
        ("message 1", "message/rfc822"),
        ("message 2", "message/rfc822"),
    ]
    assert members[0].open is not None
    with members[0].open() as stream:
        assert stream.read() == b"From: Anna\nSubject: One\n\nFirst.\nFrom here on.\n\n"


@pytest.mark.parametrize(
    ("name", "content", "media_type"),
    [
        ("1699.M1P1.host:2,S", mail("x").as_bytes(), "message/rfc822"),
        ("inbox", b"From a@b Mon Nov  4 10:00:00 2024\nFrom: a\nTo: b\n\nx\n", "application/mbox"),
        ("memo", b"To: all staff\nFrom: the board\n\nWe move.\n", "text/plain"),
        ("letter.txt", mail("x").as_bytes(), "text/plain"),
    ],
)
def test_mail_is_known_by_its_first_lines(tmp_path: Path, name: str, content: bytes, media_type: str) -> None:
    (tmp_path / name).write_bytes(content)
    assert media_type_of(tmp_path / name) == media_type


@pytest.mark.parametrize("content", [b"\n\n\n", b"\x00\x01\x02"])
def test_no_message(tmp_path: Path, content: bytes) -> None:
    with pytest.raises(ParseError, match="no message, or an empty one"):
        read(tmp_path, content)


def test_a_file_without_a_byte_is_empty(tmp_path: Path) -> None:
    with pytest.raises(ParseError, match="the file is empty"):
        read(tmp_path, b"")


def test_parts_deep_inside_of_each_other(tmp_path: Path) -> None:
    depth = 3000
    content = b"Subject: deep\n" + b"".join(
        b"Content-Type: multipart/mixed; boundary=b%d\n\n--b%d\n" % (at, at) for at in range(depth)
    )
    with pytest.raises(ParseError, match="deeper than can be read"):
        read(tmp_path, content)


def test_a_picture_within_the_text_that_is_small_is_no_document(tmp_path: Path) -> None:
    message = mail("x", html='<p>Hello</p><img src="cid:logo@x">')
    message.add_attachment(
        b"\x89PNG" + b"\0" * 100, maintype="image", subtype="png", cid="<logo@x>", filename="logo.png"
    )
    message.add_attachment(b"\x89PNG" + b"\0" * 20_000, maintype="image", subtype="png", filename="scan.png")
    assert [member.name for member in read(tmp_path, message.as_bytes()).members] == ["scan.png"]


def test_an_outlook_file_that_is_none(tmp_path: Path) -> None:
    with pytest.raises(ParseError, match="no message of Outlook"):
        read(tmp_path, b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + struct.pack("<Q", 0) * 100, "cut.msg")

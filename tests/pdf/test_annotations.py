"""Values of form fields stand beside their labels, as the page shows them; notes and attachments are counted."""

from collections.abc import Callable, Sequence
from pathlib import Path

from mistral_rag.pdf import PdfFile, Sheet, pages_of

WritePdf = Callable[..., Path]
Put = Callable[..., str]

PRINT = 4
HIDDEN = 2
SHOWN_BY = "/DA (/F1 10 Tf 0 g)"


def read(
    write_pdf: WritePdf, content: str, annotations: Sequence[str], *, streams: Sequence[str] = (), size: str = "130 18"
) -> Sheet:
    """The first page of a form; object 8 is its first annotation, and `streams` follow the annotations."""
    numbers = " ".join(f"{8 + at} 0 R" for at in range(len(annotations)))
    forms = [
        f"<< /Type /XObject /Subtype /Form /BBox [0 0 {size}] /Resources 3 0 R /Length {len(body)} >>\n"
        f"stream\n{body}\nendstream"
        for body in streams
    ]
    path = write_pdf(
        content,
        catalog=f"/AcroForm << /Fields [{numbers}] /DR 3 0 R {SHOWN_BY} >>",
        objects=[body.encode() for body in (*(f"<< {one} >>" for one in annotations), *forms)],
        Annots=f"[{numbers}]",
    )
    with PdfFile(path) as pdf:
        return pdf.sheet(1)


def widget(box: str, more: str, *, flags: int = PRINT) -> str:
    return f"/Type /Annot /Subtype /Widget /Rect [{box}] /F {flags} {SHOWN_BY} {more}"


def appearance(words: str, y: int = 5) -> str:
    return f"/Tx BMC q BT /F1 10 Tf 2 {y} Td ({words}) Tj ET Q EMC"


def test_the_value_of_a_text_field_stands_beside_its_label(write_pdf: WritePdf, put: Put) -> None:
    field = widget("120 695 250 713", "/FT /Tx /T (first) /V (Ada Lovelace) /AP << /N 9 0 R >>")
    sheet = read(write_pdf, put(50, 700, "First name"), [field], streams=[appearance("Ada Lovelace")])
    assert sheet.text == "First name  Ada Lovelace"


def test_a_field_without_an_appearance_gets_one(write_pdf: WritePdf, put: Put) -> None:
    sheet = read(
        write_pdf, put(50, 700, "First name"), [widget("120 695 250 713", "/FT /Tx /T (first) /V (Ada Lovelace)")]
    )
    assert sheet.text == "First name  Ada Lovelace"


def test_the_lines_of_a_field_follow_each_other(write_pdf: WritePdf, put: Put) -> None:
    field = widget("120 660 300 713", r"/FT /Tx /Ff 4096 /T (notes) /V (left at the door\nat 9 in the evening)")
    sheet = read(write_pdf, put(50, 500, "Signed"), [field])
    assert sheet.text == "left at the door\nat 9 in the evening\nSigned"


def test_a_choice_is_the_option_that_is_shown(write_pdf: WritePdf, put: Put) -> None:
    field = widget("120 695 250 713", "/FT /Ch /Ff 131072 /T (country) /Opt [(Germany) (France)] /V (France)")
    assert read(write_pdf, put(50, 700, "Country"), [field]).text == "Country  France"


def test_check_boxes_and_radio_buttons_have_their_states(write_pdf: WritePdf, put: Put) -> None:
    states = "/AP << /N << /On 12 0 R /Off 13 0 R >> >>"
    boxes = [
        widget("50 698 62 710", f"/FT /Btn /T (a) /V /On /AS /On {states}"),
        widget("150 698 162 710", f"/FT /Btn /T (b) /V /Off /AS /Off {states}"),
        widget("50 678 62 690", f"/FT /Btn /Ff 32768 /T (c) /V /On /AS /On {states}"),
        widget("150 678 162 690", f"/FT /Btn /Ff 32768 /T (d) /V /Off /AS /Off {states}"),
    ]
    labels = put(66, 700, "Married") + put(166, 700, "Single") + put(66, 680, "Full time") + put(166, 680, "Half")
    sheet = read(
        write_pdf, labels, boxes, streams=["1 1 10 10 re S " + appearance("x", 2), "1 1 10 10 re S"], size="12 12"
    )
    assert sheet.text == "☑ Married  ☐ Single\n◉ Full time  ○ Half"


def test_a_state_is_the_one_that_is_drawn(write_pdf: WritePdf, put: Put) -> None:
    states = "/AP << /N << /On 9 0 R /Off 10 0 R >> >>"
    box = widget("50 698 62 710", f"/FT /Btn /T (a) /V /On /AS /Off {states}")
    sheet = read(
        write_pdf, put(66, 700, "Married"), [box], streams=[appearance("x", 2), "1 1 10 10 re S"], size="12 12"
    )
    assert sheet.text == "☐ Married"


def test_a_comb_is_one_number(write_pdf: WritePdf, put: Put) -> None:
    field = widget("120 695 300 713", "/FT /Tx /Ff 16777216 /MaxLen 8 /T (account) /V (12345678)")
    assert read(write_pdf, put(50, 700, "Account"), [field]).text == "Account  12345678"


def test_hidden_fields_and_fields_that_are_not_printed_are_no_text(write_pdf: WritePdf, put: Put) -> None:
    fields = [
        widget("120 695 250 713", "/FT /Tx /T (a) /V (Canary)", flags=HIDDEN | PRINT),
        widget("120 655 250 673", "/FT /Tx /T (b) /V (Canary)", flags=0),
        widget("120 615 250 633", "/FT /Tx /T (c) /V (Canary)", flags=32 | PRINT),
    ]
    assert read(write_pdf, put(50, 700, "First name"), fields).text == "First name"


def test_the_value_drawn_counts_and_not_the_value_kept(write_pdf: WritePdf, put: Put) -> None:
    field = widget("120 695 250 713", "/FT /Tx /T (sum) /V (1000000) /AP << /N 9 0 R >>")
    assert read(write_pdf, put(50, 700, "Sum"), [field], streams=[appearance("12")]).text == "Sum  12"


def test_a_free_text_is_on_the_page_and_a_note_is_counted(write_pdf: WritePdf, put: Put) -> None:
    annotations = [
        f"/Type /Annot /Subtype /FreeText /Rect [50 600 250 620] /F 0 {SHOWN_BY} /Contents (Approved by hand)",
        "/Type /Annot /Subtype /Text /Rect [300 600 320 620] /F 4 /Contents (Canary)",
        "/Type /Annot /Subtype /Highlight /Rect [50 695 90 712] /QuadPoints [50 712 90 712 50 695 90 695] /F 4 "
        "/C [1 1 0] /Contents (Canary)",
        "/Type /Annot /Subtype /Highlight /Rect [50 695 90 712] /QuadPoints [50 712 90 712 50 695 90 695] /F 4 "
        "/C [1 1 0]",
        "/Type /Annot /Subtype /FileAttachment /Rect [350 600 360 610] /F 4",
    ]
    sheet = read(write_pdf, put(50, 700, "The contract"), annotations)
    assert (sheet.text, sheet.notes, sheet.files) == ("The contract\nApproved by hand", 2, 1)


def test_a_note_stands_behind_the_text_of_its_page_with_its_author(write_pdf: WritePdf, put: Put) -> None:
    annotations = [
        "/Type /Annot /Subtype /Text /Rect [300 600 320 620] /F 4 /T (Ann Fox) /Contents (Please check the date.)",
        f"/Type /Annot /Subtype /Text /Rect [300 500 320 520] /F {HIDDEN} /Contents (Nobody sees this.)",
    ]
    (page,) = pages_of([read(write_pdf, put(50, 700, "The contract"), annotations)], labels=[""])
    assert page.text == "The contract\n\nAnn Fox: Please check the date."
    assert [(block.kind, page.text[block.start : block.end]) for block in page.blocks][-1] == (
        "comment",
        "Ann Fox: Please check the date.",
    )


def test_free_text_that_no_appearance_draws_is_a_note(write_pdf: WritePdf, put: Put) -> None:
    note = "/Subtype /FreeText /Rect [50 600 250 620] /DA (/Helv 11 Tf 0 g)"
    path = write_pdf(
        put(50, 700, "The contract"),
        objects=[
            f"<< /Type /Annot {note} /Contents (Approved by legal on 4 May) >>".encode(),
            f"<< /Type /Annot {note} /F {HIDDEN} /Contents (Nobody sees this.) >>".encode(),
        ],
        Annots="[8 0 R 9 0 R]",
    )
    with PdfFile(path) as pdf:
        sheet = pdf.sheet(1)
    assert (sheet.text, sheet.comments, sheet.notes) == ("The contract", ("Approved by legal on 4 May",), 1)


def test_a_picture_of_the_page_shows_the_values(write_pdf: WritePdf, put: Put) -> None:
    field = widget("120 695 250 713", "/FT /Tx /T (first) /V (Ada Lovelace)")
    path = write_pdf(
        put(50, 700, "First name"),
        catalog=f"/AcroForm << /Fields [8 0 R] /DR 3 0 R {SHOWN_BY} >>",
        objects=[f"<< {field} >>".encode()],
        Annots="[8 0 R]",
    )
    with PdfFile(path) as pdf:
        image = pdf.image(1, dpi=72, grey=True)
    rows = [image.pixels[at : at + image.width] for at in range(0, len(image.pixels), image.width)]
    assert min(min(row[120:250]) for row in rows[87:105]) < 100


def test_a_page_read_twice_is_the_same(write_pdf: WritePdf, put: Put) -> None:
    field = widget("120 695 250 713", "/FT /Tx /T (first) /V (Ada Lovelace)")
    path = write_pdf(
        put(50, 700, "First name"),
        catalog=f"/AcroForm << /Fields [8 0 R] /DR 3 0 R {SHOWN_BY} >>",
        objects=[f"<< {field} >>".encode()],
        Annots="[8 0 R]",
    )
    with PdfFile(path) as pdf:
        assert pdf.sheet(1) == pdf.sheet(1)

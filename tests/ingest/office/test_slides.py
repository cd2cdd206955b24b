from pathlib import Path

from tests.ingest.office.packages import blocks, read, relations, shape, slides, texts

TABLE = (
    '<p:graphicFrame><p:nvGraphicFramePr><p:cNvPr id="2" name="t"/>'
    "</p:nvGraphicFramePr><a:graphic><a:graphicData><a:tbl>"
    '<a:tblPr firstRow="1"/>{}</a:tbl></a:graphicData></a:graphic></p:graphicFrame>'
)


def cell(text: str, attributes: str = "") -> str:
    return f"<a:tc {attributes}><a:txBody><a:p><a:r><a:t>{text}</a:t></a:r></a:p></a:txBody></a:tc>"


def test_each_slide_is_a_page_with_its_title_first(tmp_path: Path) -> None:
    path = slides(
        tmp_path / "a.pptx",
        shape("Revenue grew.", (0, 300, 100, 100)) + shape("Results", (0, 900, 100, 50), kind="title"),
        shape("Second", kind="ctrTitle") + shape("12", kind="sldNum"),
        notes1="Say it slowly.",
    )
    parsed = read(path)
    assert [(str(page.locator), page.text) for page in parsed.pages] == [
        ("slide 1", "Results\n\nRevenue grew.\n\nSay it slowly."),
        ("slide 2", "Second"),
    ]
    assert blocks(parsed)[2] == ("note", "Say it slowly.")
    assert parsed.title == "Results"


def test_shapes_are_read_by_their_places_columns_first(tmp_path: Path) -> None:
    placed = [("d", 600, 500), ("a", 0, 100), ("c", 600, 100), ("b", 0, 500), ("under", 0, 900)]
    tree = "".join(
        shape(name, (x, y, 400 if name != "under" else 1000, 300 if name != "under" else 50)) for name, x, y in placed
    )
    assert texts(slides(tmp_path / "a.pptx", tree)) == ["a\n\nb\n\nc\n\nd\n\nunder"]


def test_shapes_of_groups_stand_where_the_group_is(tmp_path: Path) -> None:
    group = (
        '<p:grpSp><p:grpSpPr><a:xfrm><a:off x="0" y="0"/><a:ext cx="100" cy="100"/><a:chOff x="0" y="5000"/>'
        f'<a:chExt cx="1000" cy="1000"/></a:xfrm></p:grpSpPr>{shape("first", (0, 5000, 1000, 900))}</p:grpSp>'
    )
    assert texts(slides(tmp_path / "a.pptx", shape("second", (0, 400, 100, 100)) + group)) == ["first\n\nsecond"]


def test_hidden_slides_and_shapes_are_counted_and_not_read(tmp_path: Path) -> None:
    path = slides(
        tmp_path / "a.pptx",
        shape("Seen") + shape("unseen", hidden='hidden="1"') + shape("outside", (2000, 0, 100, 100)),
        shape("Not shown"),
        shape("Third"),
        attributes={2: 'show="0"'},
    )
    parsed = read(path)
    assert [(page.locator.number, page.text) for page in parsed.pages] == [(1, "Seen"), (2, ""), (3, "Third")]
    assert parsed.hidden == {1: 13, 2: 8}
    assert [problem.reason for problem in parsed.problems] == ["hidden slides are not read: 2"]


def test_a_table_of_a_slide_has_cells_under_its_heads(tmp_path: Path) -> None:
    wide, covered = cell("Sales", 'gridSpan="2"'), cell("", 'hMerge="1"')
    rows = f"<a:tr>{cell('Region')}{wide}{covered}</a:tr><a:tr>{cell('North')}{cell('1')}{cell('2')}</a:tr>"
    [page] = read(slides(tmp_path / "a.pptx", TABLE.format(rows))).pages
    assert [str(value) for value in page.cell_values(0, 99)] == ["Sales: 1 (row North)", "Sales: 2 (row North)"]


def test_numbered_paragraphs_have_their_numbers(tmp_path: Path) -> None:
    lines = "".join(
        f'<a:p><a:pPr><a:buAutoNum type="{form}"/></a:pPr><a:r><a:t>{text}</a:t></a:r></a:p>'
        for form, text in (("alphaLcParenR", "one"), ("alphaLcParenR", "two"))
    )
    tree = f"<p:sp><p:spPr/><p:txBody>{lines}</p:txBody></p:sp>"
    assert texts(slides(tmp_path / "a.pptx", tree)) == ["a) one\nb) two"]


def test_raised_marks_of_a_slide_are_apart(tmp_path: Path) -> None:
    tree = (
        shape("Sales grew")
        .replace(
            "<a:r><a:t>Sales",
            '<a:r><a:t>CO</a:t></a:r><a:r><a:rPr baseline="-25000"/><a:t>2</a:t></a:r><a:r><a:t> sales',
        )
        .replace("grew</a:t></a:r>", 'grew.</a:t></a:r><a:r><a:rPr baseline="30000"/><a:t>1</a:t></a:r>')
    )
    assert texts(slides(tmp_path / "a.pptx", tree)) == ["CO2 sales grew. 1"]


def test_a_chart_is_the_table_of_its_stored_values(tmp_path: Path) -> None:
    import zipfile

    frame = (
        "<p:graphicFrame><a:graphic><a:graphicData>"
        '<c:chart xmlns:c="http://schemas.openxmlformats.org/drawingml/2006/chart" '
        'r:id="rId1"/></a:graphicData></a:graphic></p:graphicFrame>'
    )
    path = slides(tmp_path / "a.pptx", frame)
    points = "".join(f'<c:pt idx="{at}"><c:v>{value}</c:v></c:pt>' for at, value in enumerate((0.5, 0.25)))
    names = "".join(f'<c:pt idx="{at}"><c:v>{value}</c:v></c:pt>' for at, value in enumerate(("2023", "2024")))
    chart = (
        '<c:chartSpace xmlns:c="http://schemas.openxmlformats.org/drawingml/2006/chart">'
        "<c:chart><c:plotArea><c:barChart><c:ser>"
        '<c:tx><c:strRef><c:strCache><c:pt idx="0"><c:v>Share</c:v></c:pt></c:strCache></c:strRef></c:tx>'
        f"<c:cat><c:strRef><c:strCache>{names}</c:strCache></c:strRef></c:cat><c:val><c:numRef><c:numCache>"
        f"<c:formatCode>0%</c:formatCode>{points}</c:numCache></c:numRef>"
        "</c:val></c:ser></c:barChart></c:plotArea></c:chart></c:chartSpace>"
    )
    with zipfile.ZipFile(path, "a") as archive:
        archive.writestr("ppt/charts/chart1.xml", chart)
        archive.writestr("ppt/slides/_rels/slide1.xml.rels", relations(("chart", "../charts/chart1.xml")))
    [page] = read(path).pages
    assert page.text == "| Share\n2023 | 50%\n2024 | 25%"
    assert [str(value) for value in page.cell_values(0, 99)] == ["Share: 50% (row 2023)", "Share: 25% (row 2024)"]

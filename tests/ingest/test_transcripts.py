from pathlib import Path

import pytest

from ingest import build
from ingest.parsing import media_type_of, parse
from mistral_rag.errors import ParseError
from mistral_rag.retrievers import HybridRetriever

MEETING = """WEBVTT - Board meeting

NOTE recorded with consent

STYLE
::cue { color: red }

intro
00:00:01.000 --> 00:00:04.000 align:start
<v Ann Lee>Good morning.</v>

00:00:04.500 --> 00:00:09.000
<v Ann Lee>The budget for the &quot;north&quot; site is <i>4.2 million</i> euros.</v>

00:00:09.000 --> 00:00:12.000
<v.loud Bo Roy>Who signs?</v>

00:01:20.000 --> 00:01:24.000
<v Ann Lee>The treasurer signs until <00:01:22.000>March.</v>
"""
SUBTITLES = (
    "\ufeff1\r\n00:01:14,440 --> 00:01:15,760\r\n{\\an8}<i>The pump runs at\r\n\r\n"
    "2\r\n00:01:15,880 --> 00:01:19,520\r\n12 bar & not more.\r\n\r\n"
    "3\r\n00:02:30,000 --> 00:02:31,000\r\nStop it at 14 bar.\r\n"
)
ROLLING = """WEBVTT

00:00.000 --> 00:02.000
first we open

00:02.000 --> 00:04.000
first we open
the valve

00:04.000 --> 00:06.000
the valve
then wait.
"""


def read(folder: Path, name: str, text: str) -> list[tuple[str, str]]:
    path = folder / name
    path.write_bytes(text.encode())
    media_type = media_type_of(path)
    assert media_type is not None
    return [(str(page.locator), page.text) for page in parse(path, media_type).pages]


def test_a_meeting_is_read_by_turns_and_located_by_time(tmp_path: Path) -> None:
    assert read(tmp_path, "meeting.vtt", MEETING) == [
        (
            "0:00:01-0:00:12",
            'Ann Lee: Good morning. The budget for the "north" site is 4.2 million euros.\n\nBo Roy: Who signs?',
        ),
        ("0:01:20-0:01:24", "Ann Lee: The treasurer signs until March."),
    ]


def test_subtitles_are_sentences(tmp_path: Path) -> None:
    assert read(tmp_path, "film.srt", SUBTITLES) == [
        ("0:01:14-0:01:19", "The pump runs at 12 bar & not more."),
        ("0:02:30-0:02:31", "Stop it at 14 bar."),
    ]


def test_lines_that_stay_on_the_screen_are_said_once(tmp_path: Path) -> None:
    assert read(tmp_path, "captions.vtt", ROLLING) == [("0:00:00-0:00:06", "first we open the valve then wait.")]


def test_two_people_in_one_cue_are_two_turns(tmp_path: Path) -> None:
    text = "WEBVTT\n\n00:01.000 --> 00:02.000\n<v Ann>Ready?\n<v Bo>Yes.\n"
    assert read(tmp_path, "two.vtt", text) == [("0:00:01-0:00:02", "Ann: Ready?\n\nBo: Yes.")]


def test_a_turn_that_never_ends_is_cut_after_two_minutes(tmp_path: Path) -> None:
    cues = (
        f"00:{at // 60:02}:{at % 60:02}.000 --> 00:{at // 60:02}:{at % 60:02}.900\nand on\n" for at in range(0, 300, 10)
    )
    labels = [label for label, _ in read(tmp_path, "long.vtt", "WEBVTT\n\n" + "\n".join(cues))]
    assert labels == ["0:00:00-0:01:50", "0:02:00-0:03:50", "0:04:00-0:04:50"]


@pytest.mark.parametrize("text", ["WEBVTT\n", "1\nno times here\n", "WEBVTT\n\n00:01.000 --> 00:02.000\n\n"])
def test_a_file_without_times_fails_in_one_line(tmp_path: Path, text: str) -> None:
    (tmp_path / "empty.vtt").write_text(text)
    with pytest.raises(ParseError, match="has no text with times"):
        parse(tmp_path / "empty.vtt", "text/vtt")


def test_what_was_said_is_found_with_its_time(tmp_path: Path) -> None:
    (tmp_path / "calls").mkdir()
    (tmp_path / "calls" / "meeting.vtt").write_text(MEETING)
    for _ in build(tmp_path / "calls", tmp_path / "index", embeddings="none"):
        pass
    found = HybridRetriever.from_index(tmp_path / "index").search("Until when does the treasurer sign?")
    assert str(found[0].page.locator) == "0:01:20-0:01:24"

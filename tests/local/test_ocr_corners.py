"""Geometry of text lines on a picture."""

import numpy as np
import pytest

pytest.importorskip("cv2")

from mistral_rag.local.ocr._corners import (
    Floats,
    bounding_boxes,
    cut_out,
    in_reading_order,
    is_page_sideways,
    is_sideways,
    ordered,
    section,
    skew,
)


def line(left: float, top: float, right: float, bottom: float, *, fall: float = 0.0) -> Floats:
    """The corners of a line; its right end lies `fall` lower."""
    return np.array([[left, top], [right, top + fall], [right, bottom + fall], [left, bottom]], dtype=np.float64)


ACROSS, UPWARDS, DIGIT = line(0, 0, 100, 20), line(0, 0, 20, 100), line(0, 0, 16, 20)


def test_corners_are_ordered_from_the_top_left_one_clockwise() -> None:
    for shuffled in ([2, 0, 3, 1], [3, 2, 1, 0]):
        assert ordered(ACROSS[shuffled]).tolist() == [[0, 0], [100, 0], [100, 20], [0, 20]]


def test_only_a_line_much_higher_than_wide_is_sideways() -> None:
    assert [is_sideways(corners) for corners in (ACROSS, UPWARDS, DIGIT)] == [False, True, False]


def test_a_sideways_line_is_read_upwards() -> None:
    assert in_reading_order(UPWARDS).tolist() == [[0, 100], [0, 0], [20, 0], [20, 100]]
    assert in_reading_order(ACROSS).tolist() == ACROSS.tolist()


def test_a_page_is_sideways_when_its_long_lines_are() -> None:
    assert is_page_sideways(np.stack([UPWARDS, UPWARDS, ACROSS]))
    assert not is_page_sideways(np.stack([UPWARDS, ACROSS, line(0, 40, 60, 60)]))
    assert not is_page_sideways(np.empty((0, 4, 2)))


@pytest.mark.parametrize(("fall", "degrees"), [(0.0, 0.0), (2.0, 0.0), (35.0, 2.005), (-35.0, -2.005), (400.0, 0.0)])
def test_the_skew_is_measured_unless_it_is_an_error_of_the_boxes_or_slanted_print(fall: float, degrees: float) -> None:
    lines = np.stack([line(0, top, 1000, top + 20, fall=fall) for top in (0, 100, 200)])
    assert np.degrees(skew(lines)) == pytest.approx(degrees, abs=0.001)


def test_two_lines_are_too_few_for_a_skew() -> None:
    assert skew(np.stack([line(0, top, 1000, top + 20, fall=35) for top in (0, 100)])) == 0.0


def test_a_section_lies_between_two_fractions_of_the_line() -> None:
    part = section(line(0, 0, 100, 20, fall=10), 0.2, 0.5)
    assert part.tolist() == [[20, 2], [50, 5], [50, 25], [20, 22]]
    assert bounding_boxes(part[None]).tolist() == [[20, 2, 50, 25]]


def test_a_line_is_cut_out_upright() -> None:
    picture = np.full((40, 60), 255, dtype=np.uint8)
    picture[10:30, 5] = 0
    assert cut_out(picture, line(5, 10, 45, 30)).shape == (20, 40)
    upwards = cut_out(picture, in_reading_order(line(5, 5, 15, 35)))
    assert upwards.shape == (10, 30)
    assert upwards[0, 15] < 50 < upwards[5, 15]

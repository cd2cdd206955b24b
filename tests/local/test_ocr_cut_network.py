"""The recognition network cut down: real weights on a line drawn here."""

import numpy as np
import pytest
from PIL import Image, ImageDraw, ImageFont

pytest.importorskip("rapidocr")

from mistral_rag.errors import ConfigurationError
from mistral_rag.local.ocr._cut_network import characters_of, cut_down
from mistral_rag.local.ocr._models import Recogniser


@pytest.mark.parametrize(("height", "narrow"), [(48, False), (48, True), (32, True), (32, False)])
def test_a_line_is_read_the_same(height: int, *, narrow: bool) -> None:
    image = Image.new("L", (620, 60), 255)
    ImageDraw.Draw(image).text((12, 6), "Total due on 14 May: 1,480.50 EUR", fill=0, font=ImageFont.load_default(36))
    recogniser = Recogniser(threads=1, height=height, narrow=narrow)
    [line] = recogniser.read([np.asarray(image)], width=620)
    assert line.text == "Total due on 14 May: 1,480.50 EUR"


def test_another_network_is_refused() -> None:
    with pytest.raises(ConfigurationError, match="another form"):
        cut_down(b"\x08\x0a", height=32, characters=[0, 1])
    with pytest.raises(ConfigurationError, match="no characters"):
        characters_of(b"\x08\x0a")

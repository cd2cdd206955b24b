"""The recognition network at a lower height: real weights on a line drawn here."""

import numpy as np
import pytest
from PIL import Image, ImageDraw, ImageFont

pytest.importorskip("rapidocr")

from mistral_rag.errors import ConfigurationError
from mistral_rag.local.ocr._input_height import with_height
from mistral_rag.local.ocr._models import Recogniser


@pytest.mark.parametrize("height", [32, 48])
def test_a_line_is_read_at_either_height(height: int) -> None:
    image = Image.new("L", (620, 60), 255)
    ImageDraw.Draw(image).text((12, 6), "Total due on 14 May: 1,480.50 EUR", fill=0, font=ImageFont.load_default(36))
    [line] = Recogniser(threads=1, height=height).read([np.asarray(image)], width=620)
    assert line.text == "Total due on 14 May: 1,480.50 EUR"


def test_another_network_is_refused() -> None:
    with pytest.raises(ConfigurationError, match="another form"):
        with_height(b"\x08\x0a", 32)

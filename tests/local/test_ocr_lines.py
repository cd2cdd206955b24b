"""A line read from its picture, without detection."""

import numpy as np
from PIL import Image, ImageDraw, ImageFont

from mistral_rag.local.ocr import LineReader


def test_a_line_is_read() -> None:
    picture = Image.new("L", (700, 44), 255)
    ImageDraw.Draw(picture).text((6, 4), "Total revenue 4,238 million", fill=0, font=ImageFont.load_default(32))
    lines = LineReader().read([np.asarray(picture)])
    assert [line.text for line in lines] == ["Total revenue 4,238 million"]
    assert lines[0].confidence > 0.9

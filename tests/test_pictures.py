import sys
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from mistral_rag import pictures
from mistral_rag.errors import ParseError
from mistral_rag.pictures import ImageFile, ink_of


def half_black(mode: str = "L", size: tuple[int, int] = (40, 20)) -> Image.Image:
    """White, with the left half black."""
    image = Image.new("L", size, 255)
    image.paste(0, (0, 0, size[0] // 2, size[1]))
    return image.convert(mode)


def test_pixels_are_grey_whatever_the_file_holds(tmp_path: Path) -> None:
    for name, mode in (
        ("a.png", "L"),
        ("b.png", "RGB"),
        ("c.png", "1"),
        ("d.png", "P"),
        ("e.tif", "CMYK"),
        ("f.gif", "P"),
    ):
        half_black(mode).save(tmp_path / name)
        with ImageFile(tmp_path / name) as image:
            pixels = image.grey(1)
        assert (pixels.dtype.name, pixels.shape) == ("uint8", (20, 40)), name
        assert (pixels[10, 5], pixels[10, 35]) == (0, 255), name


def test_what_is_transparent_is_white(tmp_path: Path) -> None:
    image = Image.new("RGBA", (40, 20), (0, 0, 0, 0))
    image.paste((0, 0, 0, 255), (0, 0, 20, 20))
    image.save(tmp_path / "a.png")
    with ImageFile(tmp_path / "a.png") as file:
        assert file.grey(1)[10].tolist() == [0] * 20 + [255] * 20


def test_pixels_of_sixteen_bits_are_stretched(tmp_path: Path) -> None:
    values = np.full((20, 40), 3000, dtype=np.uint16)
    values[:, :20] = 1000
    Image.fromarray(values).save(tmp_path / "a.tif")
    with ImageFile(tmp_path / "a.tif") as file:
        assert file.grey(1)[10, [5, 35]].tolist() == [0, 255]


def test_a_tiff_has_pages_and_a_moving_picture_has_one(tmp_path: Path) -> None:
    for name in ("a.tif", "a.gif"):
        half_black().save(tmp_path / name, save_all=True, append_images=[Image.new("L", (30, 20), 255)])
    with ImageFile(tmp_path / "a.tif") as file:
        assert (len(file), file.grey(2).shape) == (2, (20, 30))
    with ImageFile(tmp_path / "a.gif") as file:
        assert len(file) == 1


@pytest.mark.parametrize(
    ("dpi", "points"), [((144, 144), (20, 10)), ((1, 1), (19.2, 9.6)), (None, (19.2, 9.6)), ((72, 144), (40, 10))]
)
def test_the_size_is_that_on_paper(tmp_path: Path, dpi: tuple[int, int] | None, points: tuple[float, float]) -> None:
    if dpi:
        half_black().save(tmp_path / "a.tif", dpi=dpi)
    else:
        half_black().save(tmp_path / "a.tif")
    with ImageFile(tmp_path / "a.tif") as file:
        assert file.size(1) == pytest.approx(points, rel=1e-3)


def test_a_photo_is_turned_as_the_camera_says(tmp_path: Path) -> None:
    exif = Image.Exif()
    exif[0x0112] = 6
    half_black().save(tmp_path / "a.jpg", exif=exif, quality=95, dpi=(72, 72))
    with ImageFile(tmp_path / "a.jpg") as file:
        pixels, size = file.grey(1), file.size(1)
    assert pixels.shape == (40, 20)
    assert (pixels[5, 10] < 50, pixels[35, 10] > 200) == (True, True)
    assert size == (20, 40)


def test_what_is_no_image_is_refused_in_one_line(tmp_path: Path) -> None:
    half_black().save(tmp_path / "a.png")
    whole = (tmp_path / "a.png").read_bytes()
    for content in (b"", b"%PDF-1.7", whole[:30], whole[:60]):
        (tmp_path / "b.png").write_bytes(content)
        with pytest.raises(ParseError, match=r"^the image can't be read"), ImageFile(tmp_path / "b.png") as file:
            file.grey(1)


def _size_and_pixels(file: Path) -> None:
    with ImageFile(file) as image:
        image.size(1)
        image.grey(1)


@pytest.mark.parametrize("kind", ["PNG", "JPEG", "BMP", "TIFF"])
def test_a_picture_that_is_cut_off_is_refused_in_one_line(tmp_path: Path, kind: str) -> None:
    file = tmp_path / "cut"
    Image.effect_noise((200, 200), 60).save(file, kind)
    file.write_bytes(file.read_bytes()[:9000])
    with pytest.raises(ParseError, match=r"^the image can't be read: "):
        _size_and_pixels(file)


def test_an_image_as_large_as_memory_is_not_opened(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    half_black().save(tmp_path / "a.tif", save_all=True, append_images=[Image.new("L", (50, 20), 255)])
    monkeypatch.setattr(pictures, "MAX_PIXELS", 900)
    with ImageFile(tmp_path / "a.tif") as file:
        assert file.grey(1).shape == (20, 40)
        with pytest.raises(ParseError, match=r"too large: 50 x 20 pixels"):
            file.grey(2)


def test_ink_is_the_share_of_dark_pixels() -> None:
    assert ink_of(np.array([[0, 199, 200, 255]], dtype=np.uint8)) == 0.5


def heif(path: Path, image: Image.Image, *, exif: Image.Exif | None = None) -> Path:
    pillow_heif = pytest.importorskip("pillow_heif")
    pillow_heif.register_heif_opener(thumbnails=False)
    image.save(path, format="HEIF", quality=95, **({"exif": exif.tobytes()} if exif else {}))
    return path


@pytest.mark.parametrize("name", ["a.heic", "a.heif", "a.jpg"])
def test_a_photo_of_a_phone_is_read(tmp_path: Path, name: str) -> None:
    heif(tmp_path / name, half_black("RGB", (64, 32)))
    for file in (tmp_path / name, (tmp_path / name).read_bytes()):
        with ImageFile(file) as image:
            assert (len(image), image.grey(1).shape) == (1, (32, 64))
            assert (image.grey(1)[10, 5] < 20, image.grey(1)[10, 60] > 235) == (True, True)


def test_a_photo_of_a_phone_is_turned_once(tmp_path: Path) -> None:
    exif = Image.Exif()
    exif[0x0112] = 6
    with ImageFile(heif(tmp_path / "a.heic", half_black("RGB", (64, 32)), exif=exif)) as image:
        assert image.grey(1).shape == (64, 32)
        assert image.size(1)[0] < image.size(1)[1]


def test_a_damaged_photo_is_one_line(tmp_path: Path) -> None:
    whole = heif(tmp_path / "a.heic", half_black("RGB", (64, 32))).read_bytes()
    for data in (whole[:40], whole[:200] + b"\xff" * 200, whole[: len(whole) // 2]):
        with pytest.raises(ParseError, match="the image can't be read"), ImageFile(data) as image:
            image.grey(1)


def test_without_its_package_the_command_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    file = heif(tmp_path / "a.heic", half_black("RGB", (64, 32)))
    monkeypatch.setitem(sys.modules, "pillow_heif", None)
    with pytest.raises(ParseError, match=r'pip install "mistral-rag\[heif\]"'), ImageFile(file):
        pass

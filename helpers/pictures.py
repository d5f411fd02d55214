"""What a notebook keeps of a picture: what stands in a page, and an image that any viewer shows.

In a page of the book a picture is inline SVG, which takes the colour and the font of the text
around it. A viewer of notebooks takes SVG away from what it does not trust, and no clone is trusted
at first. But each of them shows a PNG, so a picture brings one, made from the same SVG.
"""

import re
from base64 import b64encode
from collections.abc import Sequence
from functools import cache
from importlib.util import find_spec
from io import BytesIO
from pathlib import Path
from typing import Any

import matplotlib as mpl
import resvg_py
from matplotlib.colors import to_hex, to_rgb
from PIL import Image

PAGE = "application/vnd.seq2seq-book.page+html"
"""The MIME type of the HTML that stands for an output in a page of the book."""

INK, PAPER = "#222832", "#ffffff"
"""The colours of letters and ground in an image; in a page they are those of the page."""

SCALE = 2
"""How many pixels of an image are one of the page."""

_MARGIN, _GAP = 8, 16  # around an image, and between pictures side by side, in pixels of the page
_SIZE = re.compile(r'<svg[^>]* width="([\d.]+)" height="([\d.]+)"')
_DRAWING = re.compile(r"<svg\b.*?</svg>", re.DOTALL)
_MIXED = re.compile(r"color-mix\(in srgb, (#[0-9a-f]{6}), currentColor (\d+)%\)")


class Shown:
    """What a notebook shows as an image, and a page of the book as HTML.

    A subclass says in its ``description`` what is seen, and gives the `page`.
    """

    description: str
    """What is seen, in words."""

    def page(self) -> str:
        """Return the HTML that stands in a page, its drawings as SVG."""
        raise NotImplementedError

    def _repr_mimebundle_(
        self, include: object = None, exclude: object = None
    ) -> tuple[dict[str, Any], dict[str, Any]]:
        page = self.page()
        image, width, height = png(_DRAWING.findall(page))
        forms = {
            PAGE: page,
            "image/png": b64encode(image).decode("ascii"),
            "text/plain": self.description,
        }
        return forms, {"image/png": {"alt": self.description, "width": width, "height": height}}


def png(drawings: Sequence[str]) -> tuple[bytes, int, int]:
    """Return SVG drawings side by side as one PNG, and its width and height in a page.

    The same drawings give the same bytes.
    """
    sizes = [_size(drawing) for drawing in drawings]
    width = round(sum(across for across, _ in sizes) + _GAP * (len(sizes) - 1) + 2 * _MARGIN)
    height = round(max(down for _, down in sizes) + 2 * _MARGIN)
    placed, left = "", float(_MARGIN)
    for drawing, (across, _) in zip(drawings, sizes, strict=True):
        placed += drawing.replace("<svg", f'<svg x="{left:g}" y="{_MARGIN}"', 1)
        left += across + _GAP
    sheet = (
        '<svg xmlns="http://www.w3.org/2000/svg" xmlns:xlink="http://www.w3.org/1999/xlink" '
        f'width="{width}" height="{height}" color="{INK}">{_MIXED.sub(_mixed, placed)}</svg>'
    )
    drawn = resvg_py.svg_to_bytes(
        svg_string=sheet,
        background=PAPER,
        zoom=SCALE,
        skip_system_fonts=True,  # the same letters on every machine
        font_files=_fonts(),
        font_family="DejaVu Sans",
    )
    image = Image.open(BytesIO(drawn)).convert("RGB")
    # Few colours make a small file; of this method the rarest of them stay what they are.
    small = image.quantize(128, Image.Quantize.MAXCOVERAGE, dither=Image.Dither.NONE)
    file = BytesIO()
    small.save(file, "PNG", optimize=True)
    return file.getvalue(), width, height


def _size(drawing: str) -> tuple[float, float]:
    found = _SIZE.search(drawing)
    assert found is not None
    return float(found[1]), float(found[2])


def _mixed(found: re.Match[str]) -> str:
    share = int(found[2]) / 100
    pairs = zip(to_rgb(found[1]), to_rgb(INK), strict=True)
    red, green, blue = ((1 - share) * colour + share * ink for colour, ink in pairs)
    return to_hex((red, green, blue))


@cache
def _fonts() -> list[str]:
    """Return the files of the letters that matplotlib measures with, and of the Korean ones."""
    latin = Path(mpl.get_data_path()) / "fonts/ttf"
    korean = find_spec("koreanize_matplotlib")  # importing it would change settings of the reader
    assert korean is not None and korean.origin is not None
    return [
        *(str(latin / f"DejaVuSans{weight}.ttf") for weight in ("", "-Bold")),
        str(Path(korean.origin).parent / "fonts/NanumGothic.ttf"),
    ]

"""The images of pictures: what a notebook shows where it shows no SVG."""

import subprocess
import sys
from base64 import b64decode
from io import BytesIO
from typing import Any

import numpy as np
import pytest
from matplotlib.colors import to_rgb
from PIL import Image

from bookbuild.build import ROOT
from helpers import pictures, plots
from helpers.diagrams import COLOURS, architecture
from helpers.pictures import PAGE, SCALE, Shown
from tests.test_plots import DRAWINGS, contrast

SHOWN: dict[str, Shown] = {
    **{name: draw() for name, draw in DRAWINGS.items()},
    "architecture": architecture(),
    "architecture, training": architecture("training"),
    "row": plots.Row(DRAWINGS["token_map"](), DRAWINGS["distance_matrix"]()),
}
_forms: dict[str, Any] = {}

every_picture = pytest.mark.parametrize("name", SHOWN)


def forms(name: str) -> tuple[dict[str, Any], dict[str, Any]]:
    """Return the forms of a picture and what is said about them, made once."""
    if name not in _forms:
        _forms[name] = SHOWN[name]._repr_mimebundle_()
    data, about = _forms[name]
    return data, about["image/png"]


def pixels(shown: str | Shown) -> np.ndarray:
    """Return the colours of an image, axes (row, column, channel), as numbers from 0 to 1."""
    data = forms(shown)[0] if isinstance(shown, str) else shown._repr_mimebundle_()[0]
    image = Image.open(BytesIO(b64decode(data["image/png"])))
    assert "transparency" not in image.info
    return np.asarray(image.convert("RGB")) / 255


@every_picture
@pytest.mark.slow
def test_forms(name: str) -> None:
    """An image for all viewers, HTML for the page, and words; no HTML for others."""
    data, about = forms(name)
    assert list(data) == [PAGE, "image/png", "text/plain"]
    assert data["text/plain"] == about["alt"] == SHOWN[name].description
    assert "<svg" in data[PAGE]


@every_picture
def test_image(name: str) -> None:
    """Light paper on all sides, dark letters on it, sharp, and small."""
    seen = pixels(name)
    _, about = forms(name)
    assert seen.shape == (about["height"] * SCALE, about["width"] * SCALE, 3)
    assert 100 < about["width"] < 1100
    for edge in (seen[0], seen[-1], seen[:, 0], seen[:, -1]):
        assert (edge == to_rgb(pictures.PAPER)).all()
    dark = np.abs(seen - to_rgb(pictures.INK)).max(axis=-1) < 0.05
    assert dark.sum() > 200
    assert contrast(pictures.INK, pictures.PAPER) > 12
    assert len(b64decode(forms(name)[0]["image/png"])) < 60_000


@pytest.mark.slow
def test_the_same_in_another_process() -> None:
    """The bytes of an image do not depend on when or where it is made."""
    script = (
        "from helpers.diagrams import architecture;"
        "print(architecture()._repr_mimebundle_()[0]['image/png'])"
    )
    done = subprocess.run(
        [sys.executable, "-c", script], cwd=ROOT, capture_output=True, text=True, check=True
    )
    assert done.stdout.strip() == forms("architecture")[0]["image/png"]
    again = DRAWINGS["token_map"]()._repr_mimebundle_()[0]
    assert again["image/png"] == forms("token_map")[0]["image/png"]


@pytest.mark.slow
@pytest.mark.parametrize("part", COLOURS)
def test_colours(part: str) -> None:
    """Each part of the drawing has its colour, mixed with the ink as a light page mixes it."""
    share = 0.12
    mixed = [
        (1 - share) * colour + share * ink
        for colour, ink in zip(to_rgb(COLOURS[part]), to_rgb(pictures.INK), strict=True)
    ]
    near = np.abs(pixels(architecture(part)) - mixed).max(axis=-1) < 0.03
    other = np.abs(pixels(architecture("encoder" if part != "encoder" else "decoder")) - mixed)
    assert near.sum() > 500 > 2 * (other.max(axis=-1) < 0.03).sum()


def test_side_by_side() -> None:
    """A row is one image: the pictures in their order, each as it is when it stands alone.

    The few vermilion squares of the map keep their colour beside the many colours of the matrix.
    """
    one, other, row = (pixels(name) for name in ("token_map", "distance_matrix", "row"))
    assert row.shape[0] == max(one.shape[0], other.shape[0])
    squares = np.abs(row - to_rgb(plots.VERMILION)).max(axis=-1) < 0.05
    assert 200 < squares[:, : one.shape[1]].sum() < 1000
    for alone, part in ((one, row[:, : one.shape[1]]), (other, row[:, -other.shape[1] :])):
        inside = np.s_[SCALE * 8 : alone.shape[0] - SCALE * 8, SCALE * 8 : -SCALE * 8]
        assert np.abs(part[inside] - alone[inside]).mean() < 0.02


@pytest.mark.slow
@pytest.mark.parametrize("letters", ["time step", "≠", "−", "안녕", "→"])
def test_letters(letters: str) -> None:
    """What a label says is drawn, Korean as well: each sign has its own form."""

    def drawn(text: str) -> np.ndarray:
        return pixels(plots.curves([0, 1], {"a": [0, 1]}, xlabel=text, width=3.2))

    blank, unknown = drawn(""), drawn("\ue000" * len(letters))
    for other in (blank, unknown):
        assert np.abs(drawn(letters)[-40:].mean() - other[-40:].mean()) > 1e-4

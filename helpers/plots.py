"""The figures of the book, drawn so that they can be read in a light and in a dark page.

Each function returns a `Picture`: a matplotlib figure that a page shows as inline SVG, and a
notebook as an image. In a page its lines and letters take the colour of the text around it. It says
in words what it shows. Colours are those of Okabe and Ito, which readers with any colour vision
tell apart.
"""

import re
import warnings
from collections.abc import Mapping, Sequence
from html import escape
from io import StringIO
from itertools import starmap
from typing import Any

import matplotlib as mpl
import matplotlib.ticker
import numpy as np
from cycler import cycler
from matplotlib.axes import Axes
from matplotlib.backends.backend_svg import FigureCanvasSVG
from matplotlib.colors import Colormap, Normalize, TwoSlopeNorm
from matplotlib.figure import Figure
from matplotlib.patches import Rectangle
from numpy.typing import ArrayLike

from helpers.geometry import distances, principal_components
from helpers.pictures import Shown
from helpers.records import Trace
from helpers.say import say
from helpers.vocabulary import TOKENS

BLUE, VERMILION, GREEN, PURPLE = "#0072b2", "#d55e00", "#009e73", "#b0608a"

_INK = "#010203"
_STYLE: Any = {
    **mpl.rcParamsDefault,  # whatever a reader's matplotlibrc says
    "axes.edgecolor": _INK,
    "axes.facecolor": "none",
    "axes.grid": False,
    "axes.labelcolor": _INK,
    "axes.prop_cycle": cycler(color=[BLUE, VERMILION, GREEN, PURPLE, _INK]),
    "axes.spines.right": False,
    "axes.spines.top": False,
    "axes.titlecolor": _INK,
    "axes.titlesize": 11,
    "figure.facecolor": "none",
    "font.size": 10,
    "legend.frameon": False,
    "svg.fonttype": "none",
    "svg.hashsalt": "seq2seq-book",
    "text.color": _INK,
    "xtick.color": _INK,
    "ytick.color": _INK,
}


class Picture(Shown):
    """A figure that a page shows as SVG in its own colours, and a notebook as an image."""

    def __init__(self, width: float, height: float, description: str) -> None:
        """Make an empty picture, ``width`` x ``height`` inches, described in one sentence."""
        self.figure = Figure(figsize=(width, height), layout="constrained")
        """What matplotlib draws. It is held and not inherited: notebooks draw figures their way."""
        FigureCanvasSVG(self.figure)
        self.description = description

    def __repr__(self) -> str:
        return f"<Picture: {self.description}>"

    def page(self) -> str:
        """Return the SVG, in a frame that scrolls if it is wide."""
        text = StringIO()
        with mpl.rc_context(_STYLE), warnings.catch_warnings():
            warnings.filterwarnings("ignore", "Glyph .* missing")  # the page has other fonts
            self.figure.savefig(text, format="svg", metadata={"Date": None, "Creator": None})
        width, height = self.figure.get_size_inches() * 96
        kind = "picture wide" if width > 500 else "picture"
        svg = text.getvalue()
        svg = svg[svg.index("<svg") :].replace(_INK, "currentColor")
        svg = re.sub(r"<(metadata|style).*?</\1>\s*", "", svg, flags=re.DOTALL)
        svg = re.sub(r'transform="rotate\(-0 [^"]*"', "", svg)
        svg = re.sub(r"<[^>]*>", lambda tag: re.sub(r"(\d\.\d)\d+", r"\1", tag[0]), svg)
        svg = re.sub(r'<g id="[^"]*">', "<g>", svg)
        svg = re.sub(r"'DejaVu Sans'[^;\"]*", "inherit", svg)
        view = re.search(r'viewBox="[^"]*"', svg)
        assert view is not None
        svg = re.sub(
            r"<svg[^>]*>",
            f'<svg class="{kind}" role="img" aria-label="{escape(self.description)}" '
            f'{view[0]} width="{width:.0f}" height="{height:.0f}" '
            'style="max-width:100%;height:auto;stroke-linejoin:round">',
            svg,
            count=1,
        ).strip()
        if width <= 500:
            return svg
        name = escape(say("Wide figure"))
        return f'<div class="scroll" role="group" aria-label="{name}" tabindex="0">{svg}</div>'


class Row(Shown):
    """Pictures side by side; one below the other where the page is narrow."""

    def __init__(self, *pictures: Picture) -> None:
        """Take the pictures from left to right."""
        self.pictures = pictures
        self.description = " ".join(picture.description for picture in pictures)

    def __repr__(self) -> str:
        return f"<Row of {len(self.pictures)} pictures>"

    def page(self) -> str:
        """Return the pictures in a box that wraps."""
        inside = "\n".join(picture.page() for picture in self.pictures)
        return (
            '<div class="picture-row" style="display:flex;flex-wrap:wrap;gap:1em;'
            f'align-items:flex-start">\n{inside}\n</div>'
        )


def embedding_matrix(matrix: ArrayLike, title: str = "", rows: Sequence[str] = TOKENS) -> Picture:
    """Draw a matrix of row vectors, axes (row, embedding_dim), with its values in the cells.

    Raises:
        ValueError: there are not as many vectors as ``rows``.
    """
    values = _labelled(matrix, rows)
    picture = _picture(
        max(2.6, 0.45 * values.shape[1] + 0.9),
        0.28 * len(rows) + 0.9,
        say(
            "Matrix {title}: {count} rows {rows}, {columns} columns, values from {least} to "
            "{most}.",
            title=title,
            count=len(rows),
            rows=", ".join(rows),
            columns=values.shape[1],
            least=f"{values.min():.2f}",
            most=f"{values.max():.2f}",
        ),
    )
    with mpl.rc_context(_STYLE):
        axes = picture.figure.subplots()
        _cells(axes, values, "RdBu_r", _balanced(values), ".2f", fontsize=8)
        axes.set(title=title, xlabel=say("dimension"), ylabel=say("token"))
        axes.set_xticks(range(values.shape[1]))
        axes.set_yticks(range(len(rows)), rows)
    return picture


def distance_matrix(matrix: ArrayLike, title: str = "", rows: Sequence[str] = TOKENS) -> Picture:
    """Draw the Euclidean distance of each row from each, axes (row, column): dark is near.

    Raises:
        ValueError: there are not as many vectors as ``rows``.
    """
    values = distances(_labelled(matrix, rows))
    picture = _picture(
        max(2.6, 0.36 * len(rows) + 0.9),
        max(2.4, 0.3 * len(rows) + 0.9),
        say(
            "Distance matrix {title} of {rows}: distances from 0 to {most}.",
            title=title,
            rows=", ".join(rows),
            most=f"{values.max():.2f}",
        ),
    )
    with mpl.rc_context(_STYLE):
        axes = picture.figure.subplots()
        norm = Normalize(0, values.max() or 1)
        _cells(axes, values, "cividis", norm, ".1f", fontsize=7 if len(rows) > 5 else 10)
        axes.set(title=title)
        axes.set_xticks(range(len(rows)), rows, rotation=90 if max(map(len, rows)) > 2 else 0)
        axes.set_yticks(range(len(rows)), rows)
    return picture


def token_map(matrix: ArrayLike, title: str = "", rows: Sequence[str] = TOKENS) -> Picture:
    """Draw the rows, axes (row, column), on the plane of their first two principal components.

    A line joins the digits in the order of their value.

    Raises:
        ValueError: there are not as many vectors as ``rows``, or they have one column only.
    """
    points, share = principal_components(_labelled(matrix, rows))
    picture = _picture(
        3.2,
        3.2,
        say(
            "Map of the tokens {title}: the plane shows {share} of the variance.",
            title=title,
            share=f"{share.sum():.0%}",
        ),
    )
    with mpl.rc_context(_STYLE):
        axes = picture.figure.subplots()
        digits = [number for number, name in enumerate(rows) if name.isdigit()]
        axes.plot(*points[digits].T, color=BLUE, linewidth=1)
        for (x, y), name in zip(points, rows, strict=True):
            colour = BLUE if name.isdigit() else VERMILION
            axes.plot(x, y, "o" if name.isdigit() else "s", color=colour, markersize=5)
            axes.annotate(name, (x, y), xytext=(5, 4), textcoords="offset points")
        axes.set(
            title=title,
            xlabel=say("component 1 ({share} of the variance)", share=f"{share[0]:.0%}"),
            ylabel=say("component 2 ({share})", share=f"{share[1]:.0%}"),
        )
        axes.margins(0.15)
    return picture


def distance_against_difference(matrix: ArrayLike, title: str = "") -> Picture:
    """Draw how far apart the vectors of two digits are against how far apart the digits are.

    ``matrix`` has the axes (token, embedding_dim). Each pair of the ten digits is a point.

    Raises:
        ValueError: ``matrix`` has not at least ten rows.
    """
    rows = np.asarray(matrix, dtype=float)
    if rows.ndim != 2 or len(rows) < 10:
        raise ValueError(
            say("The matrix has a row for each of the ten digits, not {shape}.", shape=rows.shape)
        )
    values = distances(rows[:10])
    i, j = np.triu_indices(10, 1)
    near, far = values[i, j][j - i == 1].mean(), values[i, j][j - i >= 7].mean()
    picture = _picture(
        3.2,
        3.0,
        say(
            "Distance of two digits' vectors against the difference of the digits, {title}: {near} "
            "on average for neighbours, {far} for digits 7 or more apart.",
            title=title,
            near=f"{near:.2f}",
            far=f"{far:.2f}",
        ),
    )
    with mpl.rc_context(_STYLE):
        axes = picture.figure.subplots()
        axes.plot(j - i, values[i, j], "o", color=BLUE, markersize=4)
        steps = np.arange(1, 10)
        axes.plot(
            steps,
            [values[i, j][j - i == step].mean() for step in steps],
            color=VERMILION,
            label=say("mean"),
        )
        axes.set(title=title, xlabel=say("difference of the two digits"), ylabel=say("distance"))
        axes.set_ylim(bottom=0)
        axes.set_xticks(steps)
        axes.legend()
    return picture


def states(values: ArrayLike, labels: Sequence[str], title: str = "") -> Picture:
    """Draw hidden states over time, axes (time, units): a row a time step.

    Raises:
        ValueError: there are not as many states as ``labels``.
    """
    rows = _labelled(values, labels)
    picture = _picture(
        6.4,
        0.32 * len(labels) + 1.0,
        say(
            "Hidden states {title}: {count} time steps ({steps}) of {units} units, values from "
            "{least} to {most}.",
            title=title,
            count=len(labels),
            steps=", ".join(labels),
            units=rows.shape[1],
            least=f"{rows.min():.2f}",
            most=f"{rows.max():.2f}",
        ),
    )
    with mpl.rc_context(_STYLE):
        axes = picture.figure.subplots()
        small = rows.shape[1] <= 16
        _cells(axes, rows, "RdBu_r", TwoSlopeNorm(0, -1, 1), ".1f" if small else "", fontsize=7)
        axes.set(title=title, xlabel=say("unit"), ylabel=say("time step"))
        axes.set_xticks(range(0, rows.shape[1], 1 if small else 8))
        axes.set_yticks(range(len(labels)), labels)
    return picture


def distributions(trace: Trace, title: str = "") -> Picture:
    """Draw the distribution of each time step of ``trace``; the choice is framed.

    Raises:
        ValueError: ``trace`` has no time step yet.
    """
    if not trace.steps:
        raise ValueError(say("A trace has at least one time step before it can be drawn."))
    rows = np.stack([step.distribution for step in trace.steps])
    tokens = trace.task.tokens
    inputs = [
        say("{step}: {token} in", step=number, token=tokens[step.token])
        for number, step in enumerate(trace.steps, 1)
    ]
    chosen = [tokens[choice] for choice in trace.choices]
    picture = _picture(
        6.4,
        0.36 * len(rows) + 1.1,
        say(
            "Distribution over the tokens at each time step for {problem} {title}: chosen "
            "{chosen}.",
            problem=trace.problem,
            title=title,
            chosen=", ".join(chosen),
        ),
    )
    with mpl.rc_context(_STYLE):
        axes = picture.figure.subplots()
        _cells(axes, rows, "Blues", Normalize(0, 1), ".2f", fontsize=8)
        for number, choice in enumerate(trace.choices):
            axes.add_patch(
                Rectangle(
                    (choice - 0.46, number - 0.46),
                    0.92,
                    0.92,
                    fill=False,
                    edgecolor=VERMILION,
                    linewidth=2,
                )
            )
        axes.set(title=title or trace.problem, xlabel=say("next token"), ylabel=say("time step"))
        axes.set_xticks(range(len(tokens)), tokens)
        axes.set_yticks(range(len(inputs)), inputs)
    return picture


def curves(
    x: ArrayLike,
    lines: Mapping[str, ArrayLike],
    *,
    xlabel: str | None = None,
    ylabel: str = "",
    title: str = "",
    level: tuple[float, str] | None = None,
    percent: bool = False,
    xlim: tuple[float, float] | None = None,
    xscale: str = "linear",
    width: float = 3.2,
    description: str = "",
) -> Picture:
    """Draw one line a name over ``x``; ``level`` is a dotted horizontal line with its name.

    ``x`` and each line have the axes (point). With ``percent`` a line of shares, from 0 to 1, is
    drawn from 0% to 100%. ``width`` is in inches. Without an ``xlabel`` it is that of epochs;
    without a ``description`` the picture says from where to where each line goes.

    Raises:
        ValueError: a line is not as long as ``x``.
    """
    at = np.asarray(x, dtype=float)
    series = {name: np.asarray(values, dtype=float) for name, values in lines.items()}
    for name, values in series.items():
        if values.shape != at.shape:
            raise ValueError(
                say(
                    "A line has as many values as x has ({wanted}), but {name} has {given}.",
                    wanted=at.size,
                    name=repr(name),
                    given=values.size,
                )
            )
    xlabel = say("epoch") if xlabel is None else xlabel
    description = description or say(
        "{ylabel} against {xlabel} {title}: {lines}.",
        ylabel=ylabel,
        xlabel=xlabel,
        title=title,
        lines="; ".join(starmap(_way, series.items())),
    )
    picture = _picture(width, 2.6, description)
    with mpl.rc_context(_STYLE):
        axes = picture.figure.subplots()
        for (name, values), dashes in zip(
            series.items(), ["-", "--", "-.", ":"] * len(series), strict=False
        ):
            axes.plot(
                at, values, dashes, label=name, marker="o" if at.size < 30 else "", markersize=3
            )
        if level is not None:
            axes.axhline(level[0], color=_INK, linestyle=":", linewidth=1, label=level[1])
        axes.set(title=title, xlabel=xlabel, ylabel=ylabel, xscale=xscale)
        if xscale == "linear" and (at == at.round()).all():
            axes.xaxis.set_major_locator(
                matplotlib.ticker.MaxNLocator("auto", steps=[1, 2, 5, 10], integer=True)
            )
        if xlim is not None:
            axes.set_xlim(xlim)
        if percent:
            axes.set_ylim(-0.03, 1.03)
            axes.yaxis.set_major_formatter(matplotlib.ticker.PercentFormatter(1))
        else:
            axes.set_ylim(bottom=0)
        if len(series) > 2:
            picture.figure.legend(loc="outside lower center", ncols=2)
        elif len(series) > 1 or level is not None:
            axes.legend()
    return picture


def coloured_points(
    points: ArrayLike,
    colour: ArrayLike,
    *,
    xlabel: str,
    ylabel: str,
    colour_label: str,
    title: str = "",
) -> Picture:
    """Draw ``points``, axes (point, 2), each in the ``colour`` of its value, axes (point).

    Raises:
        ValueError: the points have other axes, or there is not one value for each.
    """
    place, value = np.asarray(points, dtype=float), np.asarray(colour, dtype=float)
    if place.ndim != 2 or place.shape[1] != 2 or value.shape != place.shape[:1] or not value.size:
        raise ValueError(
            say(
                "The points have the axes (point, 2) and one value each, not the shapes {points} "
                "and {values}.",
                points=place.shape,
                values=value.shape,
            )
        )
    picture = _picture(
        4.4,
        3.4,
        say(
            "{count} points, {ylabel} against {xlabel} {title}, coloured by {colour} from {least} "
            "to {most}.",
            count=len(place),
            ylabel=ylabel,
            xlabel=xlabel,
            title=title,
            colour=colour_label,
            least=f"{value.min():.0f}",
            most=f"{value.max():.0f}",
        ),
    )
    with mpl.rc_context(_STYLE):
        axes = picture.figure.subplots()
        drawn = axes.scatter(
            place[:, 0], place[:, 1], c=value, cmap="viridis", s=12, edgecolors=_INK, linewidths=0.2
        )
        bar = picture.figure.colorbar(drawn, ax=axes, label=colour_label)
        bar.outline.set_visible(False)
        axes.set(title=title, xlabel=xlabel, ylabel=ylabel)
    return picture


def _way(name: str, values: np.ndarray) -> str:
    if not values.size:
        return name
    return say(
        "{name} from {first} to {last}",
        name=name,
        first=f"{values[0]:.3g}",
        last=f"{values[-1]:.3g}",
    )


def _picture(width: float, height: float, description: str) -> Picture:
    with mpl.rc_context(_STYLE):
        return Picture(width, height, " ".join(description.replace(" :", ":").split()))


def _labelled(matrix: ArrayLike, rows: Sequence[str]) -> np.ndarray:
    values = np.asarray(matrix, dtype=float)
    if values.ndim != 2 or len(values) != len(rows):
        raise ValueError(
            say(
                "The matrix has one row for each of the {count} names, not the shape {shape}.",
                count=len(rows),
                shape=values.shape,
            )
        )
    return values


def _balanced(values: np.ndarray) -> Normalize:
    largest = float(np.abs(values).max()) or 1.0
    return TwoSlopeNorm(0, -largest, largest)


def _cells(
    axes: Axes,
    values: np.ndarray,
    colours: str,
    norm: Normalize,
    form: str,
    *,
    fontsize: float,
) -> None:
    """Fill ``axes`` with one coloured cell a value, first row on top, written in ``form``."""
    colormap: Colormap = mpl.colormaps[colours]
    height, width = values.shape
    axes.pcolormesh(
        np.arange(width + 1) - 0.5, np.arange(height + 1) - 0.5, values, cmap=colormap, norm=norm
    )
    axes.invert_yaxis()
    axes.tick_params(length=0)
    axes.spines[:].set_visible(False)
    if not form:
        return
    for (row, column), value in np.ndenumerate(values):
        luminance = np.dot((0.2126, 0.7152, 0.0722), np.power(colormap(norm(value))[:3], 2.2))
        ink = "black" if luminance > 0.18 else "white"
        axes.text(
            column,
            row,
            f"{value:z{form}}",
            ha="center",
            va="center_baseline",
            color=ink,
            fontsize=fontsize,
        )

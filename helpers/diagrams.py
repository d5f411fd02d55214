"""The architecture of the model as one drawing, in which the part a chapter is about stands out.

There are two of it: the model in use, which reads back what it writes, and the model in training,
which reads the target and learns how far its answer is from it. Both are SVG and can be read in a
light and in a dark page, on a phone and on a desk. Letters take the colour and the font of the text
around them, and a description says in words what is drawn.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from html import escape
from itertools import pairwise

from helpers.pictures import Shown
from helpers.say import say

COLOURS = {
    "embedding": "#009e73",
    "encoder": "#0072b2",
    "context vector": "#b0608a",
    "decoder": "#d55e00",
    "training": "#8f6f00",
}
"""The parts that can be lit, in the order of the data, each with its colour."""

PROBLEM = ("PAD", "PAD", "PAD", "5", "0", "+", "9", "EOS")
"""What the encoder reads: ``50+9``, padded to eight time steps."""

ANSWER = ("5", "9", "EOS", "PAD", "PAD")
"""What the decoder writes in use. In training it is the target."""

IN_TRAINING = ("5", "8", "EOS", "PAD", "PAD")
"""What the decoder writes in training: it reads the right tokens, and one answer is wrong."""

INPUT = ("PAD", *ANSWER[:-1])
"""What the decoder reads: in use its answer of the time step before, in training the target's."""

IN_USE = tuple(name for name in COLOURS if name != "training")
"""The parts that are drawn when the model is in use."""

INK = 12
"""The percentage of ink in a colour: it is darker in a light page, and lighter in a dark one."""

MUTED_TEXT, MUTED_LINE = 0.8, 0.6
"""How much of the ink is left in the letters and in the lines of a part that is not lit."""

# Lengths are in units of the drawing. On a phone, with room for 312 pixels, one is 0.84 pixels.
_WIDTH = 371
_PIXELS = 480  # the width where the page has room for it
_SMALL, _LARGE = 12, 13  # letters
_HEAD = 5  # of an arrow
_ROUND = 5  # a corner of a line
_GAP = 3  # between an arrow and what it leads to
_BOX, _BOX_HEIGHT = 27, 26
_CELL, _CELL_HEIGHT = 5.4, 10  # of the vector of a token: five are as wide as a box
_CONTEXT_CELL, _CONTEXT_HEIGHT = 12, 14
_PILL, _PILL_HEIGHT = 36, 18
_FRAME = 17  # of a wrong token
_SIGN = 8  # from the middle of a sign to the line beside it

# The middle of each column, from the left.
_ENCODER = [94 + 36 * step for step in range(len(PROBLEM))]
_DECODER = [109 + 50 * step for step in range(len(ANSWER))]
_CONTEXT, _LOSS = 224, 349
_LANES = 81, 367  # where a line goes down past other rows

# The middle of each row, from the top.
_PROBLEM_ROW, _ENCODER_VECTORS, _ENCODER_ROW, _ENCODER_TIME = 9, 36, 68, 95
_CONTEXT_ROW = 126
_INPUT_ROW, _DECODER_VECTORS, _DECODER_ROW, _ANSWER_ROW = 158, 185, 217, 250
_LOSS_ROW, _TARGET_ROW = 271, 292
_TIME_BELOW = 25  # from the last row of the decoder to its arrow of time

# Of a time step of the GRU: the middles of its gates and of where the state branches; its rows.
_BRANCH, _RESET, _UPDATE, _CANDIDATE = 45, 110, 190, 290
_STATE_ROW, _SHARE_ROW, _RESET_ROW, _GATE_ROW = 34, 64, 92, 126

# How dark the cells of a vector are, from 1 to 9. A token has one vector, wherever it is read.
_VECTORS = {
    "PAD": (2, 5, 3, 8, 4),
    "5": (7, 3, 9, 2, 5),
    "0": (3, 8, 5, 4, 9),
    "+": (9, 2, 4, 7, 3),
    "9": (5, 9, 2, 6, 8),
    "EOS": (4, 6, 8, 3, 7),
}
_CONTEXT_VECTOR = (3, 8, 5, 9, 2, 6, 4, 7, 9, 3, 5, 8, 2, 7, 4, 6)

_Point = tuple[float, float]
_Way = Sequence[_Point]


@dataclass(frozen=True, repr=False)
class Diagram(Shown):
    """A drawing that a page shows as SVG in its own colours, and a notebook as an image."""

    svg: str
    description: str
    lit: tuple[str, ...]

    def __repr__(self) -> str:
        return (
            f"<Diagram of the encoder-decoder, lit: {', '.join(self.lit)}>"
            if self.lit
            else "<Diagram>"
        )

    def page(self) -> str:
        """Return the SVG."""
        return self.svg


def architecture(*lit: str) -> Diagram:
    """Draw the encoder-decoder on ``50+9``, with the parts named in ``lit`` lit.

    The parts are those of ``COLOURS``. With ``"training"`` among them the model is drawn in
    training, else in use. When none is named, all of the model in use are lit.

    Raises:
        ValueError: there is no part of that name.
    """
    for name in lit:
        if name not in tuple(COLOURS):
            *names, last = COLOURS
            raise ValueError(
                say(
                    "A part is one of {names} and {last}, not {given}.",
                    names=", ".join(names),
                    last=last,
                    given=repr(name),
                )
            )
    chosen = tuple(name for name in COLOURS if name in (lit or IN_USE))
    trains = "training" in chosen
    description = _description(chosen)
    last_row = _TARGET_ROW if trains else _ANSWER_ROW
    height = last_row + _TIME_BELOW + 9
    pieces = [
        _opened(description, height),
        _time(_ENCODER, _ENCODER_TIME),
        _time(_DECODER, last_row + _TIME_BELOW),
        _embedding("embedding" in chosen),
        _encoder("encoder" in chosen),
        _decoder("decoder" in chosen, reads_back=not trains),
        _context_vector("context vector" in chosen),
        _row("problem", PROBLEM, _ENCODER, _PROBLEM_ROW, {"embedding", "encoder"} & {*chosen}),
        _row("input", INPUT, _DECODER, _INPUT_ROW, {*chosen} - {"encoder", "context vector"}),
    ]
    if trains:
        pieces += [
            _row("answer", IN_TRAINING, _DECODER, _ANSWER_ROW, {*chosen}),
            _row("target", ANSWER, _DECODER, _TARGET_ROW, {*chosen}),
            _training(),
        ]
    else:
        pieces.append(_row("answer", ANSWER, _DECODER, _ANSWER_ROW, {"decoder"} & {*chosen}))
    return Diagram("\n".join([*pieces, "</svg>"]), description, chosen)


def gru_step() -> Diagram:
    """Draw one time step of a GRU: two gates, a candidate, and the state on its way.

    The state is drawn in the colour of the encoder, what is read in that of the embedding.
    """
    description = say(
        "One time step of a GRU. The old state and the vector that is read go into the update gate "
        "u and the reset gate r. The old state times r, and the vector, go into the candidate c. "
        "The new state is the old one times u, plus c times 1 minus u."
    )
    state: list[_Way] = [
        [(34, _STATE_ROW), (_UPDATE - _SIGN, _STATE_ROW)],
        [(_UPDATE + _SIGN, _STATE_ROW), (_CANDIDATE - _SIGN, _STATE_ROW)],
        [(_CANDIDATE + _SIGN, _STATE_ROW), (336, _STATE_ROW)],
        [(_BRANCH, _RESET_ROW), (_RESET - _SIGN, _RESET_ROW)],
        [(_RESET + _SIGN, _RESET_ROW), (250, _RESET_ROW), (250, _GATE_ROW), _beside(_CANDIDATE)],
        [(_BRANCH, _STATE_ROW), (_BRANCH, 178), (_UPDATE - 5, 178), _below(_UPDATE - 5)],
        [(_RESET - 5, 178), _below(_RESET - 5)],
    ]
    read: list[_Way] = [
        [(150, 162), (_RESET + 5, 162), _below(_RESET + 5)],
        [(150, 162), (_CANDIDATE, 162), _below(_CANDIDATE)],
        [(_UPDATE + 5, 162), _below(_UPDATE + 5)],
    ]
    top = _GATE_ROW - _BOX_HEIGHT / 2
    gates: list[_Way] = [
        [(_RESET, top), (_RESET, _RESET_ROW + _SIGN)],
        [(_UPDATE, top), (_UPDATE, _STATE_ROW + _SIGN)],
        [(_UPDATE, _SHARE_ROW), (_CANDIDATE - _SIGN, _SHARE_ROW)],
        [(_CANDIDATE, top), (_CANDIDATE, _SHARE_ROW + _SIGN)],
        [(_CANDIDATE, _SHARE_ROW - _SIGN), (_CANDIDATE, _STATE_ROW + _SIGN)],
    ]
    boxes = [
        _tag("rect", x=x - _BOX / 2, y=top, width=_BOX, height=_BOX_HEIGHT, rx=4)
        for x in (_RESET, _UPDATE, _CANDIDATE)
    ]
    signs = {
        (_UPDATE, _STATE_ROW): "×",
        (_CANDIDATE, _STATE_ROW): "+",
        (_CANDIDATE, _SHARE_ROW): "×",
        (_RESET, _RESET_ROW): "×",
    }
    circles = [_tag("circle", cx=x, cy=y, r=_SIGN) for x, y in signs]
    words = [
        *(_text(sign, *place, size=_LARGE) for place, sign in signs.items()),
        *(
            _letter(name, x, _GATE_ROW)
            for name, x in (("r", _RESET), ("u", _UPDATE), ("c", _CANDIDATE))
        ),
        _letter("h", 14, _STATE_ROW, below="t−1"),
        _letter("h", 348, _STATE_ROW, below="t"),
        _letter("x", 150, 208, below="t"),
        _text("1 − u", 240, _SHARE_ROW - 9, muted=True),
        _label(say("state"), _STATE_ROW - 18, muted=True),
    ]
    pieces = [
        _opened(description, 216),
        _coloured("encoder", _arrows(state)),
        _coloured("embedding", _lines([[(150, 198), (150, 162)]]), _arrows(read)),
        _tag("g", _arrows(gates), *circles, *boxes, stroke="currentColor", stroke_width=1.4),
        *words,
        "</svg>",
    ]
    return Diagram("\n".join(pieces), description, ())


def _description(lit: Sequence[str]) -> str:
    problem = ", ".join(PROBLEM).replace("+", say("plus"))
    read, right, wrong = (", ".join(tokens) for tokens in (INPUT, ANSWER, IN_TRAINING))
    trains = "training" in lit
    sentences = [
        say("An encoder-decoder in training on 50+9.")
        if trains
        else say("An encoder-decoder at work on 50+9."),
        say("Embedding: each token that is read is looked up as a vector of five numbers."),
        say(
            "Encoder: eight GRU boxes, time steps 1 to 8, read {tokens}; an arrow, the hidden "
            "state, leads from each box to the next.",
            tokens=problem,
        ),
        say("Context vector: the last hidden state, sixteen numbers, leads to the decoder."),
    ]
    if trains:
        sentences += [
            say(
                "Decoder: five GRU boxes, time steps 1 to 5, read {read} and write {written}.",
                read=read,
                written=wrong,
            ),
            say(
                "Training: the target is {target}; each of its tokens is read at the next time "
                "step, whatever the answer was.",
                target=right,
            ),
            say("The answer is compared with the target: the second token is wrong."),
            say("The comparisons make the loss, and from it an update leads back."),
        ]
    else:
        sentences.append(
            say(
                "Decoder: five GRU boxes, time steps 1 to 5, read {read} and write {written}; each "
                "written token is read at the next time step.",
                read=read,
                written=right,
            )
        )
    if lit == IN_USE:
        sentences.append(say("All parts are lit."))
    else:
        names = _part_names()
        sentences.append(say("Lit: {parts}.", parts=", ".join(names[part] for part in lit)))
    return " ".join(sentences)


def _part_names() -> dict[str, str]:
    """Return what is written at each part."""
    return {
        "embedding": say("embedding"),
        "encoder": say("encoder"),
        "context vector": say("context vector"),
        "decoder": say("decoder"),
        "training": say("training"),
    }


def _row_names() -> dict[str, str]:
    """Return what is written at each row of tokens."""
    return {
        "problem": say("problem"),
        "input": say("input"),
        "answer": say("answer"),
        "target": say("target"),
    }


# The parts.


def _embedding(lit: bool) -> str:
    vectors: list[str] = []
    arrows: list[_Way] = []
    for tokens, columns, row, to in (
        (PROBLEM, _ENCODER, _PROBLEM_ROW, _ENCODER_VECTORS),
        (INPUT, _DECODER, _INPUT_ROW, _DECODER_VECTORS),
    ):
        for token, x in zip(tokens, columns, strict=True):
            levels = _VECTORS[token] if lit else [0] * 5
            vectors.append(_cells(x, to, _CELL, _CELL_HEIGHT, levels))
            arrows.append([(x, row + 8), (x, to - _CELL_HEIGHT / 2 - _GAP)])
    names = [
        *_names(_ENCODER_VECTORS, lit, "embedding"),
        *_names(_DECODER_VECTORS, lit, "embedding"),
    ]
    return _part("embedding", lit, [*vectors, _arrows(arrows)], names)


def _encoder(lit: bool) -> str:
    shapes = _recurrent(_ENCODER, _ENCODER_VECTORS, _ENCODER_ROW)
    return _part("encoder", lit, shapes, _names(_ENCODER_ROW, lit, "encoder", "GRU"))


def _context_vector(lit: bool) -> str:
    levels = _CONTEXT_VECTOR if lit else [0] * 16
    vector = _cells(_CONTEXT, _CONTEXT_ROW, _CONTEXT_CELL, _CONTEXT_HEIGHT, levels)
    left, right = _LANES
    here: _Way = [
        (_ENCODER[-1] + _BOX / 2, _ENCODER_ROW),
        (right, _ENCODER_ROW),
        (right, _CONTEXT_ROW),
        (_CONTEXT + 8 * _CONTEXT_CELL + _GAP, _CONTEXT_ROW),
    ]
    away: _Way = [
        (_CONTEXT - 8 * _CONTEXT_CELL, _CONTEXT_ROW),
        (left, _CONTEXT_ROW),
        (left, _DECODER_ROW),
        (_DECODER[0] - _BOX / 2 - _GAP, _DECODER_ROW),
    ]
    words = _part_names()["context vector"].split(" ", 1)
    names = [
        _label(word, _CONTEXT_ROW + 14 * (number - (len(words) - 1) / 2), bold=lit, muted=not lit)
        for number, word in enumerate(words)
    ]
    return _part("context vector", lit, [vector, _arrows([here, away])], names)


def _decoder(lit: bool, reads_back: bool) -> str:
    bottom = _DECODER_ROW + _BOX_HEIGHT / 2
    writes: list[_Way] = [[(x, bottom), (x, _ANSWER_ROW - 9)] for x in _DECODER]
    shapes = [*_recurrent(_DECODER, _DECODER_VECTORS, _DECODER_ROW), _arrows(writes)]
    if reads_back:
        shapes.append(_to_next_input(_ANSWER_ROW))
    return _part("decoder", lit, shapes, _names(_DECODER_ROW, lit, "decoder", "GRU"))


def _to_next_input(row: float) -> str:
    """Draw an arrow from each token of ``ANSWER`` in a row to where it is read a step later."""
    ways: list[_Way] = []
    for token, (here, there) in zip(ANSWER, pairwise(_DECODER), strict=False):
        room, between = 8 if len(token) == 1 else 17, (here + there) / 2
        ways.append(
            [
                (here + room, row),
                (between, row),
                (between, _INPUT_ROW),
                (there - room, _INPUT_ROW),
            ]
        )
    return _arrows(ways, dashed=True)


def _training() -> str:
    signs, frames = _comparison()
    left, top = _LOSS - _PILL / 2, _LOSS_ROW - _PILL_HEIGHT / 2
    mark = _tag(
        "rect",
        class_="loss",
        x=left,
        y=top,
        width=_PILL,
        height=_PILL_HEIGHT,
        rx=_PILL_HEIGHT / 2,
        fill_opacity=0.16,
    )
    compared: list[_Way] = []  # with a gap where a token of the target goes up
    for here, there in pairwise(_DECODER):
        between = (here + there) / 2
        compared.append([(here + _SIGN, _LOSS_ROW), (between - _GAP, _LOSS_ROW)])
        compared.append([(between + _GAP, _LOSS_ROW), (there - _SIGN, _LOSS_ROW)])
    summed: _Way = [(_DECODER[-1] + _SIGN, _LOSS_ROW), (left - _GAP, _LOSS_ROW)]
    update: _Way = [
        (_LOSS, top),
        (_LOSS, _DECODER_ROW),
        (_DECODER[-1] + _BOX / 2 + _GAP, _DECODER_ROW),
    ]
    lines = [_to_next_input(_TARGET_ROW), _lines(compared), _arrows([summed, update])]
    words = [
        *_names(_LOSS_ROW, True, "training"),
        *signs,
        _text(say("loss"), _LOSS, _LOSS_ROW),
        _text(say("update"), _LOSS, _DECODER_ROW - 12),
    ]
    return _part("training", True, [*lines, *frames, mark], words)


def _comparison() -> tuple[list[str], list[str]]:
    """Write a sign between each token of the answer and the target; frame what is wrong."""
    signs, frames = [], []
    for x, written, right in zip(_DECODER, IN_TRAINING, ANSWER, strict=True):
        if written == right:
            signs.append(_text("=", x, _LOSS_ROW, size=_LARGE))
        else:
            signs.append(_text("≠", x, _LOSS_ROW, size=_LARGE, bold=True))
            corner = {"x": x - _FRAME / 2, "y": _ANSWER_ROW - _FRAME / 2}
            frames.append(_tag("rect", class_="wrong", **corner, width=_FRAME, height=_FRAME, rx=3))
    return signs, [_tag("g", *frames, fill="none")]


def _recurrent(columns: Sequence[float], vectors: float, row: float) -> list[str]:
    """Draw a row of boxes, what each reads, and the hidden state from each to the next."""
    top, bottom = row - _BOX_HEIGHT / 2, vectors + _CELL_HEIGHT / 2
    boxes = [
        _tag("rect", x=x - _BOX / 2, y=top, width=_BOX, height=_BOX_HEIGHT, rx=4) for x in columns
    ]
    read = [[(x, bottom), (x, top - _GAP)] for x in columns]
    state = [
        [(here + _BOX / 2, row), (there - _BOX / 2 - 1, row)] for here, there in pairwise(columns)
    ]
    return [_tag("g", *boxes, class_="boxes", fill_opacity=0.16), _arrows(read + state)]


# What the parts are made of.


def _opened(description: str, height: float) -> str:
    """Return the opening tag of a drawing."""
    return (
        f'<svg class="picture architecture" role="img" aria-label="{escape(description)}" '
        f'viewBox="0 0 {_WIDTH} {height}" width="{_PIXELS}" '
        f'height="{_PIXELS * height / _WIDTH:.0f}" fill="none" font-family="inherit" '
        'style="display:block;height:auto;margin-inline:auto;max-width:100%">'
    )


def _ink(name: str) -> str:
    """Return the colour of a part, nearer to that of the letters."""
    return f"color-mix(in srgb, {COLOURS[name]}, currentColor {INK}%)"


def _coloured(name: str, *shapes: str) -> str:
    """Draw shapes in the colour of a part."""
    return _tag("g", *shapes, stroke="currentColor", color=_ink(name), stroke_width=1.8)


def _letter(name: str, x: float, row: float, *, below: str = "") -> str:
    """Write a letter of a formula, with an index."""
    index = _tag("tspan", below, font_size=9, dy=3) if below else ""
    return _tag(
        "text",
        f'<tspan font-style="italic">{name}</tspan>{index}',
        x=x,
        y=row + 0.35 * _LARGE,
        font_size=_LARGE,
        text_anchor="middle",
        fill="currentColor",
    )


def _beside(x: float) -> _Point:
    """Return where an arrow meets the left of a gate."""
    return x - _BOX / 2 - _GAP, _GATE_ROW


def _below(x: float) -> _Point:
    """Return where an arrow meets the bottom of a gate."""
    return x, _GATE_ROW + _BOX_HEIGHT / 2 + _GAP


def _part(name: str, lit: bool, shapes: Iterable[str], texts: Iterable[str]) -> str:
    """Put a part together: its shapes in its colour if it is lit, else thin and pale."""
    drawn = _tag(
        "g",
        *shapes,
        stroke="currentColor",
        color=_ink(name) if lit else None,
        fill="currentColor" if lit else None,
        stroke_width=1.8 if lit else None,
        opacity=None if lit else MUTED_LINE,
    )
    return _tag("g", drawn, *texts, class_="part lit" if lit else "part", data_part=name)


def _row(
    name: str, tokens: Sequence[str], columns: Sequence[float], row: float, lit: set[str]
) -> str:
    """Write the tokens of a row, and at its left what they are."""
    written = [
        _text(token, x, row, size=_LARGE, muted=not lit)
        for token, x in zip(tokens, columns, strict=True)
    ]
    label = _label(_row_names()[name], row, muted=not lit)
    return _tag("g", label, *written, class_="tokens", data_row=name)


def _time(columns: Sequence[float], row: float) -> str:
    """Number the time steps of a row of boxes, on an arrow."""
    room = 6.5
    steps = [[(here + room, row), (there - room, row)] for here, there in pairwise(columns)]
    last = [(columns[-1] + room, row), (columns[-1] + _BOX / 2 + 3, row)]
    numbers = [_text(str(step), x, row, muted=True) for step, x in enumerate(columns, 1)]
    return _tag(
        "g",
        _tag("g", _lines(steps), _arrows([last]), stroke="currentColor", opacity=MUTED_LINE),
        _label(say("time"), row, muted=True),
        *numbers,
        class_="time",
    )


def _names(row: float, lit: bool, name: str, layer: str = "") -> list[str]:
    """Write the name of a part at the left of a row, and below it what the row is made of."""
    label = _part_names()[name]
    if not layer:
        return [_label(label, row, bold=lit, muted=not lit)]
    return [
        _label(label, row - 7, bold=lit, muted=not lit),
        _label(layer, row + 7, muted=not lit),
    ]


def _label(text: str, row: float, *, bold: bool = False, muted: bool = False) -> str:
    """Write text at the left edge."""
    return _text(text, 0, row, anchor="start", bold=bold, muted=muted)


def _text(
    text: str,
    x: float,
    row: float,
    *,
    anchor: str = "middle",
    size: float = _SMALL,
    bold: bool = False,
    muted: bool = False,
) -> str:
    """Write text; its capitals have their middle at the height of the row."""
    return _tag(
        "text",
        escape(text, quote=False),
        x=x,
        y=row + 0.35 * size,
        font_size=size,
        font_weight="bold" if bold else None,
        text_anchor=anchor,
        fill="currentColor",
        fill_opacity=MUTED_TEXT if muted else None,
    )


def _cells(x: float, row: float, width: float, height: float, levels: Sequence[int]) -> str:
    """Draw a vector with its middle at ``x``: a cell for each level, which is from 0 to 9."""
    left = x - width * len(levels) / 2
    cells = [
        _tag(
            "rect",
            x=left + width * number,
            y=row - height / 2,
            width=width,
            height=height,
            fill_opacity=level / 10,
        )
        for number, level in enumerate(levels)
    ]
    return _tag("g", *cells, class_="vector", stroke_width=0.8)


def _lines(ways: Iterable[_Way], dashed: bool = False) -> str:
    """Draw lines from point to point."""
    if dashed:  # from the end: there a dash meets the head of the arrow
        ways = [way[::-1] for way in ways]
    path = "".join(map(_path, ways))
    return _tag("path", d=path, fill="none", stroke_dasharray="3 2" if dashed else None)


def _arrows(ways: Iterable[_Way], dashed: bool = False) -> str:
    """Draw lines with a head at their last point."""
    lines, heads = [], ""
    for way in ways:
        x, y = way[-1]
        across, down = _direction(way[-2], way[-1])
        lines.append([*way[:-1], (x - across * (_HEAD - 1), y - down * (_HEAD - 1))])
        heads += (
            f"M{x:g} {y:g}l{-5 * across - 2.5 * down:g} {-5 * down - 2.5 * across:g}"
            f"l{5 * down} {5 * across}z"
        )
    return _lines(lines, dashed) + _tag("path", d=heads, fill="currentColor", stroke="none")


def _path(way: _Way) -> str:
    """Return the path from point to point, with round corners."""
    path = f"M{way[0][0]:g} {way[0][1]:g}"
    for before, (x, y), after in zip(way, way[1:], way[2:], strict=False):
        (left, up), (right, down) = _direction((x, y), before), _direction((x, y), after)
        path += (
            f"L{x + left * _ROUND:g} {y + up * _ROUND:g}"
            f"Q{x:g} {y:g} {x + right * _ROUND:g} {y + down * _ROUND:g}"
        )
    return path + f"L{way[-1][0]:g} {way[-1][1]:g}"


def _direction(here: _Point, there: _Point) -> tuple[int, int]:
    """Return where a line goes that is level or upright: 1 or -1 in the one, 0 in the other."""
    (x, y), (to_x, to_y) = here, there
    return (to_x > x) - (to_x < x), (to_y > y) - (to_y < y)


def _tag(element: str, *content: str, **attributes: str | float | None) -> str:
    """Return an element with the attributes that have a value."""
    said = ""
    for name, value in attributes.items():
        if value is not None:
            text = value if isinstance(value, str) else f"{value:g}"
            said += f' {name.strip("_").replace("_", "-")}="{text}"'
    if not content:
        return f"<{element}{said}/>"
    between = "" if element in ("text", "tspan") else "\n"
    return f"<{element}{said}>{between}{between.join(content)}{between}</{element}>"

"""What ``make bench`` has measured: how its tables are kept, read and shown.

``results.json`` beside this file holds the last full run. Chapters read it with `load`.

Chapters: *Training* and *Benchmarks*.
"""

import json
import re
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass, field
from html import escape
from pathlib import Path
from typing import Any

from helpers.say import say

FILE = Path(__file__).with_name("results.json")
"""The last full run."""

Cell = str | float | list[float] | None
"""A text, a number, a median with the lowest and the highest of its kind, or nothing."""


@dataclass(frozen=True, repr=False)
class Table:
    """Rows that were measured side by side; a notebook shows it as a table."""

    title: str
    columns: tuple[str, ...]
    """The first names the row. A unit stands behind a name, in brackets."""
    rows: dict[str, list[Cell]] = field(default_factory=dict)
    note: str = ""

    def add(self, name: str, *cells: Cell) -> None:
        """Add a row.

        Raises:
            ValueError: there is not one cell for each column behind the first.
        """
        if len(cells) != len(self.columns) - 1:
            raise ValueError(f"A row of this table has {len(self.columns) - 1} cells.")
        self.rows[name] = list(cells)

    def part(self, rows: Sequence[str], columns: Sequence[str]) -> "Table":
        """Return a table of some of the rows and columns, in the order named.

        Raises:
            KeyError: there is no such row.
            ValueError: there is no such column.
        """
        places = [self.columns.index(column) - 1 for column in columns]
        return Table(
            self.title,
            (self.columns[0], *columns),
            {row: [self.rows[row][place] for place in places] for row in rows},
            self.note,
        )

    def __getitem__(self, place: tuple[str, str]) -> Any:
        """Return the text or the number at a row and a column, of a measured one the median."""
        row, column = place
        cell = self.rows[row][self.columns.index(column) - 1]
        return cell[0] if isinstance(cell, list) else cell

    def __repr__(self) -> str:
        lines = [list(self.columns), *self._texts()]
        widths = [max(map(len, column)) for column in zip(*lines, strict=True)]
        said = [
            "  ".join(
                text.rjust(width) if number else text.ljust(width)
                for number, (text, width) in enumerate(zip(line, widths, strict=True))
            ).rstrip()
            for line in lines
        ]
        return "\n".join([self.title, "", *said, *(["", self.note] if self.note else [])])

    def _repr_html_(self) -> str:
        head = "".join(
            f'<th scope="col">{escape(name)}</th>' if name else "<td></td>" for name in self.columns
        )
        body = "".join(
            f'<tr><th scope="row">{escape(name)}</th>'
            + "".join(f"<td>{_with_spread_below(escape(text))}</td>" for text in texts)
            + "</tr>"
            for name, *texts in self._texts()
        )
        note = f'<p class="measured-note">{escape(self.note)}</p>' if self.note else ""
        return (
            f'<div class="scroll" role="group" aria-label="{escape(self.title)}" tabindex="0">'
            f'<table class="measured"><caption>{escape(self.title)}</caption>'
            f"<thead><tr>{head}</tr></thead><tbody>{body}</tbody></table></div>{note}"
        )

    def _texts(self) -> Iterator[list[str]]:
        for name, cells in self.rows.items():
            yield [
                name,
                *(
                    as_text(cell, percent=column.endswith("(%)"))
                    for column, cell in zip(self.columns[1:], cells, strict=True)
                ),
            ]


@dataclass
class Results:
    """One run of the benchmarks."""

    machine: dict[str, str]
    tables: dict[str, Table] = field(default_factory=dict)
    curves: dict[str, list[float]] = field(default_factory=dict)
    """Exact match on the validation part after each epoch, for each way to train."""
    seconds: float = 0.0
    """What the whole run took."""
    noise: float = 1.0
    """How many times as long as the shorter one the longer of two equal trainings took."""

    def save(self, file: Path) -> None:
        """Write the run to a file."""
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(json.dumps(asdict(self), indent=1) + "\n", encoding="utf-8")


def load(file: Path = FILE) -> Results:
    """Return the last full run.

    Raises:
        ValueError: there is none.
    """
    try:
        values = json.loads(file.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise ValueError(say("There are no results here: `make bench` makes them.")) from error
    tables = {
        name: Table(**{**table, "columns": tuple(table["columns"])})
        for name, table in values.pop("tables").items()
    }
    return Results(**values, tables=tables)


def as_text(cell: Cell, *, percent: bool = False) -> str:
    """Return a cell as it is shown: ``12.3``, or ``12.3 (11.9 to 13.0)``."""
    if cell is None:
        return say("not reached")
    if isinstance(cell, str):
        return cell
    numbers = cell if isinstance(cell, list) else [cell]
    middle, *others = [
        f"{number:{_format(numbers, percent)}}" for number in _scaled(numbers, percent)
    ]
    if not others or len({middle, *others}) == 1:
        return middle
    lowest, highest = others
    return say("{middle} ({lowest} to {highest})", middle=middle, lowest=lowest, highest=highest)


def _with_spread_below(text: str) -> str:
    return re.sub(r" \((.+)\)$", r"<br><small>\1</small>", text)


def _scaled(numbers: Sequence[float], percent: bool) -> list[float]:
    return [100 * number for number in numbers] if percent else list(numbers)


def _format(numbers: Sequence[float], percent: bool) -> str:
    """Return the format of all numbers of a cell, by the first: about three figures."""
    size = abs(numbers[0])
    if percent:
        return ".2f" if size > 0.9 else ".1f"
    if all(number == int(number) for number in numbers) or size >= 99.95:
        return ",.0f"
    if size < 0.0995:
        return ".2g"
    return ",.1f" if size >= 9.995 else ",.2f"

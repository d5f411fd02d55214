"""Stands in for the output of a cell."""

from dataclasses import dataclass, field

from IPython.display import HTML

from helpers import plots


@dataclass
class Screen:
    """Stands in for a notebook: keeps every state of the one output that is drawn anew."""

    shown: list[str] = field(default_factory=list)

    def display(self, shown: HTML | plots.Row) -> None:
        """Show the first state."""
        assert not self.shown
        self._show(shown)

    def update(self, shown: HTML | plots.Row) -> None:
        """Show another state in its place."""
        assert self.shown
        self._show(shown)

    def _show(self, shown: HTML | plots.Row) -> None:
        self.shown.append(shown.page() if isinstance(shown, plots.Row) else str(shown.data))

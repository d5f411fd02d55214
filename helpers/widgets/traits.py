"""Traits that take numpy's numbers as well as Python's, and no bool for a number."""

from typing import Any

import traitlets

from helpers.numbers import is_number, is_whole


class Whole(traitlets.Int[Any, Any]):
    """A whole number, kept as an int."""

    def validate(self, obj: Any, value: Any) -> int:
        """Return the int, or raise a `traitlets.TraitError`."""
        if not is_whole(value):
            self.error(obj, value)
        return super().validate(obj, int(value))


class Number(traitlets.Float[float, Any]):
    """A number, kept as a float."""

    def validate(self, obj: Any, value: Any) -> float:
        """Return the float, or raise a `traitlets.TraitError`."""
        if not is_number(value):
            self.error(obj, value)
        return super().validate(obj, float(value))

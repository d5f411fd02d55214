"""What counts as a number: Python's and numpy's kinds alike, and no bool."""

from typing import TypeGuard

import numpy as np


def is_whole(value: object) -> TypeGuard[int]:
    """Tell whether ``value`` is a whole number: an int or a numpy integer, but no bool."""
    return isinstance(value, (int, np.integer)) and not isinstance(value, bool)


def is_number(value: object) -> TypeGuard[float]:
    """Tell whether ``value`` is a whole number or a float of either kind."""
    return is_whole(value) or isinstance(value, (float, np.floating))

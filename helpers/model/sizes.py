"""The sizes of a model, as they are given."""

from helpers.numbers import is_whole
from helpers.say import say


def check_sizes(**sizes: int) -> list[int]:
    """Return sizes as whole numbers.

    Raises:
        TypeError: a size is no whole number.
        ValueError: a size is smaller than 1.
    """
    for name, size in sizes.items():
        if not is_whole(size):
            raise TypeError(_no_size(name, repr(size)))
        if size < 1:
            raise ValueError(_no_size(name, str(size)))
    return [int(size) for size in sizes.values()]


def _no_size(name: str, given: str) -> str:
    return say("{name} is a whole number of at least 1, not {given}.", name=name, given=given)

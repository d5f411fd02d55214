"""What the book's ways cost, side by side with others': ``make bench``."""

import helpers  # noqa: F401, it sets up Keras, which the modules import first

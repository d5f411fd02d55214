"""What the book's ways cost, side by side with others': ``make bench``."""

"""The tests of the book: its helpers, its notebooks and its pages."""

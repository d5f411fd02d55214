"""Turns the sources into a tested book; no chapter needs anything from here.

``accept`` runs the notebooks and stores their outputs, ``provenance`` knows what these were made
from, and ``build`` makes the pages. ``site`` is what extensions share. The others are extensions of
Sphinx:

* what a page holds: ``outputs`` shows what notebooks keep for it and lets the widgets live,
  ``formulas`` writes formulas as MathML, ``entries`` explains the helpers, ``trail`` shows the way
  through the chapters, ``metadata`` says what a page is about;
* what the theme writes: ``theme`` corrects each page as it is written, so that all can read it and
  nothing comes from elsewhere; ``fonts``, ``icons`` and ``styles`` cut away each letter, icon and
  rule that no page uses;
* whether a page is right: ``links`` follows its links, ``not_found`` is the page for what is not
  there, ``downloads`` says in a notebook what it needs.
"""

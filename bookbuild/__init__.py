"""Turns the sources into a tested book; no chapter needs anything from here.

``accept`` runs the notebooks and stores their outputs, ``provenance`` knows what these were made
from, and ``build`` makes the pages. ``site`` is what extensions share. The others are extensions of
Sphinx:

* what a page holds: ``outputs`` shows what notebooks keep for it and lets the widgets live,
  ``formulas`` writes formulas as MathML, ``entries`` explains the helpers, ``trail`` shows the way
  through the chapters, ``metadata`` says what a page is about;
* what a page needs: ``offline`` nothing from the network, ``scripts`` only scripts of the site,
  ``fonts``, ``icons`` and ``styles`` no letter, icon or rule more than the pages use;
* whether a page is right: ``pages`` names its parts, ``links`` follows its links, ``not_found`` is
  the page for what is not there.
"""

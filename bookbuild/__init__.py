"""Turns the sources into a tested book; no chapter needs anything from here.

``accept`` runs the notebooks and stores their outputs, ``provenance`` knows what these were made
from, and ``build`` makes the pages of an ``edition``. ``messages`` collects the sentences for those
who translate them. ``site`` is what extensions share, and ``changed`` leaves pages as they are that
have not changed. The others are extensions of Sphinx:

* what a page holds: ``outputs`` shows what notebooks keep for it and lets the widgets live,
  ``formulas`` writes formulas as MathML, ``entries`` explains the helpers;
* what is around it: ``theme``, with the templates beside it;
* what a page needs: ``fonts`` and ``styles`` leave no letter, icon or rule more than the pages use;
* whether a page is right: ``links`` follows its links;
* what a reader takes along: ``downloads`` says in a notebook what it needs.
"""

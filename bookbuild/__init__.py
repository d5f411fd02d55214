"""Turns the sources into a tested book; no chapter needs anything from here.

``build`` makes the pages, and ``accept`` runs the notebooks and stores their outputs. The others
are Sphinx extensions: ``offline`` makes the pages need no network, ``live_widgets`` lets the
widgets live without a kernel, ``formulas`` writes formulas as MathML, ``entries`` explains the
helpers, ``pages`` leaves out what a page does not use and names its parts, and ``icons`` cuts the
icon fonts.
"""

"""Turns the sources into a tested book; no chapter needs anything from here.

``build`` makes the pages, ``offline`` is the Sphinx extension that makes them need no network, and
``accept`` runs the notebooks and stores their outputs.
"""

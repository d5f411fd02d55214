"""A Sphinx extension: formulas are MathML, made when the book is built, and need no script.

Browsers know MathML Core, a part of the MathML that latex2mathml writes, and space the parts of a
formula by rules of their own. So what is not in the core is put in its words, and the signs and the
names of functions are spaced as LaTeX spaces them.

Sphinx asks for a renderer of formulas and numbers them; ``tests/test_pages.py`` fails where
it would do so otherwise, ``test_formulas.py`` where latex2mathml writes other elements.
"""

import re
from html import escape, unescape
from xml.etree.ElementTree import Element, tostring

from docutils import nodes
from latex2mathml.converter import convert_to_element
from sphinx.application import Sphinx
from sphinx.locale import _
from sphinx.util import logging
from sphinx.util.math import get_node_equation_number
from sphinx.util.typing import ExtensionMetadata
from sphinx.writers.html5 import HTML5Translator

# latex2mathml knows this environment by another name.
ALIGNED = re.compile(r"(\\(?:begin|end))\{(?:align\*?|aligned)\}")
# MathML Core has no names for spaces.
SPACES = {
    "thinmathspace": "0.1667em",
    "thickmathspace": "0.2778em",
    "negativethinmathspace": "-0.1667em",
    "negativemediummathspace": "-0.2222em",
    "negativethickmathspace": "-0.2778em",
}
TIGHT = {"lspace": "0", "rspace": "0"}
THIN = SPACES["thinmathspace"]
SIGNS = {"+", "\N{MINUS SIGN}", "\N{PLUS-MINUS SIGN}"}
CLOSING = {")", "]", "}", "|"}
# How many parts these have.
SCRIPTS = {"msub": 2, "msup": 2, "msubsup": 3, "munder": 2, "mover": 2, "munderover": 3}
PARTS = {"mfrac": 2, "mroot": 2, **SCRIPTS}

logger = logging.getLogger(__name__)


class FormulaError(Exception):
    """A formula cannot be shown as MathML; the message says why."""


def to_mathml(latex: str, display: str) -> str:
    """Return a formula as a ``<math>`` element, ``inline`` or as a ``block``.

    Raises:
        FormulaError: The formula is not right, or it holds something unknown.
    """
    try:
        math = convert_to_element(ALIGNED.sub(r"\1{split}", latex), display=display)
    except Exception as error:  # the exceptions of latex2mathml have no class in common
        raise FormulaError(type(error).__name__) from error
    for element in math.iter():
        if element.text:
            if element.text.startswith("\\") or (element.text == "&" and element.tag != "mtext"):
                raise FormulaError(f"{element.text} means nothing here")
            element.text = unescape(element.text)  # it was meant to be written as it is
        if len(element) != PARTS.get(element.tag, len(element)):
            raise FormulaError("a fraction, a root or an index lacks a part")
        if element.tag == "menclose" or "linebreak" in element.attrib:
            raise FormulaError("a browser shows no frames, and no lines outside of `aligned`")
        if element.tag == "mspace" and "width" in element.attrib:
            width = SPACES.get(element.attrib["width"], element.attrib["width"])
            element.set("width", width)
            if width[0] == "-":  # such a width counts for nothing, but such a margin does
                element.set("style", f"margin-inline-start: {width}")
    for element in math.iter():
        space(element)
    del math.attrib["xmlns"]
    math.set("alttext", " ".join(latex.split()))
    return tostring(math, encoding="unicode")


def space(element: Element) -> None:
    """Space the signs and the names of functions among the children of an element."""
    children = [None, *element, None]
    for before, child, after in zip(children, element, children[2:], strict=False):
        core = child
        while core.tag in SCRIPTS:
            core = core[0]
        if core.tag in {"mi", "mo"} and len(core.text or "") > 1:
            core.tag = "mo"
            ordinary = before is not None and before.tag not in {"mo", "mspace"}
            bracket = after is None or (after.tag == "mo" and "minsize" not in after.attrib)
            core.set("lspace", THIN if ordinary else "0")
            core.set("rspace", "0" if bracket else THIN)
        elif core.tag == "mo" and (core.text == "/" or len(element) == 1):
            core.attrib.update(TIGHT)
        elif core.text in SIGNS and before is not None and before.tag == "mo":
            core.set("form", "infix" if before.text in CLOSING else "prefix")
    if element.tag in SCRIPTS:
        for script in element[1:]:
            for operator in script.iter("mo"):
                operator.attrib.update(TIGHT)


def from_node(node: nodes.math | nodes.math_block, display: str) -> str:
    """Return the formula of a node; where there is none, warn, which fails the build."""
    latex = node.astext()
    try:
        return to_mathml(latex, display)
    except FormulaError as error:
        logger.warning("The formula %s cannot be shown: %s.", latex, error, location=node)
        return escape(latex)


def visit_math(self: HTML5Translator, node: nodes.math) -> None:
    """Write a formula in a line of text."""
    self.body.append(self.starttag(node, "span", "", CLASS="math notranslate nohighlight"))
    self.body.append(from_node(node, "inline") + "</span>")
    raise nodes.SkipNode


def visit_displaymath(self: HTML5Translator, node: nodes.math_block) -> None:
    """Write a formula of its own, with its number if it has one."""
    self.body.append(self.starttag(node, "div", CLASS="math notranslate nohighlight"))
    label = _("Equation")
    if node["number"]:
        number = get_node_equation_number(self, node)
        label = f"{label} {number}"
        self.body.append(f'<span class="eqno">({number})')
        self.add_permalink_ref(node, _("Link to this equation"))
        self.body.append("</span>")
    # A formula wider than the page scrolls, with the keyboard as well.
    self.body.append(f'<div class="formula" role="group" aria-label="{label}" tabindex="0">')
    self.body.append(from_node(node, "block") + "</div></div>\n")
    raise nodes.SkipNode


def setup(app: Sphinx) -> ExtensionMetadata:
    """Register the extension with Sphinx."""
    app.add_html_math_renderer("mathml", (visit_math, None), (visit_displaymath, None))
    return {"version": "1", "parallel_read_safe": True, "parallel_write_safe": True}

"""How formulas become MathML that browsers lay out as LaTeX does."""

from xml.etree.ElementTree import Element, fromstring

import pytest

from bookbuild.formulas import FormulaError, to_mathml


def parsed(latex: str, display: str = "block") -> Element:
    """Return the MathML of a formula."""
    return fromstring(to_mathml(latex, display))


def operator(math: Element, text: str) -> Element:
    """Return the first operator of a formula that reads so."""
    return next(element for element in math.iter("mo") if element.text == text)


def test_a_formula_keeps_its_source() -> None:
    """The source is in the element, for programs and for readers who hear the page."""
    math = parsed('a < \\text{"b"}\n', display="inline")
    assert (math.tag, math.get("display")) == ("math", "inline")
    assert math.get("alttext") == 'a < \\text{"b"}'
    assert "".join(math.itertext()) == 'a<"b"'


@pytest.mark.parametrize("name", ["aligned", "align", "align*", "split"])
def test_lines_are_aligned_at_the_sign(name: str) -> None:
    """A line is a row; what stands before the sign goes to the right, the sign to the left."""
    math = parsed(rf"\begin{{{name}}} a &= b \\ c &= d \end{{{name}}}")
    rows = list(math.iter("mtr"))
    assert [[cell.get("columnalign") for cell in row] for row in rows] == [["right", "left"]] * 2
    assert ["".join(row.itertext()) for row in rows] == ["a=b", "c=d"]


def test_a_sum_has_its_limits_below_and_above() -> None:
    """In a formula of its own, a sum is large."""
    limits = next(parsed(r"\sum_{n=1}^{N} x_n").iter("munderover"))
    assert ["".join(part.itertext()) for part in limits] == ["∑", "n=1", "N"]


def test_a_sign_after_an_operator_belongs_to_what_follows() -> None:
    """It is not spaced as the sign of a difference."""
    assert operator(parsed("x = -y"), "−").get("form") == "prefix"
    assert operator(parsed("(x) - y"), "−").get("form") != "prefix"
    assert operator(parsed("x - y"), "−").get("form") is None


def test_names_of_functions_keep_a_distance() -> None:
    """But not from a bracket."""
    name = operator(parsed(r"2 \log p"), "log")
    assert float(str(name.get("lspace"))[:-2]) > 0 < float(str(name.get("rspace"))[:-2])
    assert operator(parsed(r"\exp(p)"), "exp").get("rspace") == "0"


def test_what_is_small_or_alone_is_not_spaced() -> None:
    """The sign in an index, a stroke between numbers, an operator that is named in a sentence."""
    for latex, sign in ((r"h_{t-1}", "−"), ("1/14", "/"), (r"\odot", "⊙")):
        assert operator(parsed(latex), sign).get("lspace") == "0"


def test_a_negative_space_draws_together() -> None:
    """It is a margin: MathML Core has no negative widths."""
    space = next(parsed(r"a\!b").iter("mspace"))
    assert space.get("style") == "margin-inline-start: -0.1667em"


@pytest.mark.parametrize(
    "latex", [r"\frac{1}", r"x_", r"\nonsense{x}", "a & b", r"a \\ b", r"\boxed{x}", r"\left( x"]
)
def test_a_formula_that_would_not_be_seen_is_refused(latex: str) -> None:
    """Nothing is left out without a word."""
    with pytest.raises(FormulaError, match=r"\w"):
        to_mathml(latex, "block")

"""What all widgets have in common."""

import json
from pathlib import Path
from typing import Any

import pytest
import traitlets

from helpers.diagrams import architecture
from helpers.pictures import PAGE
from helpers.widgets import base
from helpers.widgets.base import STATE, BookWidget, Still


@pytest.fixture(autouse=True)
def module(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The module of the widget below."""
    monkeypatch.setattr(base, "JS", tmp_path)
    path = tmp_path / "counter.js"
    path.write_text("export default { render() {} };\n", encoding="utf-8")
    return path


class Counter(BookWidget):
    """A widget with two numbers that belong together."""

    module = "counter.js"
    least = traitlets.Int(0).tag(sync=True)
    count = traitlets.Int(0).tag(sync=True)

    @traitlets.validate("count")
    def _check_count(self, proposal: traitlets.Bunch) -> int:
        if proposal.value < self.least:
            raise ValueError("A count is not below the least.")
        if proposal.value > 9:
            raise TypeError("A count has one digit.")
        return proposal.value

    def still(self) -> Still:
        """Return a drawing, and the number as something that breaks a page if it is not HTML."""
        return Still(architecture(), f"<p>{self.count}</p>")


def test_what_is_shown() -> None:
    """A front end gets the live widget, a page without scripts its still, and a terminal a name."""
    counter = Counter(count=3)
    data, metadata = counter._repr_mimebundle_()
    assert repr(counter) == "<Counter>"
    assert data[PAGE] == f"{architecture().svg}<p>3</p>"
    drawn, about = architecture()._repr_mimebundle_()
    assert {**drawn, PAGE: data[PAGE]}.items() < data.items()
    assert metadata == about
    view = data["application/vnd.jupyter.widget-view+json"]
    assert view["model_id"] == counter.model_id
    known = json.loads(data[STATE])
    assert known == {"widget": "counter", "late": False, "state": counter.page_state()}
    assert len(data) == 5


def test_what_a_page_has_to_know() -> None:
    """The public traits, without those of the library and those that it computes itself."""
    assert Counter(count=3).page_state() == {"count": 3, "kernel": False, "least": 0}
    counter = Counter(count=3)
    counter.computed = ("count",)
    assert counter.page_state() == {"kernel": False, "least": 0}
    assert counter.kernel is True


def test_a_change_of_the_module_is_seen(module: Path) -> None:
    """By the next widget that is made, in the same kernel."""
    assert Counter().get_state()["_esm"] == "export default { render() {} };\n"
    module.write_text("export default { render() { done(); } };\n", encoding="utf-8")
    module.with_suffix(".css").write_text("a {}\n", encoding="utf-8")
    state = Counter().get_state()
    assert (state["_esm"], state["_css"]) == (
        "export default { render() { done(); } };\n",
        "a {}\n",
    )


def test_with_a_kernel() -> None:
    """In a notebook Python computes, and nobody can say otherwise from Python."""
    counter = Counter()
    assert counter.get_state()["kernel"] is True
    assert counter.get_state()["computed"] == ()
    with pytest.raises(traitlets.TraitError):
        counter.kernel = False


@pytest.mark.parametrize("count", [-1, 10])
def test_a_value_that_is_not_allowed(count: int) -> None:
    """It is refused with the words of the check, and the old value stays."""
    counter = Counter(count=3)
    with pytest.raises(ValueError, match="A count") as caught:
        counter.count = count
    assert isinstance(caught.value, traitlets.TraitError)
    assert counter.count == 3


@pytest.mark.parametrize(
    "message",
    [
        {"count": -1},
        {"count": 10},
        {"count": -1, "least": -3, "kernel": "no"},
        {"least": 5, "count": 4},
        {"count": 4, "least": 5},
        {"least": 1, "count": "two"},
    ],
)
def test_a_message_that_is_not_allowed(message: dict[str, Any]) -> None:
    """Of what the front end sends at once, all is taken or nothing; nobody hears of the latter."""
    counter = Counter(count=3)
    heard: list[traitlets.Bunch] = []
    counter.observe(heard.append, ["least", "count", "kernel"])
    with pytest.raises(traitlets.TraitError):
        counter.set_state(message)
    assert (counter.least, counter.count, counter.kernel) == (0, 3, True)
    assert heard == []
    counter.set_state({"least": -5, "count": -4})
    assert (counter.least, counter.count) == (-5, -4)
    assert [(change.name, change.new) for change in heard] == [("least", -5), ("count", -4)]

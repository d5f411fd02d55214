"""How modules become one text, and what all widgets have in common."""

import json
import re
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import traitlets

from helpers.diagrams import architecture
from helpers.pictures import PAGE
from helpers.widgets import base
from helpers.widgets.base import STATE, STATIC, BookWidget, Still, module_text, style_text

JOINED = re.compile(
    r"^const (\w+)_module = \(\(\) => \{\n(.*?)^return \{ ?([^}]*?) ?\};\n\}\)\(\);\n",
    re.MULTILINE | re.DOTALL,
)
TAKEN = re.compile(r"^const \{([^}]*)\} = (\w+)_module;$", re.MULTILINE)
IMPORTED = re.compile(r'^import \{[^}]*\} from "\./(\w+)\.js";$', re.MULTILINE)

SOURCES = {path.stem: path.read_text(encoding="utf-8") for path in sorted(STATIC.glob("*.js"))}
WIDGETS = [name for name, source in SOURCES.items() if "export default" in source]

# What a widget hands to a worker, as a text.
WORKERS = re.findall(r'"\./(\w+)\.js" with \{ type: "text" \}', "".join(SOURCES.values()))

every_widget = pytest.mark.parametrize("name", WIDGETS)


def names(text: str) -> list[str]:
    """Return the names in a list with commas, over one line or several."""
    return [name.strip() for name in text.split(",") if name.strip()]


def joined(text: str) -> dict[str, list[str]]:
    """Return the modules in front of a widget's own and what each of them exports, in order."""
    return {module: names(exported) for module, _, exported in JOINED.findall(text)}


def needed(name: str) -> set[str]:
    """Return all modules that a module of the book needs, straight away or by way of others."""
    straight = set(IMPORTED.findall(SOURCES[name]))
    return straight.union(*(needed(module) for module in straight))


# The modules of the book.


@every_widget
def test_one_module_without_imports(name: str) -> None:
    """The text imports nothing, and the one thing it exports is the widget."""
    text = module_text(name)
    assert not re.search(r"^ *import\b", text, re.MULTILINE)
    (export,) = re.findall(r"^ *export\b.*", text, re.MULTILINE)
    assert export.startswith("export default ")


@every_widget
def test_all_that_is_needed_is_there_once(name: str) -> None:
    """Every module that is needed stands in the text, none of them twice, and no other."""
    found = [module for module, _, _ in JOINED.findall(module_text(name))]
    assert sorted(found) == sorted(needed(name))


@every_widget
def test_what_is_taken_from_a_module_is_in_it(name: str) -> None:
    """A module stands before those that take something from it, and has what they take."""
    text = module_text(name)
    there = joined(text)
    found = 0
    for taking in TAKEN.finditer(text):
        wanted, module = names(taking[1]), taking[2]
        assert set(wanted) <= set(there[module]), f"{module}.js exports {there[module]}"
        assert text.index(f"const {module}_module = ") < taking.start()
        found += 1
    assert found == text.count("_module;\n")
    assert found >= len(there) > 0


@pytest.mark.parametrize("name", sorted(set(SOURCES) - {*WIDGETS, *WORKERS}))
def test_every_export_is_handed_on(name: str) -> None:
    """What a shared module exports is what it returns, whatever kind of thing it is."""
    exported = re.findall(
        r"^export (?:async )?(?:function\*?|class|const|let|var) (\w+)", SOURCES[name], re.MULTILINE
    )
    assert len(exported) == len(re.findall(r"^export\b", SOURCES[name], re.MULTILINE)) > 0
    texts = [module_text(top) for top in (*WIDGETS, *WORKERS) if name in needed(top)]
    assert texts, f"neither a widget nor a worker needs {name}.js"
    for text in texts:
        assert joined(text)[name] == exported


@pytest.mark.parametrize("name", WORKERS)
def test_a_worker_stands_in_a_widget_as_a_text(name: str) -> None:
    """It imports and exports nothing, and the text of the widget holds it as it is."""
    text = module_text(name)
    assert not re.search(r"^ *(import|export)\b", text, re.MULTILINE)
    assert any(json.dumps(text) in module_text(widget) for widget in WIDGETS)


@every_widget
def test_style_sheet(name: str) -> None:
    """The style sheet that all share comes first, so that a widget's own can differ."""
    shared = (STATIC / "parts.css").read_text(encoding="utf-8")
    own = (STATIC / f"{name}.css").read_text(encoding="utf-8")
    assert style_text(name) == f"{shared}\n{own}"
    assert not re.search(r"@import|url\(", style_text(name))


@every_widget
def test_the_rules_of_a_widget_count_more_than_shared_ones(name: str) -> None:
    """In a page with several widgets the shared style sheet also stands behind that of each."""
    sheet = re.sub(
        r"/\*.*?\*/", "", (STATIC / f"{name}.css").read_text(encoding="utf-8"), flags=re.S
    )
    rules = re.findall(r"([^{}]+)\{[^{}]*\}", re.sub(r"@[^{]*\{", "", sheet))
    own = f".book-widget.{name.replace('_', '-')}"
    selectors = [one.strip() for rule in rules for one in re.split(r",\s*\n", rule)]
    assert len(selectors) > 20
    assert [one for one in selectors if not one.startswith(own)] == []


# Tiny modules.


@pytest.fixture
def modules(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[..., None]]:
    """A function that writes modules, which are then joined in place of the book's."""
    monkeypatch.setattr(base, "STATIC", tmp_path)
    module_text.cache_clear()
    style_text.cache_clear()

    def write(**texts: str) -> None:
        for name, text in texts.items():
            (tmp_path / f"{name}.js").write_text(text, encoding="utf-8")

    yield write
    module_text.cache_clear()
    style_text.cache_clear()


def test_a_module_that_needs_none(modules: Callable[..., None]) -> None:
    """It stays as it is."""
    modules(alone="export default { render() {} };\n")
    assert module_text("alone") == "export default { render() {} };\n"


def test_the_text_of_two_modules(modules: Callable[..., None]) -> None:
    """The one that is needed becomes a function that is called at once."""
    modules(
        widget='import { one } from "./parts.js";\n\nexport default { one };\n',
        parts="export const one = 1;\n",
    )
    assert module_text("widget") == (
        "const parts_module = (() => {\n"
        "const one = 1;\n"
        "return { one };\n"
        "})();\n"
        "\n"
        "const { one } = parts_module;\n"
        "\n"
        "export default { one };\n"
    )


def test_all_kinds_of_exports(modules: Callable[..., None]) -> None:
    """Functions, classes, constants and async functions are handed on, private things are not."""
    modules(
        widget='import { a, B, c, d } from "./parts.js";\nexport default [a, B, c, d];\n',
        parts=(
            "export function a() {}\n"
            "export class B {}\n"
            "export const c = 1;\n"
            "export async function d() {}\n"
            "function e() {}\n"
            "const f = 2;\n"
        ),
    )
    text = module_text("widget")
    assert joined(text) == {"parts": ["a", "B", "c", "d"]}
    assert "\nasync function d() {}\n" in text
    assert text.count("export") == 1


def test_an_import_over_several_lines(modules: Callable[..., None]) -> None:
    """It takes the same names as one in a single line."""
    modules(
        widget='import {\n  a,\n  b,\n} from "./parts.js";\nexport default [a, b];\n',
        parts="export const a = 1;\nexport const b = 2;\n",
    )
    text = module_text("widget")
    assert [(names(wanted), module) for wanted, module in TAKEN.findall(text)] == [
        (["a", "b"], "parts")
    ]
    assert "import" not in text


def test_the_order_of_the_modules(modules: Callable[..., None]) -> None:
    """A module that several others need comes once, before the first of them."""
    modules(
        widget=(
            'import { far } from "./far.js";\n'
            'import { near } from "./near.js";\n'
            'import { root } from "./root.js";\n'
            "export default [far, near, root];\n"
        ),
        far='import { near } from "./near.js";\nimport { root } from "./root.js";\n'
        "export const far = near + root;\n",
        near='import { root } from "./root.js";\nexport const near = root + 1;\n',
        root="export const root = 1;\n",
    )
    text = module_text("widget")
    assert list(joined(text)) == ["root", "near", "far"]
    for module in ("root", "near", "far"):
        assert text.count(f"const {module}_module = ") == 1
    assert "const { near } = near_module;\nconst { root } = root_module;\nconst far" in text


def test_private_names_stay_private(modules: Callable[..., None]) -> None:
    """Two modules and the widget may each have a `helper` of their own."""
    helper = "const helper = 1;\n"
    modules(
        widget='import { a } from "./one.js";\nimport { b } from "./two.js";\n'
        f"{helper}export default [a, b, helper];\n",
        one=f"{helper}export const a = helper;\n",
        two=f"{helper}export const b = helper;\n",
    )
    text = module_text("widget")
    bodies = {module: body for module, body, _ in JOINED.findall(text)}
    assert all(helper in body for body in bodies.values())
    assert JOINED.sub("", text).count(helper) == 1


def test_words_in_the_text_are_left_alone(modules: Callable[..., None]) -> None:
    """Only statements count, not the same words in a comment or a string."""
    said = '// import { a } from "./none.js";\nconst text = "export const x = 1";\n'
    modules(widget=f"{said}export default text;\n")
    assert module_text("widget") == f"{said}export default text;\n"


def test_a_module_that_is_not_there(modules: Callable[..., None]) -> None:
    """It is named."""
    modules(widget='import { a } from "./gone.js";\nexport default a;\n')
    with pytest.raises(FileNotFoundError, match=r"gone\.js"):
        module_text("widget")


# What all widgets have in common.


class Counter(BookWidget):
    """A widget with two numbers that belong together."""

    _esm = "export default { render() {} };"
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
    assert known == {"widget": "test_widget_base", "late": False, "state": counter.page_state()}
    assert len(data) == 5


def test_what_a_page_has_to_know() -> None:
    """The public traits, without those of the library and those that it computes itself."""
    assert Counter(count=3).page_state() == {"count": 3, "kernel": False, "least": 0}
    counter = Counter(count=3)
    counter.computed = ("count",)
    assert counter.page_state() == {"kernel": False, "least": 0}
    assert counter.kernel is True


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

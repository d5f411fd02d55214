"""A Sphinx extension: the page of the helpers, as short to read as the helpers are to use.

``sphinx.ext.autodoc`` writes the entries, ``sphinx.ext.viewcode`` the pages of source code, and
``sphinx_codeautolink`` makes the names in code cells links to the entries. Here

* signatures are shortened, so that they can be read on a phone;
* constants lead to their source code as well;
* a name such as ``problems.parse`` in a docstring becomes a link;
* each entry says in which chapters it is used;
* a variable is no link, whatever is in it.

The last two look at HTML, where entries and links have the classes that Sphinx and
sphinx_codeautolink give them, and at what the latter keeps of code. If these change,
``tests/test_helpers_page.py`` fails.
"""

import ast
import dataclasses
import re
from collections.abc import Iterable
from html import escape
from pathlib import Path
from typing import Any

from bs4 import BeautifulSoup, Tag
from docutils import nodes
from numpy.typing import ArrayLike
from sphinx import addnodes
from sphinx.application import Sphinx
from sphinx.environment import BuildEnvironment
from sphinx.ext.autodoc.preserve_defaults import update_defvalue
from sphinx.locale import _
from sphinx.pycode import ModuleAnalyzer
from sphinx.util.inspect import signature, stringify_signature
from sphinx.util.typing import ExtensionMetadata, stringify_annotation
from traitlets import HasTraits

from bookbuild.build import documents
from bookbuild.theme import short

PACKAGE = "helpers"

# How the pages that Sphinx and sphinx_codeautolink write show an entry, and a link in code.
ENTRY = "dl.py > dt[id]"
CODE_LINK = "a.sphinx-codeautolink-a"

ARRAY_LIKE = re.compile(re.escape(stringify_annotation(ArrayLike, "smart")))

Tags = dict[str, tuple[str, int, int]]


def shorten(
    app: Sphinx, what: str, name: str, thing: Any, options: Any, arguments: str, returned: str
) -> tuple[str, str]:
    """Return the signature of an entry; that of a record is the list of its fields below it."""
    if what == "class" and (dataclasses.is_dataclass(thing) or issubclass(thing, tuple)):
        return "", ""
    if what == "class" and issubclass(thing, HasTraits):  # its __new__ takes anything
        update_defvalue(app, thing.__init__, True)
        begun = signature(thing.__init__, bound_method=True)
        arguments = stringify_signature(
            begun, show_return_annotation=False, unqualified_typehints=True
        )
    return ARRAY_LIKE.sub("ArrayLike", arguments or ""), returned


def find_source(app: Sphinx, module: str) -> tuple[str, Tags]:
    """Return the code of a module and the lines of what it defines, constants included."""
    analyzer = ModuleAnalyzer.for_module(module)
    analyzer.find_tags()
    constants = {
        node.target.id: ("other", node.lineno, node.end_lineno or node.lineno)
        for node in ast.parse(analyzer.code).body
        if isinstance(node, ast.AnnAssign) and isinstance(node.target, ast.Name)
    }
    return analyzer.code, {**constants, **analyzer.tags}


def find_module(app: Sphinx, module: str, name: str) -> str | None:
    """Return the module of a constant, which does not know it; None for all else."""
    return module if name.isupper() else None


def resolve(
    app: Sphinx, env: BuildEnvironment, node: addnodes.pending_xref, text: nodes.TextElement
) -> nodes.Element | None:
    """Let what a docstring calls ``problems.parse`` be ``helpers.problems.parse``.

    A type of a library that is not imported here is called by the last of its names.
    """
    if node["refdomain"] != "py":
        return None
    library, *others = node["reftarget"].split(".")
    if library in app.config.autodoc_mock_imports and others:
        return nodes.inline("", others[-1])
    target = f"{PACKAGE}.{node['reftarget']}"
    domain = env.get_domain("py")
    return domain.resolve_xref(env, node["refdoc"], app.builder, "obj", target, node, text)


def is_variable(link: Tag, entry: str) -> bool:
    """Tell whether what a link shows is a variable, and not the name of the entry it leads to."""
    *before, last = link.get_text().split(".")
    *_, owner, own = ["", *entry.split(".")]
    left = link.previous_sibling
    alone = not before and not (left and left.get_text().endswith("."))
    return last != own or (alone and owner[:1].isupper())  # such an owner is a class


def unlink_variables(app: Sphinx, page: BeautifulSoup) -> None:
    """Let no variable be a link.

    ``arrays = problems.arrays("50+9")`` uses the class ``Arrays``, but names only the function.
    """
    for link in page.select(f"section {CODE_LINK}"):
        if is_variable(link, str(link["href"]).partition("#")[2].removeprefix("module-")):
            link.unwrap()


def uses_in(blocks: Iterable[Any]) -> dict[str, str]:
    """Return the entries that the code of a page uses, each with the section of its first use."""
    uses: dict[str, str] = {}
    for block in blocks:
        for name in block.names:
            used = name.resolved_location
            while used:  # the use of a method is a use of its class
                uses.setdefault(used, block.example.ref_id)
                used = used.rpartition(".")[0]
    return uses


def say_uses(
    app: Sphinx, page: str, template: str, context: dict[str, Any], doctree: nodes.document | None
) -> None:
    """Say in each entry of a page in which chapters it is used, with links to the first uses."""
    if doctree is None or not any(True for _ in doctree.findall(addnodes.desc)):
        return
    blocks = getattr(app.env, "sphinx_codeautolink_transforms", {})
    uses = {name: uses_in(blocks.get(name, ())) for name in documents(Path(app.srcdir))}
    body = BeautifulSoup(context["body"], "html.parser")
    for head in body.select(f"section > {ENTRY}"):
        links = [
            f'<a class="reference internal" href="{app.builder.get_relative_uri(page, document)}'
            f'#{used[str(head["id"])]}">{escape(short(app.env.titles[document].astext()))}</a>'
            for document, used in uses.items()
            if head["id"] in used
        ]
        content = head.find_next_sibling("dd")
        if links and content is not None:
            said = _("Used in: {chapters}").format(chapters=", ".join(links))
            line = BeautifulSoup(f"<p>{said}</p>", "html.parser")
            own = content.find("dl", class_="py", recursive=False)
            (own.insert_before if own else content.append)(line)
    context["body"] = str(body)


def setup(app: Sphinx) -> ExtensionMetadata:
    """Register the extension with Sphinx."""
    app.setup_extension("sphinx.ext.viewcode")  # it names two of the events
    app.connect("autodoc-process-signature", shorten)
    app.connect("viewcode-find-source", find_source)
    app.connect("viewcode-follow-imported", find_module)
    app.connect("missing-reference", resolve)
    app.setup_extension("bookbuild.site")
    app.connect("html-page-context", say_uses)
    app.connect("page-written", unlink_variables)
    return {"version": "1", "parallel_read_safe": True, "parallel_write_safe": True}

"""A Sphinx extension: the page of the helpers, as short to read as the helpers are to use.

``sphinx.ext.autodoc`` writes the entries, ``sphinx.ext.viewcode`` the pages of source code, and
``sphinx_codeautolink`` makes the names in code cells links to the entries. Here

* signatures are shortened, so that they can be read on a phone;
* constants lead to their source code as well;
* a name such as ``problems.parse`` in a docstring becomes a link;
* each entry says in which chapters it is used;
* a variable is no link, whatever is in it.
"""

import ast
import dataclasses
import re
from collections import defaultdict
from pathlib import Path
from typing import Any

from docutils import nodes
from numpy.typing import ArrayLike
from sphinx import addnodes
from sphinx.application import Sphinx
from sphinx.domains.python import ObjectEntry
from sphinx.environment import BuildEnvironment
from sphinx.ext.autodoc.preserve_defaults import update_defvalue
from sphinx.pycode import ModuleAnalyzer
from sphinx.util.inspect import signature, stringify_signature
from sphinx.util.typing import ExtensionMetadata, stringify_annotation
from sphinx_codeautolink.parse import LinkContext, Name
from traitlets import HasTraits

from bookbuild.build import documents
from bookbuild.trail import short

PACKAGE = "helpers"

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
    """Let what a docstring calls ``problems.parse`` be ``helpers.problems.parse``."""
    if node["refdomain"] != "py":
        return None
    target = f"{PACKAGE}.{node['reftarget']}"
    domain = env.get_domain("py")
    return domain.resolve_xref(env, node["refdoc"], app.builder, "obj", target, node, text)


def collect_uses(app: Sphinx, env: BuildEnvironment) -> None:
    """Note where each entry is used; then let no variable be a link.

    ``arrays = problems.arrays("50+9")`` uses the class ``Arrays``, but names only the function.
    """
    uses: dict[str, dict[str, str]] = defaultdict(dict)
    cells = getattr(env, "sphinx_codeautolink_transforms", {})  # none where no page is made
    objects = env.get_domain("py").objects  # type: ignore[attr-defined]
    for document in (document for document in documents(Path(app.srcdir)) if document in cells):
        for cell in cells[document]:
            for name in cell.names:
                anchor = objects[name.resolved_location].node_id
                while anchor:  # the use of a method is a use of its class
                    uses[anchor].setdefault(document, cell.example.ref_id)
                    anchor = anchor.rpartition(".")[0]
            cell.names = [name for name in cell.names if is_named(name, objects)]
    env.entry_uses = uses  # type: ignore[attr-defined]


def is_named(name: Name, objects: dict[str, ObjectEntry]) -> bool:
    """Tell whether a name in a cell is the name of the entry it leads to, not a variable's."""
    entry: str = name.resolved_location
    *before, last = name.code_str.split(".")
    variable = not before and name.context == LinkContext.none
    member = objects[entry].objtype in ("attribute", "method", "property")
    return last == entry.split(".")[-1] and not (variable and member)


def say_uses(app: Sphinx, doctree: nodes.document, docname: str) -> None:
    """Say in each entry of a page in which chapters it is used, with links to the first uses."""
    for entry in doctree.findall(addnodes.desc):
        if entry["domain"] != "py" or isinstance(entry.parent, addnodes.desc_content):
            continue
        head, content = entry.children
        assert isinstance(head, nodes.Element) and isinstance(content, nodes.Element)
        uses = app.env.entry_uses[head["ids"][0]]  # type: ignore[attr-defined]
        line = nodes.paragraph("", "Used in: ")
        for document, section in uses.items():
            title = short(app.env.titles[document].astext())
            address = f"{app.builder.get_relative_uri(docname, document)}#{section}"
            line += nodes.reference("", title, internal=True, refuri=address)
            line += nodes.Text(", ")
        if uses:
            line.pop()
            members = content.first_child_matching_class(addnodes.desc)
            content.insert(len(content) if members is None else members, line)


def setup(app: Sphinx) -> ExtensionMetadata:
    """Register the extension with Sphinx."""
    app.setup_extension("sphinx.ext.viewcode")  # it names two of the events
    app.connect("autodoc-process-signature", shorten)
    app.connect("viewcode-find-source", find_source)
    app.connect("viewcode-follow-imported", find_module)
    app.connect("missing-reference", resolve)
    app.connect("env-updated", collect_uses, priority=600)  # after sphinx_codeautolink
    app.connect("doctree-resolved", say_uses)
    return {"version": "1", "parallel_read_safe": True, "parallel_write_safe": True}

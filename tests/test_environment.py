"""The environment that ``make`` installs, and in which all runs: nothing in it is the reader's own.

The `reader` of these tests has settings in all places that the book's programs look at. Each of
them changes what comes out, or lets something fail.
"""

import json
import os
import re
import signal
import subprocess
import sys
from pathlib import Path
from urllib.error import URLError
from urllib.request import proxy_bypass, urlopen

import nbformat
import pytest
from bs4 import BeautifulSoup
from nbclient import NotebookClient

from bookbuild import accept
from bookbuild.build import ROOT, notebooks
from bookbuild.provenance import KEY, made_from
from tests.engines import wait_until
from tests.files import write_files

pytestmark = pytest.mark.slow  # kernels are started

Environment = dict[str, str]

PYTHON = [sys.executable, "-m"]
MAKE = [
    *("make", "--assume-old=.venv/installed"),
    f"BIN={os.path.relpath(Path(sys.executable).parent, ROOT)}",
]
"""Runs a target in the environment in which the tests run, without a look at what it needs."""

ROUNDED = "import numpy\nnumpy.set_printoptions(precision=2)\n"
FILES = {
    ".config/matplotlib/matplotlibrc": "figure.dpi: 200\ntext.usetex: True\n",
    ".ipython/profile_default/startup/00.py": ROUNDED,
    ".jupyter/jupyter_server_config.py": "c.ServerApp.contents_manager_class = 'gone.Manager'\n",
    ".jupyter/labconfig/page_config.json": '{"disabledExtensions": {"jupyterlab-myst": true}}',
    ".config/pip/pip.conf": "[install]\nuser = true\nrequire-hashes = true\n",
    ".keras/keras.json": '{"floatx": "float64", "image_data_format": "channels_first"}',
    "jupyter/kernels/python3/kernel.json": '{"argv": ["false"], "display_name": "own"}',
    "python/helpers.py": "raise ImportError('These are not the helpers of the book.')\n",
    "start.py": ROUNDED,
}
"""What a reader has at home."""
OF_ANYONE = ("IPYTHON", "JUPYTER", "KERAS", "LC_", "MAKE", "PYTEST", "PYTHON", "TF_")
"""How the variables begin that are set here, by ``make`` and by the tests."""
FOR_MAKE_ALONE = {
    "LC_ALL": "C",
    "MPLBACKEND": "gone",
    "PYTHONHOME": "/gone",
    "PYTHONWARNINGS": "error",
}
"""What no Python can start with, or only one that stops soon."""

STORED = {
    """
from helpers import decoding, pretrained
import keras
import numpy as np
print(keras.config.backend(), keras.config.floatx(), keras.config.image_data_format())
""": "tensorflow float32 channels_last\n",
    """
model = pretrained.load("notes")
print(decoding.answers(model, ["50+9"]))
""": "['59']\n",
    """
import os
print(os.environ.get("BOOK_LANGUAGE", "en"))
""": "en\n",
    "print(np.ones(2) / 3)": "[0.33333333 0.33333333]\n",
    """
try:
    assert False
except AssertionError:
    print("An assertion counts.")
""": "An assertion counts.\n",
}
"""Cells, and what they print."""
ACCEPT = (
    "import pathlib, sys; from bookbuild import accept; accept.accept(pathlib.Path(sys.argv[1]))"
)


@pytest.fixture
def reader(tmp_path: Path) -> Environment:
    """Return the environment variables of a reader who has settings everywhere."""
    home = tmp_path / "home"
    write_files(home, FILES)
    ours = {name: value for name, value in os.environ.items() if not name.startswith(OF_ANYONE)}
    return ours | {
        "BOOK_LANGUAGE": "ko",
        "COLUMNS": "20",
        "HOME": str(home),
        "JUPYTER_PATH": str(home / "jupyter"),
        "KERAS_BACKEND": "jax",
        "PYTHONOPTIMIZE": "1",
        "PYTHONPATH": str(home / "python"),
        "PYTHONSTARTUP": str(home / "start.py"),
        "TF_CPP_MIN_LOG_LEVEL": "0",
        "XLA_FLAGS": "--gone",
        "http_proxy": "http://127.0.0.1:9",
    }


def notebook_file(folder: Path) -> Path:
    """Write a notebook with stored outputs into a folder that is set up like the book."""
    notebook = nbformat.v4.new_notebook()
    for number, (source, printed) in enumerate(STORED.items(), 1):
        cell = nbformat.v4.new_code_cell(source.strip(), execution_count=number)
        cell.outputs = [nbformat.v4.new_output("stream", name="stdout", text=printed)]
        notebook.cells.append(cell)
    path = folder / "stored.ipynb"
    stored = accept.normal_notebook(notebook)
    stored.metadata[KEY] = made_from(ROOT, stored)
    path.write_text(accept.as_text(stored), encoding="utf-8")
    (folder / "conftest.py").write_bytes((ROOT / "conftest.py").read_bytes())
    return path


def made(recipe: str, environment: Environment, folder: Path) -> str:
    """Run a line as ``make`` runs those of the Makefile; return what it prints.

    Raises:
        AssertionError: it has failed.
    """
    rules = folder / "rules.mk"
    rules.write_text(f"include Makefile\nthis-line:\n\t@{recipe}\n", encoding="utf-8")
    return printed([*MAKE, "-f", str(rules), "this-line"], environment | FOR_MAKE_ALONE)


def printed(command: list[str], environment: Environment) -> str:
    """Run a command at the top of the book; return what it prints.

    Raises:
        AssertionError: it has failed.
    """
    done = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def test_settings_of_the_reader_change_no_output(reader: Environment, tmp_path: Path) -> None:
    """Cells print what is stored, when the tests run them."""
    notebook = str(notebook_file(tmp_path))
    said = printed([*PYTHON, "pytest", "--nbval", "--nbval-current-env", notebook], reader)
    assert f"{len(STORED)} passed" in said


def test_with_make_they_change_nothing_either(reader: Environment, tmp_path: Path) -> None:
    """When ``make`` lets them be run there is nothing new to store."""
    notebook = notebook_file(tmp_path)
    before = notebook.read_bytes()
    made(f"$(BIN)/python -c '{ACCEPT}' '{notebook}'", reader, tmp_path)
    assert notebook.read_bytes() == before


def test_the_folder_of_the_book_may_have_any_name(reader: Environment, tmp_path: Path) -> None:
    """Python finds packages by names that it reads with the letters of the locale: it has all."""
    said = made("$(BIN)/python -c 'import locale; print(locale.getencoding())'", reader, tmp_path)
    assert said.strip().lower() == "utf-8"


def test_the_book_is_installed_where_it_belongs(reader: Environment, tmp_path: Path) -> None:
    """Whatever pip is told to do elsewhere."""
    install = "install --dry-run --quiet --no-build-isolation --no-deps --editable ."
    assert made(f"$(BIN)/python -m pip {install}", reader, tmp_path) == ""


@pytest.mark.parametrize("path", notebooks(ROOT), ids=lambda path: path.stem)
def test_a_chapter_imports_the_helpers_first(path: Path) -> None:
    """So Keras is set up when it is imported."""
    cells = nbformat.read(path, as_version=4).cells
    code = "\n".join(cell.source for cell in cells if cell.cell_type == "code")
    first = re.search(r"^(?:from|import) (\w+)", code, flags=re.MULTILINE)
    assert first is not None
    assert first[1] in {"helpers", "benchmarks"}


def test_make_lab_opens_the_first_chapter_of_the_whole_book(
    reader: Environment, tmp_path: Path
) -> None:
    """The file browser begins at the top, kernels are those of the book, extensions are there."""
    reader |= {**FOR_MAKE_ALONE, "BROWSER": "echo opened %s"}
    log = tmp_path / "log"
    with (
        log.open("w") as stderr,
        subprocess.Popen(
            [*MAKE, "lab"],
            cwd=ROOT,
            env=reader,
            stdout=subprocess.PIPE,
            stderr=stderr,
            text=True,
            start_new_session=True,
        ) as server,
    ):
        assert server.stdout is not None
        try:
            opened = next((line for line in server.stdout if line.startswith("opened ")), None)
            assert opened is not None, log.read_text()
            leads_to = read(opened.split()[1])
            found = re.search(r"url=(http.*)lab/tree/(.*)\?(token=\w+)", leads_to)
            assert found is not None, leads_to
            address, first, token = found.groups()
            assert first == "chapters/embeddings.ipynb"
            files = json.loads(read(f"{address}api/contents?{token}"))["content"]
            assert {"chapters", "intro.ipynb"} <= {file["name"] for file in files}
            kernels = json.loads(read(f"{address}api/kernelspecs?{token}"))["kernelspecs"]
            assert kernels["python3"]["spec"]["argv"][0] != "false"
            page = BeautifulSoup(read(f"{address}lab?{token}"), "html.parser")
            settings = page.select_one("#jupyter-config-data")
            assert settings is not None
            assert json.loads(settings.get_text())["disabledExtensions"] == []
        finally:
            os.killpg(server.pid, signal.SIGTERM)


def read(address: str) -> str:
    """Return what stands at an address, as soon as its server answers."""
    texts: list[str] = []

    def is_there() -> bool:
        try:
            with urlopen(address) as answer:
                texts.append(answer.read().decode())
        except URLError as error:
            if not isinstance(error.reason, ConnectionRefusedError):
                raise
        return bool(texts)

    wait_until(is_there)
    return texts[0]


def test_no_proxy_stands_before_this_machine(monkeypatch: pytest.MonkeyPatch) -> None:
    """Tests reach the servers that they start, whatever proxy the reader has."""
    monkeypatch.setenv("http_proxy", "http://127.0.0.1:9")
    assert proxy_bypass("127.0.0.1:8888") and proxy_bypass("localhost:8888")


def test_training_says_nothing_but_our_own_words(reader: Environment) -> None:
    """Neither when TensorFlow is imported, nor when it compiles."""
    program = """
from helpers import problems, training
from helpers.records import Recipe
parts = problems.split("sums")
(model, _, _), batches = training.build(Recipe(task="sums", epochs=2), parts.train)
_ = model.fit(batches.take(2), shuffle=False, verbose=0)
"""
    done = subprocess.run(
        [sys.executable, "-c", program],
        cwd=ROOT,
        env=reader,
        stderr=subprocess.PIPE,
        text=True,
        check=True,
    )
    assert done.stderr == ""


def test_the_last_words_of_a_process_come_out(tmp_path: Path) -> None:
    """A processor that TensorFlow cannot use ends the process, and TensorFlow says why."""
    logged = "I0000 00:00:1795800124.617129    5887 port.cc:153] all is well"
    last = "F0000 00:00:1795800124.617129    5887 cpu.cc:53] no AVX"
    dies = f"import os\nos.write(2, b'{logged}\\n{last}\\n')\nos.abort()\n"
    write_files(tmp_path, {"tensorflow.py": dies})
    done = subprocess.run(
        [sys.executable, "-c", "import helpers, tensorflow"],
        env=os.environ | {"PYTHONPATH": f"{ROOT}{os.pathsep}{tmp_path}"},
        stderr=subprocess.PIPE,
        text=True,
    )
    assert done.returncode == -signal.SIGABRT
    assert done.stderr == f"{last}\n"


def test_log_lines_of_libraries_are_no_output(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """What a C library writes to file descriptor 2 is not shown; what Python writes to stderr is.

    So TensorFlow's log lines are in no output, in JupyterLab and in the built pages alike. Kernels
    themselves write nothing.
    """
    monkeypatch.delenv("PYTEST_CURRENT_TEST")  # with it, a kernel never looks at the descriptor
    monkeypatch.setenv("PYTHONSTARTUP", str(tmp_path / "start.py"))
    write_files(tmp_path, {"start.py": "print('of the reader')"})
    cell = nbformat.v4.new_code_cell(
        "import os, sys\n_ = os.write(2, b'from C\\n')\nprint('from Python', file=sys.stderr)"
    )
    with (tmp_path / "log").open("w") as log:
        NotebookClient(nbformat.v4.new_notebook(cells=[cell]), kernel_name="python3").execute(
            stderr=log, stdout=log
        )
    assert [output.text for output in cell.outputs] == ["from Python\n"]
    assert (tmp_path / "log").read_text() == "from C\n"


def test_jupyterlab_loads_its_extensions() -> None:
    """JupyterLab can load what shows widgets and what shows MyST in notebooks."""
    listed = subprocess.run(
        [*PYTHON, "jupyterlab.labextensions", "list"], capture_output=True, text=True, check=True
    )
    text = listed.stdout + listed.stderr
    assert "jupyterlab-myst" in text
    assert "@jupyter-widgets/jupyterlab-manager" in text
    assert "not compatible" not in text, text

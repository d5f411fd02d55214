# The book, from its sources to tested pages. `make help` lists the targets.

PYTHON ?= python3
CHAPTER ?=
QUICK ?=

VENV := .venv
BIN := $(VENV)/bin
INSTALLED := $(VENV)/installed

# Kernels that `make` starts see no settings of the reader's own.
export IPYTHONDIR := $(CURDIR)/_build/ipython
export JUPYTER_PREFER_ENV_PATH := 1
export KERAS_BACKEND := tensorflow
export PIP_DISABLE_PIP_VERSION_CHECK := 1
export PYDEVD_DISABLE_FILE_VALIDATION := 1

.DEFAULT_GOAL := help
.PHONY: help book test lint lab accept bench linkcheck lock clean distclean

help: ## List the targets
	@echo "Usage: make <target>"
	@grep -E '^[a-z]+:.*## ' Makefile | sed -E 's/^([a-z]+):.*## (.*)/\1|\2/' | \
		while IFS='|' read -r target text; do printf '  %-10s %s\n' "$$target" "$$text"; done
	@echo "Another Python (3.11, 3.12 or 3.13) than python3: make book PYTHON=python3.12"

# The environment is made anew, or brought up to date, when one of these files has changed.
$(INSTALLED): requirements.txt pyproject.toml bookbuild/settings/ipython_kernel_config.py \
		bookbuild/settings/jupyterlab_overrides.json
	@command -v "$(PYTHON)" > /dev/null || { \
		echo "There is no $(PYTHON) here: install Python 3.11, 3.12 or 3.13." >&2; exit 1; }
	@"$(PYTHON)" -c 'import sys; sys.exit(not (3, 11) <= sys.version_info[:2] <= (3, 13))' || { \
		echo "The book needs Python 3.11, 3.12 or 3.13, but $(PYTHON) is" \
			"`$(PYTHON) -c 'import platform; print(platform.python_version())'`:" \
			"name another one, as in make book PYTHON=python3.12." >&2; exit 1; }
	@echo "Installing the locked packages into $(VENV) (about 2 GB with TensorFlow) ..."
	@test -x $(BIN)/python && $(BIN)/python -m pip --version > /dev/null 2>&1 || \
		"$(PYTHON)" -m venv --clear $(VENV)
	$(BIN)/python -m pip install --require-hashes -r requirements.txt
	$(BIN)/python -m pip install --no-build-isolation --no-deps --editable .
	@touch $@

book: $(INSTALLED) ## Run every notebook and build the pages into _build/html
	@$(BIN)/python -m bookbuild.build

lint: $(INSTALLED) ## Check style and types
	$(BIN)/ruff check
	$(BIN)/ruff format --check
	$(BIN)/mypy

test: book lint ## Check everything: style, types, helpers, notebooks, pages, widgets
	@$(BIN)/python -m tests.browser
	$(BIN)/python -m pytest -n 2 --dist loadfile --junit-xml=_build/tests.xml

lab: $(INSTALLED) ## Open the chapters in JupyterLab
	env -u IPYTHONDIR $(BIN)/jupyter lab $(if $(filter 0,$(shell id -u)),--allow-root) chapters/embeddings.ipynb

accept: $(INSTALLED) ## Run the notebooks and store their outputs; one: make accept CHAPTER=encoder
	@$(BIN)/python -m bookbuild.accept $(CHAPTER)

bench: book ## Measure everything, print tables, keep them (20 min); a look: make bench QUICK=1
	@$(BIN)/python -m benchmarks $(if $(QUICK),--quick)
	@$(if $(QUICK),,$(BIN)/python -m bookbuild.accept training encoder benchmarks)

linkcheck: book ## Ask every other site that the book links to; needs the network
	@$(BIN)/jupyter-book build . --builder linkcheck

lock: $(INSTALLED) ## Make requirements.txt anew from pyproject.toml
	$(BIN)/python -m pip install --quiet uv
	$(BIN)/uv pip compile pyproject.toml --group dev --universal --python-version 3.11 \
		--fork-strategy fewest --generate-hashes --upgrade --quiet \
		--custom-compile-command "make lock" --output-file requirements.txt

clean: ## Remove what was built; the environment stays
	rm -rf _build

distclean: clean ## Remove the environment as well
	rm -rf $(VENV)

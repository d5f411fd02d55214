# The book, from its sources to tested pages. `make help` lists the targets.

PYTHON ?= python3
CHAPTER :=
QUICK :=

VENV := .venv
BIN := $(VENV)/bin
PAGES := $(VENV)/pages
INSTALLED := $(VENV)/installed

# Whatever the reader's own settings are, all comes out alike. What they can do to Keras and
# TensorFlow, helpers/libraries.py undoes, and what they can do to figures, helpers/plots.py.
OWN_JUPYTER := $(or $(JUPYTER_CONFIG_DIR),$(HOME)/.jupyter)
unexport $(filter IPYTHON% JUPYTER% MPL% MYPY% PYTEST% PYTHON% RUFF%,$(.VARIABLES))
unexport BOOK_LANGUAGE COLUMNS FORCE_COLOR LANGUAGE SOURCE_DATE_EPOCH
export DENO_DIR := $(CURDIR)/_build/deno
export DENO_NO_UPDATE_CHECK := 1
export IPYTHONDIR := $(CURDIR)/_build/ipython
export JUPYTER_CONFIG_DIR := $(CURDIR)/_build/jupyter/config
export JUPYTER_DATA_DIR := $(CURDIR)/_build/jupyter/data
export JUPYTER_PREFER_ENV_PATH := 1
export LC_ALL := $(if $(filter Darwin,$(shell uname)),en_US.UTF-8,C.UTF-8)
export PIP_DISABLE_PIP_VERSION_CHECK := 1
export PIP_REQUIRE_HASHES := 0
export PIP_USER := 0
export PYDEVD_DISABLE_FILE_VALIDATION := 1

.DEFAULT_GOAL := help
.PHONY: help book test lint lab accept bench messages linkcheck lock clean distclean

help: ## List the targets
	@echo "Usage: make <target>"
	@grep -E '^[a-z]+:.*## ' Makefile | sed -E 's/^([a-z]+):.*## (.*)/\1|\2/' | \
		while IFS='|' read -r target text; do printf '  %-10s %s\n' "$$target" "$$text"; done
	@echo "Another Python (3.11, 3.12 or 3.13) than python3: make book PYTHON=python3.12"

# The environment is made when there is none, and brought up to date when a lock has changed. What
# makes the pages comes first: it is enough for `make book`.
$(PAGES): requirements-pages.txt
	@command -v "$(PYTHON)" > /dev/null || { \
		echo "There is no $(PYTHON) here: install Python 3.11, 3.12 or 3.13." >&2; exit 1; }
	@"$(PYTHON)" -c 'import sys; sys.exit(not (3, 11) <= sys.version_info[:2] <= (3, 13))' || { \
		echo "The book needs Python 3.11, 3.12 or 3.13, but $(PYTHON) is" \
			"`$(PYTHON) -c 'import platform; print(platform.python_version())'`:" \
			"name another one, as in make book PYTHON=python3.12." >&2; exit 1; }
	@test -x $(BIN)/python && $(BIN)/python -m pip --version > /dev/null 2>&1 || \
		"$(PYTHON)" -m venv --clear $(VENV)
	@echo "Installing what makes the pages into $(VENV) ..."
	@$(BIN)/python -m pip install --quiet --require-hashes -r requirements-pages.txt
	@touch $@

$(INSTALLED): $(PAGES) requirements.txt pyproject.toml bookbuild/settings/ipython_kernel_config.py \
		bookbuild/settings/jupyterlab_overrides.json
	@echo "Installing the locked packages into $(VENV) (about 3 GB with TensorFlow) ..."
	$(BIN)/python -m pip install --require-hashes -r requirements.txt
	$(BIN)/python -m pip install --no-build-isolation --no-deps --editable .
	@touch $@

book: $(PAGES) ## Build the pages into _build/html, from the stored outputs
	@$(BIN)/python -m bookbuild.build

lint: $(INSTALLED) ## Check style and types
	$(BIN)/python -m ruff check
	$(BIN)/python -m ruff format --check
	$(BIN)/python -m mypy
	$(BIN)/deno fmt --check
	$(BIN)/deno lint
	$(BIN)/deno check --quiet

test: $(if $(QUICK),,book) lint ## Check everything; what needs no book and no browser: make test QUICK=1
	$(BIN)/deno test --quiet --no-check --allow-read=helpers tests/js
	@$(if $(QUICK),,$(BIN)/python -m tests.browser)
	$(BIN)/python -m pytest -n 2 --dist loadfile $(if $(QUICK),-m "not slow",--junit-xml=_build/tests.xml)

# Language, theme, letters and keys are those that the reader has chosen.
lab: export BOOK_LANGUAGE := $(BOOK_LANGUAGE)
lab: export JUPYTERLAB_SETTINGS_DIR := $(OWN_JUPYTER)/lab/user-settings
lab: $(INSTALLED) ## Open the chapters in JupyterLab
	@$(BIN)/python -m jupyterlab $(if $(filter 0,$(shell id -u)),--allow-root) \
		--ServerApp.root_dir=. chapters/embeddings.ipynb

accept: $(INSTALLED) ## Run the notebooks and store their outputs; one: make accept CHAPTER=encoder
	@$(BIN)/python -m bookbuild.accept $(CHAPTER)

bench: $(INSTALLED) book ## Measure everything, print tables, keep them (over an hour); a look: make bench QUICK=1
	@$(BIN)/python -m benchmarks $(if $(QUICK),--quick)
	@$(if $(QUICK),,$(BIN)/python -m bookbuild.accept)

messages: $(PAGES) ## Collect the sentences to be translated, in _build/locale
	@$(BIN)/python -m bookbuild.messages

linkcheck: book ## Ask every other site that the book links to; needs the network
	@$(BIN)/python -c 'from jupyter_book.cli.main import main; main()' build . --builder linkcheck

COMPILE = $(BIN)/python -m uv pip compile --universal --python-version 3.11 --generate-hashes --quiet \
	--custom-compile-command "make lock"

lock: $(INSTALLED) ## Make requirements*.txt anew from pyproject.toml
	$(BIN)/python -m pip install --quiet uv
	$(COMPILE) --upgrade --fork-strategy fewest pyproject.toml --group dev --output-file requirements.txt
	$(COMPILE) --group pages --constraint requirements.txt --output-file requirements-pages.txt

clean: ## Remove what was built; the environment stays
	rm -rf _build

distclean: clean ## Remove the environment as well
	rm -rf $(VENV)

# Two commands: `make run` and `make test`. Everything else is in `make help`.
SHELL := /bin/sh
VENV := .venv
PY := $(VENV)/bin/python
PYTHON ?= $(shell for name in python3.11 python3.12 python3.13 python3; do p=$$(command -v $$name) && "$$p" -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null && echo "$$p" && break; done)
PIP := $(PY) -m pip install --quiet --disable-pip-version-check --no-input --require-hashes
BABEL := $(PY) -m babel.messages.frontend --quiet
PO := $(wildcard specimens/translations/*/LC_MESSAGES/messages.po)
MO := $(PO:.po=.mo)
WORKERS ?= 2
export PYTHONPATH := .
# What a command or a test imports is compiled once, as it is for whoever installs.
unexport PYTHONDONTWRITEBYTECODE

.DELETE_ON_ERROR:
.PHONY: help run test check bench usability pictures words lock clean

help:  ## what can be made
	@sed -nE 's/^([a-z]+):.*## (.*)/  make \1\t\2/p' $(MAKEFILE_LIST) | expand -t 16

run: $(VENV)/.run $(MO)  ## install, migrate, load the demonstration on first start, serve on 127.0.0.1
	@exec $(PY) -m specimens start

test: $(VENV)/.test $(MO)  ## ruff, mypy, pytest on SQLite and PostgreSQL, the browser
	@sh scripts/need-chromium
	@$(MAKE) --no-print-directory check
	$(PY) -m pytest -q -n $(WORKERS) --dist loadfile --no-loadscope-reorder

check: $(VENV)/.test  ## ruff and mypy alone
	$(PY) -m ruff check .
	$(PY) -m ruff format --check .
	$(PY) -m mypy

bench: $(VENV)/.test $(MO)  ## measure, each figure beside its limit; SECTION=search measures one part
	$(PY) -m bench $(SECTION)

usability: $(VENV)/.test $(MO)  ## measure what docs/usability.md shows, and write it there
	@sh scripts/need-chromium
	$(PY) -m bench stations pages --write docs/usability.md

pictures: $(VENV)/.test $(MO)  ## the gallery in docs/pictures, from the demonstration; EVERY=DIR keeps every page in every way there
	@sh scripts/need-chromium
	$(PY) -m tests.browser.pictures $(if $(EVERY),--every $(EVERY),docs/pictures)

words: $(VENV)/.test  ## collect every sentence into the Dutch catalogue; new ones wait there for their translation
	@mkdir -p specimens/translations/nl/LC_MESSAGES && touch specimens/translations/nl/LC_MESSAGES/messages.po
	$(BABEL) extract -F pyproject.toml -k N_ --sort-output --no-location --omit-header -o $(VENV)/messages.pot .
	$(BABEL) update -i $(VENV)/messages.pot -d specimens/translations -l nl \
	  --no-fuzzy-matching --ignore-obsolete --omit-header --width 120

lock: $(VENV)/.test  ## pin every dependency again, with hashes
	for part in requirements requirements-dev; do \
	  $(PY) -m uv pip compile --quiet --universal --python-version 3.11 --generate-hashes \
	    --no-emit-index-url --no-header --no-annotate $$part.in -o $$part.txt || exit 1; \
	done

clean:  ## remove what was installed and made, not the data
	rm -rf $(VENV) .mypy_cache .ruff_cache .hypothesis $(MO)

$(VENV)/bin/python:
	@PYTHON="$(PYTHON)" VENV="$(VENV)" sh scripts/make-venv

$(VENV)/.run: requirements.txt | $(VENV)/bin/python
	$(PIP) -r requirements.txt
	@touch $@

$(VENV)/.test: requirements-dev.txt | $(VENV)/bin/python
	$(PIP) -r requirements-dev.txt
	@touch $@ $(VENV)/.run

# A catalogue without a header (its dates would change with every word) counts as fuzzy.
%.mo: %.po | $(VENV)/.run
	$(BABEL) compile --use-fuzzy --locale $(word 3,$(subst /, ,$<)) -i $< -o $@

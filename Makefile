# Unroll: problem sets on recurrent networks, with an autograder.
#
# `make` alone prints the targets. VENV= and PYTHON= choose another environment and interpreter, COURSE= another
# class (a folder with submitted/STUDENT/ps1_rnn/ps1_rnn.ipynb), PS= another problem set.

VENV ?= .venv
PYTHON ?= python3
COURSE := $(or $(COURSE),$(UNROLL_COURSE),.)
PS ?= ps1_rnn

PY := $(VENV)/bin/python
STAMP := $(VENV)/.installed
export UNROLL_COURSE := $(COURSE)

.DEFAULT_GOAL := help
.PHONY: help env demo test attacks data data-coco release verify grade feedback report lab gradescope canvas similar doctor bench figures clean

help: git-diff  ## this list
	@echo "Unroll: make TARGET"
	@sed -n 's/^\([a-z-]*\):.*##  *\(.*\)$$/  \1|\2/p' Makefile | while IFS='|' read -r name text; do \
		printf '  %-10s %s\n' $$name "$$text"; done

env: $(STAMP)  ## the environment, in .venv: everything below makes it by itself

$(STAMP): pyproject.toml
	@test -x $(PY) || $(PYTHON) -m venv $(VENV)
	@$(PY) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || \
		{ echo "Python 3.11 or newer is needed; say which: make PYTHON=/path/to/python3.11"; rm -rf $(VENV); exit 1; }
	$(PY) -m pip install --quiet --disable-pip-version-check --editable '.[test]'
	@touch $@

demo: env data  ## a class made of known mistakes: graded, recorded, with feedback; two minutes
	$(PY) -m autograder release ps1_rnn
	$(PY) -m autograder demo

test: env  ## all tests
	OPENBLAS_NUM_THREADS=1 $(PY) -m pytest -n auto --dist loadfile $(PYTEST)

attacks: env  ## every hostile submission, at every level of isolation that this machine has
	UNROLL_ALL_ATTACKS=1 $(PY) -m pytest tests/attacks tests/jail $(PYTEST)

data: env  ## build the embedded data set
	$(PY) -m unroll.data build --size default

data-coco: env  ## download the real COCO features and captions, 1 GB (FC7=1: those before PCA too)
	$(PY) -m unroll.data coco $(if $(FC7),--fc7)

release: env  ## generate assignments/ and the students' zip from solutions/
	$(PY) -m autograder release $(PS)

verify: env  ## prove that the problem set PS works, mistakes and all (QUICK=1: without them; ONLY=CHECK)
	$(PY) -m autograder verify $(PS) $(if $(QUICK),--quick) $(if $(ONLY),--only $(ONLY))

grade: env  ## grade the class in COURSE and record it (PREVIEW=1: only say what changes; CLUSTER=tcp://...: on Dask)
	$(PY) -m autograder grade $(PS) $(if $(CLUSTER),--cluster $(CLUSTER)) $(if $(PREVIEW),--preview)

feedback: env  ## write the feedback pages of the graded class
	$(PY) -m autograder feedback $(PS)

report: env  ## print the table of the graded class again, write class_report.html and grades.csv
	$(PY) -m autograder report $(PS)

lab: env  ## JupyterLab with formgrader, on COURSE if it has submissions, else on the demo class
	$(PY) -m autograder lab

gradescope: env  ## the zip that grades PS on Gradescope (docs/gradescope.md)
	$(PY) -m autograder gradescope $(PS)

canvas: env  ## scores for Canvas: EXPORT=the CSV it exported (ASSIGNMENT=its name there)
	$(PY) -m autograder canvas $(PS) $(EXPORT) $(if $(ASSIGNMENT),--assignment "$(ASSIGNMENT)")

similar: env  ## submissions that are unusually alike; likeness is no proof
	$(PY) -m autograder similar $(PS)

doctor: env  ## which isolation this machine offers, and what is missing
	$(PY) -m autograder doctor

bench: env  ## measure speed beside nbgrader's own autograde, in one run
	$(PY) bench/grading.py

figures: env  ## draw the figures of the guides
	$(PY) docs/figures.py

clean:  ## remove what was built: the demo, embedded data, caches; never a class's grades or a download
	rm -rf demo dist build data/default data/tiny .pytest_cache .ruff_cache *.egg-info
	find . -name __pycache__ -not -path './$(VENV)/*' -prune -exec rm -rf {} +

.PHONY: git-diff
git-diff:  # let git show notebooks as text (.gitattributes)
	@git rev-parse --git-dir > /dev/null 2>&1 && \
		git config diff.ipynb.textconv "$(PYTHON) $(CURDIR)/autograder/notebook_text.py" || true

# The two commands of the README, and what keeps the house in order.
#   make results   environment from the hashed lock, then every table, figure and report
#   make verify    compute again in a temporary folder and compare (ARCHIVE=file.zip: with an archive)
#   make review TO=folder FROM=table TITLE="..."   a review folder of your own (docs/your-review.md)
#   make status    which results are current, stale (and why), missing, edited by hand
#   make reviews REVIEWS=folder   every review folder in it, and a page of all; `make cluster` the same on SLURM
#   make pictures  the newest results into the README
#   make schemas   what is made from the catalogue: artifacts.json, captions, the list of notes, the keys of the languages
#   make names     the table of column names of docs/your-review.md, to be pasted there
#   make test      the same environment with the test tools, then the tests (make test-long: with the long suites)
PYTHON ?= python3
CORES ?= 4
VENV := .venv
BIN := $(VENV)/bin
# One file of tests after the other in each process, whole runs first (tests/conftest.py).
PYTEST := $(BIN)/python -m pytest -n auto --dist loadfile --no-loadscope-reorder

# What users say reaches the shell as variables, letter by letter: make would else expand a $ in them, as in
# TITLE="Costs in $", or run $(shell ...).
SAID := TO FROM TITLE TAB REVIEWS ARCHIVE TRUST
$(foreach name,$(SAID),$(eval override $(name) := $$(value $(name))))
export $(SAID)

.PHONY: results verify status review reviews cluster pictures schemas names test test-long test-slurm coverage lint lock clean

results: $(VENV)/run.done
	$(BIN)/snakemake --cores $(CORES)

verify: $(VENV)/run.done
	@$(BIN)/snakemake --cores $(CORES) verify \
		$${ARCHIVE:+--config "verify=$$ARCHIVE" $${TRUST:+"trust=$$TRUST"}}

status: $(VENV)/run.done
	$(BIN)/snakemake --cores 1 status

review: $(VENV)/run.done
	@PYTHONPATH=workflow/scripts $(BIN)/python -m singlearm.intake --to="$$TO" \
		$${FROM:+--from="$$FROM"} $${TITLE:+--title="$$TITLE"} $${TAB:+--tab="$$TAB"}

reviews: $(VENV)/run.done
	@$(BIN)/snakemake --cores $(CORES) --config "reviews=$$REVIEWS"

# Each review is a job of an array, with CORES of a node; SBATCH="--partition=..." goes to sbatch (docs/cluster.md).
cluster: $(VENV)/run.done
	@PATH="$(CURDIR)/$(BIN):$$PATH" bash workflow/scripts/cluster.sh "$$REVIEWS" $(CORES)

pictures: $(VENV)/run.done
	$(BIN)/snakemake --cores $(CORES)
	$(BIN)/python docs/pictures/refresh.py

# After a new table, column, note or text; prints what a language has no words for.
schemas: $(VENV)/run.done
	PYTHONPATH=workflow/scripts $(BIN)/python -m singlearm.catalogue

names: $(VENV)/run.done
	@PYTHONPATH=workflow/scripts $(BIN)/python -m singlearm.intake.names

test: $(VENV)/test.done
	$(PYTEST)

# The long suites whole: every property with 2,000 examples, 5,000 damaged sheets, all kills and edits.
test-long: $(VENV)/test.done
	HYPOTHESIS_PROFILE=long $(PYTEST)

# On a real SLURM of one node, as root: packages munge slurmctld slurmd slurm-client.
test-slurm: $(VENV)/test.done $(VENV)-slurm/run.done
	SLURM_TESTS=whole SLURM_PYTHON=$(CURDIR)/$(VENV)-slurm/bin/python $(BIN)/python -m pytest tests/workflow/test_slurm.py

# The tests of `test` with coverage, which fails below the share in pyproject.toml. What jobs of whole runs do in the
# library counts too; a script counts where a test calls it, for in a run Snakemake copies it. On one Python of the public
# CI in place of `test`, as unit tests take half as much time again and whole runs twice as much.
coverage: $(VENV)/test.done
	$(PYTEST) --cov --cov-report=term

# The executor of SLURM has an environment of its own, because it slows a local start.
$(VENV)-slurm/run.done: envs/requirements-slurm.lock
	$(PYTHON) -m venv $(VENV)-slurm
	$(VENV)-slurm/bin/python -m pip install --quiet --disable-pip-version-check --require-hashes -r $<
	touch $@

lint: $(VENV)/test.done
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/snakefmt --check Snakefile workflow/Snakefile workflow/rules
	$(BIN)/snakemake --lint
	$(BIN)/mypy
	PYTHONPATH=workflow/scripts $(BIN)/lint-imports --no-cache
	$(BIN)/typos

$(VENV)/python.done:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "Python 3.11 or newer is needed (PYTHON=python3.12 make ...)")'
	$(PYTHON) -m venv $(VENV)
	touch $@

$(VENV)/run.done: envs/requirements.lock $(VENV)/python.done
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r $<
	touch $@

$(VENV)/test.done: envs/requirements-test.lock $(VENV)/run.done
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r $<
	touch $@

# Needs `uv` on the PATH; the locks carry hashes and no index address.
lock:
	uv pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-emit-index-url --no-header -o envs/requirements.lock envs/requirements.in
	uv pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-emit-index-url --no-header -o envs/requirements-test.lock envs/requirements-test.in
	uv pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-emit-index-url --no-header -o envs/requirements-slurm.lock envs/requirements-slurm.in

clean:
	rm -rf results logs .snakemake

# Two commands on a fresh machine with Python >= 3.11 and make:
#   make demo    the main job, from raw files to the week's top issues
#   make test    the tests
# Both bootstrap uv into .uv/ and the project's environment into .venv/.
PYTHON ?= python3
UV := .uv/bin/uv
RUN := $(UV) run --frozen --no-sync
STAMP := .venv/.synced
# Two test processes fill two cores; threads of linear algebra would only spin beside them.
# Files go out in the order of tests/conftest.py, not those with many tests first.
TESTS := OPENBLAS_NUM_THREADS=1 $(RUN) pytest -n 2 --dist loadfile --no-loadscope-reorder
SOAKED = $(if $(DB),--database $(DB)) -o docs/benchmarks/soak
SOAKED_ON = _$(if $(DB),postgresql,sqlite).json

.PHONY: help demo test test-desk desk-pictures test-all readme test-postgres test-spark coverage lint format hooks bench bench-understanding bench-reading bench-embeddings bench-topics bench-alerts bench-merging bench-quotes bench-privacy bench-ingest bench-batch bench-stalls bench-cluster bench-verification bench-gets bench-desk bench-posting fuzz soak serve clean
help: ## show the targets
	@grep -hE '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 22

$(UV):
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || \
	  { echo "Python >= 3.11 is needed; name one with make PYTHON=python3.12 $(MAKECMDGOALS)"; exit 1; }
	$(PYTHON) -m venv .uv
	.uv/bin/python -m pip install --quiet --disable-pip-version-check 'uv>=0.9,<1'

$(STAMP): $(UV) pyproject.toml uv.lock
	UV_PYTHON_DOWNLOADS=never $(UV) sync --frozen --quiet --compile-bytecode --python $(PYTHON)
	@touch $@

demo: $(STAMP) ## generate six weeks of feedback for a fictional app, analyse them, write the digests
	$(RUN) feedback-nlp demo
	@echo '  先激活环境：. .venv/bin/activate；或直接：make serve DB=demo-output/demo.db'

test: $(STAMP) ## unit, contract, golden and end-to-end tests
	$(TESTS) -m "not slow and not spark and not browser"

coverage: $(STAMP) ## the same, counting: branch coverage of at least 92 %; twice as long
	$(TESTS) -m "not slow and not spark and not browser" --cov --cov-report=term-missing:skip-covered

test-all: $(STAMP) ## the same, with the slow ones
	$(RUN) pytest -m "not spark"

test-postgres: $(STAMP) ## store and jobs on PostgreSQL: TEST_DATABASE_URL=postgresql+psycopg://user@host/postgres
	@test -n "$$TEST_DATABASE_URL" || { echo "set TEST_DATABASE_URL to a server whose user may create databases"; exit 1; }
	UV_PYTHON_DOWNLOADS=never $(UV) sync --frozen --quiet --extra postgres
	$(RUN) pytest tests/store tests/jobs tests/api

test-spark: $(STAMP) ## a Spark cluster on loopback, an executor and a driver killed; needs a JDK 17
	UV_PYTHON_DOWNLOADS=never $(UV) sync --frozen --quiet --inexact --extra spark
	$(RUN) pytest -m spark tests/cluster

test-desk: $(STAMP) ## the desk in a browser, at two widths; on PostgreSQL with TEST_DATABASE_URL; says so where no browser is
	UV_PYTHON_DOWNLOADS=never $(UV) sync --frozen --quiet --inexact --group browser $(if $(TEST_DATABASE_URL),--extra postgres)
	command -v npm >/dev/null && npm install --silent --no-audit --no-fund --prefix tests/desk_browser || echo 'no npm: the accessibility test is skipped'
	$(RUN) pytest -rs -m browser tests/desk_browser

desk-pictures: $(STAMP) ## pictures of the desk into docs/desk/, from the demo
	UV_PYTHON_DOWNLOADS=never $(UV) sync --frozen --quiet --inexact --group browser
	$(RUN) python -m tests.desk_browser.screenshots docs/desk

readme: $(STAMP) ## write the sample in README.md anew, from a run of the demo
	$(RUN) python -m tests.readme_sample

hooks: $(STAMP) ## run the checks of make lint before each commit
	$(RUN) pre-commit install

lint: $(STAMP) ## ruff, mypy strict, import contracts
	$(RUN) ruff check .
	$(RUN) ruff format --check .
	$(RUN) mypy
	$(RUN) lint-imports

format: $(STAMP) ## let ruff rewrite what it can
	$(RUN) ruff check --fix .
	$(RUN) ruff format .

bench: bench-understanding bench-reading bench-embeddings bench-topics bench-alerts bench-merging bench-privacy bench-batch ## all benchmarks; FEEDBACK_BENCHMARK_DIR names the labelled data

bench-understanding: $(STAMP) ## accuracy, speed and memory of classify against peers
	$(RUN) python tests/benchmarks/understanding.py

bench-reading: $(STAMP) ## how well texts of twenty trades are read, at either depth
	$(RUN) python -m tests.benchmarks.reading
	$(RUN) python -m tests.benchmarks.reading --depth deep

bench-embeddings: $(STAMP) ## clustering quality of the static vectors against TF-IDF
	$(RUN) python tests/benchmarks/embeddings.py

bench-topics: $(STAMP) ## clustering quality, stability, scale
	$(RUN) python -m tests.benchmarks.topics

bench-alerts: $(STAMP) ## alerts on 50 seeds of the demo generator (no other data needed)
	$(RUN) python -m tests.benchmarks.alerts -o docs/benchmarks/alerts.json

bench-merging: $(STAMP) ## one problem in one request, before and after the proposed merges (no other data needed)
	$(RUN) python -m tests.benchmarks.merging -o docs/benchmarks/merging.json

bench-ingest: $(STAMP) ## rows a CPU second from five files into a fresh database
	$(RUN) python -m tests.benchmarks.ingest -o docs/benchmarks/ingest.json

bench-quotes: $(STAMP) ## the quotes of every week of an analysed database: DB=feedback.db (no other data needed)
	$(RUN) python -m tests.benchmarks.quotes $(or $(DB),feedback.db)

bench-privacy: $(STAMP) ## recall and false alarms of redaction (no other data needed)
	$(RUN) python -m tests.benchmarks.privacy -o docs/benchmarks/privacy.json

bench-batch: $(STAMP) ## bulk: rows a second, memory, runs killed at random; ROWS=1000000 (no other data needed)
	$(RUN) python -m tests.benchmarks.batch --rows $(or $(ROWS),100000) -o docs/benchmarks/batch.json

bench-stalls: $(STAMP) ## p99 of single posts while 300,000 rows are analysed, against idle; about ten minutes (no other data needed)
	$(RUN) python -m tests.benchmarks.stalls --rows $(or $(ROWS),300000) -o docs/benchmarks/stalls.json

bench-gets: $(STAMP) ## every GET at 30,000 and 300,000 rows (ROWS="30000 300000 1000000"); no other data needed
	$(RUN) python -m tests.benchmarks.gets --rows $(or $(ROWS),30000 300000) -o docs/benchmarks/gets.json

bench-desk: $(STAMP) ## every page of the desk at 30,000 and 300,000 rows beside two busy processes; no other data needed
	$(RUN) python -m tests.benchmarks.desk_pages --rows $(or $(ROWS),30000 300000) -o docs/benchmarks/desk_pages.json

bench-posting: $(STAMP) ## single posts: CPU an item, sustained rate, p99; under a minute, no other data needed
	$(RUN) python -m tests.benchmarks.posting -o docs/benchmarks/posting.json

fuzz: $(STAMP) ## 10,000 requests made from the API's own document (EXAMPLES=130); needs a registry
	$(RUN) python -m tests.soak.fuzz --tool "$(CURDIR)/$(UV) tool run --from schemathesis==4.32.5 st" --examples $(or $(EXAMPLES),130) $(if $(DB),--database $(DB))

soak: $(STAMP) ## kills while people edit and messages go out (KILLS=200), attacks; into docs/benchmarks; DB=URL of a PostgreSQL server
	$(if $(DB),UV_PYTHON_DOWNLOADS=never $(UV) sync --frozen --quiet --inexact --extra postgres)
	$(RUN) python -m tests.soak.edits --edits $(or $(EDITS),300) --seconds $(or $(LIMIT),600) $(SOAKED)_edits$(SOAKED_ON)
	$(RUN) python -m tests.soak.notices --kills $(or $(KILLS),200) $(SOAKED)_notices$(SOAKED_ON)
	$(RUN) python -m tests.soak.attacks $(SOAKED)_attacks$(SOAKED_ON)
	$(RUN) python -m tests.soak.outbox --kills $(or $(KILLS),200) $(SOAKED)_outbox$(SOAKED_ON)

bench-verification: $(STAMP) ## verdicts over 200 simulated releases of each kind (no other data needed)
	$(RUN) python -m tests.benchmarks.verification -o docs/benchmarks/verification.json

bench-cluster: $(STAMP) ## Spark beside two processes: same values, rows a second; needs a JDK 17
	UV_PYTHON_DOWNLOADS=never $(UV) sync --frozen --quiet --inexact --extra spark
	$(RUN) python -m tests.benchmarks.cluster -o docs/benchmarks/cluster.json

serve: $(STAMP) ## the HTTP API, desk and a worker on http://127.0.0.1:8000; DB=demo-output/demo.db for the demo's
	$(RUN) feedback-nlp serve --worker $(if $(DB),--db $(DB))

clean: ## remove environments and caches
	rm -rf .venv .uv .pytest_cache .mypy_cache .ruff_cache .coverage dist build demo-output

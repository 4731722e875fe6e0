PYTHON ?= python3
BIN := .venv/bin
# Tests wait for servers and commands most of the time: more workers than cores keep the cores busy.
WORKERS ?= 4

.PHONY: help demo test test-random test-full coverage bench lint audit dist schemas format lock clean
help: ## this list
	@grep -hE '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | sort

.venv/.ok: requirements/dev.lock pyproject.toml
	$(PYTHON) -m venv .venv
	$(BIN)/pip install --quiet --disable-pip-version-check --require-hashes --no-deps -r requirements/dev.lock
	$(BIN)/pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation -e .
	# The tests start hundreds of commands, and not every environment lets Python keep byte code by itself.
	$(BIN)/python -m compileall -q syncd
	touch $@

demo: .venv/.ok ## the main job, shown in a minute on a throwaway directory and platform
	. tests/environment.sh && $(BIN)/syncd demo

test-full: test ## test, and what needs minutes or root: a booted systemd, the image, compose.yaml, 389 Directory Server, each quirk, replicas whose leader is killed, ten minutes of attacks, an hour of generated payloads, mutants
	set -e; for script in tests/full/*.sh; do sh $$script; done
	. tests/environment.sh && $(BIN)/python -m tests.full.replicas
	. tests/environment.sh && $(BIN)/python -m tests.full.attacked
	. tests/environment.sh && $(BIN)/python -m tests.full.mutants

bench: .venv/.ok ## figures, as ratios to the machine's own; BENCH="people departments" SECONDS=10 (a cell of callbacks)
	. tests/environment.sh && $(BIN)/python -m tests.bench.main_job $(BENCH)
	. tests/environment.sh && $(BIN)/python -m tests.bench.directory_reading
	. tests/environment.sh && $(BIN)/python -m tests.bench.callbacks $(or $(SECONDS),2)
	. tests/environment.sh && $(BIN)/python -m tests.bench.callbacks --reconcile=process $(or $(SECONDS),2)

test: .venv/.ok ## every test; installs what it needs
	. tests/environment.sh && $(BIN)/pytest -q -n $(WORKERS) --dist loadgroup $(PYTEST_ARGS)

test-random: ## every test in an order drawn by chance; PYTEST_ARGS=--randomly-seed=N draws one again
	$(MAKE) test PYTEST_ARGS="-p randomly $(PYTEST_ARGS)"

coverage: .venv/.ok ## branch coverage by module, of the tests and of the commands that they run; htmlcov/ shows the lines
	. tests/environment.sh && $(BIN)/coverage erase && \
		$(BIN)/coverage run -m pytest -q -n $(WORKERS) --dist loadgroup $(PYTEST_ARGS)
	$(BIN)/coverage combine --quiet
	$(BIN)/coverage report
	$(BIN)/coverage html --quiet

lint: .venv/.ok ## formatter, linters of code, scripts and images, types, import contracts, lock check
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(BIN)/lint-imports
	$(BIN)/hadolint $$(find deploy -name Dockerfile)
	$(BIN)/shellcheck -x $$(git ls-files '*.sh')
	! grep -nE 'https?://|^--' requirements/*.lock

audit: .venv/.ok ## asks a database of advisories about all locked versions (needs the network), and checks their licences
	$(BIN)/python deploy/release/inventory.py check requirements/runtime.lock requirements/mysql.lock
	$(BIN)/python deploy/release/advisories.py requirements/runtime.lock requirements/mysql.lock requirements/build.lock requirements/dev.lock

dist: .venv/.ok ## builds a release into dist/: archive, wheel, licences, bill of materials, image, checksums; IMAGE=no, BASE=NAME@sha256:…
	sh deploy/release/dist.sh

schemas: .venv/.ok ## writes syncd/schemas anew
	$(BIN)/python -m syncd.report.schemas syncd/schemas

format: .venv/.ok ## formats the code and mends what the linter can mend
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

lock: .venv/.ok ## renews requirements/*.lock; what is installed has the versions that are tested
	cd requirements && for f in dev runtime mysql build fuzzing; do \
		[ $$f = dev ] && tested= || tested="-c dev.lock"; \
		../$(BIN)/uv pip compile -q --upgrade --universal --generate-hashes --no-emit-index-url -p 3.11 --no-header --no-annotate $$tested $$f.in -o $$f.lock; \
	done

clean: ## removes what the build made
	rm -rf .venv build dist .mypy_cache .ruff_cache .pytest_cache *.egg-info

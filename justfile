# Every recipe is one line; what needs more is a buck command or a script with a name.
python := ".venv/bin/python"
export PYTHONDONTWRITEBYTECODE := ""

# List the recipes.
default:
    @just --list

# Create .venv with everything the tests need.
setup:
    python3 -m venv .venv && {{python}} -m pip install -q -c constraints.txt -e '.[test]'

# Format the Python code and repair what ruff can repair.
fmt:
    {{python}} -m ruff format . && {{python}} -m ruff check --fix .

# Say what style, types or floors object to.
lint:
    {{python}} -m ruff check . && {{python}} -m ruff format --check . && {{python}} -m mypy && .venv/bin/lint-imports

# Run tests; takes pytest's arguments, for example `just test tests/unit -k refund`.
test *args:
    {{python}} -m pytest {{args}}

# Run the tests that start real servers.
integration *args:
    {{python}} -m pytest tests/integration {{args}}

# Run the tests that kill processes and break things on purpose.
faults *args:
    {{python}} -m pytest tests/faults {{args}}

# Do everything that CI does, in this checkout.
check:
    bash .ci/run

# Watch the whole job on the sandbox company.
demo:
    .venv/bin/buck demo

# Judge a change on the simulated company: land, build, check, read for every engine, compare with a base.
data-tests base="HEAD" summary="build/data.md":
    .venv/bin/buck ci --sandbox --base {{base}} --summary {{summary}}

# Put a Markdown file under a pull request, in the place of the one before (needs gh and its token).
data-comment pr file="build/data.md":
    head -c 65000 {{file}} | gh pr comment {{pr}} --edit-last --create-if-none --body-file -

# Install what the environment prod needs, with the packages of a warehouse where one is named.
setup-for target="":
    python3 -m venv .venv && {{python}} -m pip install -q -c constraints.txt -e '.[{{target}}]'

# Land, build, check and publish for real.
scheduled-run:
    .venv/bin/buck --env prod run --wait 600

# Build the published marts in a warehouse, prove them equal, and publish them there.
promote target:
    .venv/bin/buck --env prod promote --target {{target}} --yes

# Show as Markdown what the models of one commit make otherwise than those of another.
data-diff base head="HEAD":
    @.venv/bin/buck diff git:{{base}} git:{{head}} --output markdown

# Measure start-up, runs, landing, publishing and promotion; pass `--quick` for a short look.
bench *args:
    {{python}} -m tests.bench {{args}}

# Measure with ten times the rows, to see memory stay flat.
soak *args:
    {{python}} -m tests.bench --only landing --rows 10000000 {{args}}

# Kill landings at a thousand random moments, in every format and store.
soak-kills kills="1020":
    SOAK_KILLS={{kills}} {{python}} -m pytest tests/faults/landing -k random -n 0

# Kill a backfill of a month five times and resume it.
soak-backfill:
    {{python}} -m pytest tests/integration/flow/test_backfill_parts.py -m soak -n 0

# Prove incremental models equal to full builds with many more histories; what fails is shrunk and kept.
soak-incrementals *args:
    {{python}} -m tests.integration.transform.models.incrementals.soak {{args}}

# Build the project from a bigger company on DuckDB and on PostgreSQL, and compare every row.
soak-warehouse customers="300":
    SOAK_CUSTOMERS={{customers}} {{python}} -m pytest tests/integration/warehouses/test_sizes.py -k soak -n 0

# Kill a promotion into PostgreSQL at each of its steps, and let the next one finish at once.
soak-promotion:
    {{python}} -m pytest -n 0 -m soak tests/integration/warehouses/test_promotion.py

# Find one minor unit in one of five million payments on a real PostgreSQL; says time and memory.
soak-planted-cent rows="5000000":
    SOAK_ROWS={{rows}} {{python}} -m pytest tests/integration/warehouses/soak_planted_cent.py -n 0

# Build the whole project on the BigQuery emulator and compare every mart with DuckDB.
soak-bigquery:
    SOAK_BIGQUERY=1 {{python}} -m pytest tests/integration/warehouses/test_bigquery.py -n 0

# Try `buck promote verify-account` on the BigQuery emulator, and `buck diff` on random edits there.
soak-bigquery-promotion:
    {{python}} -m pytest tests/integration/warehouses/soak_bigquery_promotion.py -n 0

# Promote all of Buck's own models to the BigQuery emulator, and again after twelve more days.
soak-whole-bigquery:
    {{python}} -m pytest tests/integration/warehouses/soak_whole_bigquery.py -n 0

# Promote all of Buck's own models to fakesnow, and again after twelve more days.
soak-whole-snowflake:
    {{python}} -m pytest tests/integration/warehouses/soak_whole_snowflake.py -n 0

# Make a new project of every set of sources and run each, and promote a dbt project that was adopted.
soak-init:
    {{python}} -m pytest tests/integration/cli/test_init_sources.py tests/integration/cli/test_init_dbt.py -m soak -n 0

# Load raw tables into fakesnow by Snowflake's own connector.
soak-snowflake:
    {{python}} -m pytest tests/integration/warehouses/soak_snowflake.py -n 0

# Promote to fakesnow by Snowflake's own connector and dbt-snowflake.
soak-snowflake-promotion:
    {{python}} -m pytest tests/integration/warehouses/soak_snowflake_promotion.py -n 0

# Run what is meant for Databricks on Spark, for every raw table of the sandbox, and compare the rows (needs Java).
soak-spark:
    {{python}} -m pytest tests/integration/warehouses/soak_spark.py -n 0

# Run pipelines on Airflow, Dagster and Prefect, each in an environment of its own.
soak-orchestrators:
    SOAK_ORCHESTRATORS=1 {{python}} -m pytest tests/integration/orchestrators -n 0

# Write the generated reference pages anew and build the site (needs the extra `docs`).
docs:
    {{python}} docs/generate.py && {{python}} -m mkdocs build --strict

# Build the wheel into dist/.
wheel:
    {{python}} -m build --wheel

# Resolve constraints.txt anew (needs uv).
constraints:
    uv pip compile pyproject.toml --extra test --universal --upgrade --no-header --no-annotate --no-emit-index-url --no-emit-find-links -q -o constraints.txt

# Remove caches and build results; the lake and .venv stay.
clean:
    rm -rf dist build site .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache

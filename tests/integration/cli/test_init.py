"""`buck init` out of a wheel: the repository's own files, in a folder that runs as it stands."""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from tests.house.checkout import ROOT, list_files
from tests.scratch import Scratch

BUCK = (sys.executable, "-m", "buck.cli.main")
COPIED = ("pipelines", "transform", "lake", ".buck.yml", ".gitignore")


@pytest.fixture(scope="module")
def installed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder that holds Buck as its wheel installs it."""
    place = tmp_path_factory.mktemp("installed")
    build = [sys.executable, "-m", "build", "--wheel", "--outdir", str(place / "dist"), str(ROOT)]
    done = subprocess.run(build, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    [wheel] = (place / "dist").glob("*.whl")
    shutil.unpack_archive(wheel, place / "site", "zip")
    return place / "site"


def place_with(packages: Path, folder: Path, home: Path) -> Scratch:
    """A folder in which `BUCK` is what lies in `packages`."""
    folder.mkdir()
    return Scratch(folder, home, {"PYTHONPATH": str(packages)})


@pytest.fixture
def desk(installed: Path, tmp_path: Path, empty_home: Path) -> Scratch:
    """An empty folder of somebody who installed the wheel."""
    return place_with(installed, tmp_path / "desk", empty_home)


def read_tree(folder: Path) -> dict[str, bytes]:
    files = (path for path in folder.rglob("*") if path.is_file())
    return {str(path.relative_to(folder)): path.read_bytes() for path in files}


def read_checkout() -> dict[str, bytes]:
    names = {str(f.relative_to(ROOT)): f for f in list_files()}
    return {n: f.read_bytes() for n, f in names.items() if n.partition("/")[0] in COPIED}


def test_it_is_the_repositorys_own_files_and_runs_at_once(desk: Scratch) -> None:
    made = desk.buck("init", "shop", "--json", program=BUCK).expect(0).json
    shop = Scratch(desk.root / "shop", desk.home, desk.env)
    assert made["folder"] == str(shop.root)
    assert made["sources"] == ["stripe", "salesforce", "app"]
    written = read_tree(shop.root)
    recipes = written.pop("justfile").decode()
    assert written == read_checkout()
    assert made["files"] == len(written) + 1
    assert ".venv" not in recipes
    try:
        shop.buck("sandbox", "up", "--customers", "20", program=BUCK).expect(0)
        run = shop.buck("run", "--json", program=BUCK).expect(0).json
    finally:
        shop.buck("sandbox", "down", program=BUCK).expect(0)
    assert run["status"] == "ok"
    rows = shop.buck(
        "query", "select count(*) as n from finance.fct_payments", "--json", program=BUCK
    )
    assert rows.expect(0).json[0]["n"] > 0
    # Git sees the files that were written, and nothing of what the run made.
    for command in (["init", "-q"], ["add", "-A"]):
        subprocess.run(["git", *command], cwd=shop.root, check=True)
    seen = subprocess.run(
        ["git", "ls-files"], cwd=shop.root, check=True, capture_output=True, text=True
    )
    assert set(seen.stdout.split()) == {*written, "justfile"}


def test_it_says_how_to_go_on(desk: Scratch) -> None:
    done = desk.buck("init", "shop", program=BUCK).expect(0)
    assert "sources stripe, salesforce, app" in done.out
    assert "next: cd shop && buck demo" in done.err
    listed = subprocess.run(
        [str(Path(sys.executable).parent / "just"), "--summary"],
        cwd=desk.root / "shop",
        check=True,
        capture_output=True,
        text=True,
    )
    # Whatever recipes the repository gains: those that call buck, and no others.
    own = (ROOT / "justfile").read_text()
    calling = re.findall(r"^([a-z-]+)[^\n]*:\n    @?\.venv/bin/buck ", own, re.MULTILINE)
    assert {"demo", "data-tests"} <= set(calling)
    assert set(listed.stdout.split()) == {"default", *calling}


def test_a_lake_in_a_bucket_is_the_only_difference(desk: Scratch) -> None:
    made = desk.buck("init", "shop", "--lake", "s3://bucket/a b", "--json", program=BUCK)
    assert made.expect(0).json["lake"] == "s3://bucket/a b"
    written, own = (desk.root / "shop" / ".buck.yml").read_text(), (ROOT / ".buck.yml").read_text()
    changed = set(written.splitlines()) ^ set(own.splitlines())
    assert changed == {"  root: ./lake", '  root: "s3://bucket/a b"'}


@pytest.mark.parametrize("held", ["a folder", "a file", "a project"])
def test_what_holds_something_is_refused_and_left_alone(desk: Scratch, held: str) -> None:
    shop = desk.root / "shop"
    if held == "a project":
        desk.buck("init", "shop", program=BUCK).expect(0)
    elif held == "a folder":
        (shop / "deep").mkdir(parents=True)
    else:
        shop.write_text("mine")
    before = read_tree(desk.root)
    done = desk.buck("init", "shop", program=BUCK).expect(2)
    assert ("is a file" if held == "a file" else "is not empty") in done.err
    assert "hint: choose another name" in done.err
    assert read_tree(desk.root) == before


@pytest.mark.parametrize("lake", ["", "{{ NO_SUCH_VARIABLE }}"])
def test_a_project_that_cannot_be_opened_leaves_nothing(desk: Scratch, lake: str) -> None:
    (desk.root / "empty").mkdir()
    for name in ("shop", "empty"):
        desk.buck("init", name, "--lake", lake, program=BUCK).expect(2)
    assert [path.name for path in desk.root.rglob("*")] == ["empty"]
    desk.buck("init", "empty", program=BUCK).expect(0)


def test_a_checkout_gives_the_same_without_what_tools_left(
    tmp_path: Path, empty_home: Path
) -> None:
    checkout = tmp_path / "checkout"
    for file in list_files():
        name = file.relative_to(ROOT)
        if name.parts[0] in ("buck", "justfile", *COPIED):
            (checkout / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(file, checkout / name)
    for stray in (
        "pipelines/.dlt/secrets.toml",
        "pipelines/secrets.toml",
        "pipelines/.env",
        "pipelines/__pycache__/a.pyc",
        "transform/target/manifest.json",
        "transform/logs/dbt.log",
        "transform/.user.yml",
        "transform/dbt_packages/a/dbt_project.yml",
        "lake/marts.duckdb",
        ".env",
    ):
        (checkout / stray).parent.mkdir(parents=True, exist_ok=True)
        (checkout / stray).write_text("secret")
    desk: Any = place_with(checkout, tmp_path / "desk", empty_home)
    desk.buck("init", "shop", program=BUCK).expect(0)
    written = read_tree(desk.root / "shop")
    del written["justfile"]
    assert written == read_checkout()

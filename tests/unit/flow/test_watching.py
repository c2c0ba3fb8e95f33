"""Noticing what was saved."""

from __future__ import annotations

import os
import threading
import time
from pathlib import Path

from buck.flow.dev import Watch


def names(found):
    return [path.as_posix() for path in found]


def test_saved_added_and_removed_files_are_noticed_once(tmp_path):
    (tmp_path / "models").mkdir()
    model, other = tmp_path / "models" / "a.sql", tmp_path / "models" / "b.sql"
    model.write_text("select 1")
    other.write_text("select 1")
    watch = Watch(tmp_path)
    assert watch.changes() == []
    model.write_text("select 22")
    other.unlink()
    (tmp_path / "models" / "c.yml").write_text("version: 2")
    assert names(watch.changes()) == ["models/a.sql", "models/b.sql", "models/c.yml"]
    assert watch.changes() == []


def test_a_save_of_equal_length_is_noticed_by_its_time(tmp_path):
    model = tmp_path / "a.sql"
    model.write_text("select 1")
    watch = Watch(tmp_path)
    model.write_text("select 2")
    told = model.stat()
    os.utime(model, ns=(told.st_atime_ns, told.st_mtime_ns + 1))
    assert names(watch.changes()) == ["a.sql"]


def test_what_tools_write_is_left_out(tmp_path):
    watch = Watch(tmp_path)
    for name in ("target/x.sql", "logs/x.sql", ".git/x.sql", "__pycache__/x.py"):
        file = tmp_path / name
        file.parent.mkdir(exist_ok=True)
        file.write_text("")
    (tmp_path / ".a.sql.swp").write_text("")
    (tmp_path / "a.sql~").write_text("")
    assert watch.changes() == []


def test_an_editor_that_writes_in_steps_makes_one_save(tmp_path):
    watch = Watch(tmp_path)

    def edit() -> None:
        for number in range(3):
            Path(tmp_path / f"{number}.sql").write_text("select 1")
            time.sleep(0.02)

    writer = threading.Thread(target=edit)
    writer.start()
    first = next(watch.wait())
    writer.join()
    assert names(first) == ["0.sql", "1.sql", "2.sql"]


def test_it_ends_when_the_branch_is_another(tmp_path):
    watch = Watch(tmp_path)
    (tmp_path / "a.sql").write_text("")
    assert list(watch.wait(is_over=lambda: True)) == []

"""A pipeline of one source on a lake that has nothing else."""

from __future__ import annotations

from typing import Any


def test_a_first_run_of_one_source_says_which_others_must_land(project: Any) -> None:
    try:
        project.buck("sandbox", "up", "--customers", "20", "--days", "20").expect(0)
        for _ in range(2):
            refused = project.buck("run", "stripe_daily").expect(1)
        assert "app has never landed, and models are made from it" in refused.err
        assert "buck run once, which lands every source; then stripe_daily" in refused.err
        assert project.snapshot() == {}
        text = (project.root / ".buck.yml").read_text()
        app = text[text.index("  app:\n") : text.index("pipelines:\n")]
        for part in (app, ", app"):
            project.edit(".buck.yml", part, "")
        refused = project.buck("run", "stripe_daily").expect(2)
        assert "app: not among the sources of .buck.yml, but models read it" in refused.err
        assert "buck dbt ls --select source:app+" in refused.err
    finally:
        project.buck("sandbox", "down")

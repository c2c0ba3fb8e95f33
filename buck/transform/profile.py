"""What a target of profiles.yml says, its variables read."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from buck.errors import ConfigError
from buck.transform.workspace import DbtWorkspace


def read_target(workspace: DbtWorkspace, *, env: Mapping[str, str]) -> dict[str, Any]:
    """The settings of the workspace's target, as dbt itself would read them.

    Args:
        workspace: The project; its own values go before `env`.
        env: Values for `env_var()`.

    Raises:
        ConfigError: the profile has no such target, or can't be read.
    """
    import jinja2
    import yaml

    values = {**env, **workspace.env}

    def env_var(name: str, default: str | None = None) -> str:
        if name in values:
            return values[name]
        if default is None:
            raise ConfigError(f"{name} is not set", hint=f"set {name} in the environment or .env")
        return default

    # S701: it writes settings, never HTML.
    environment = jinja2.Environment()  # noqa: S701
    environment.filters["as_number"] = environment.filters["as_native"] = lambda value: value
    file = workspace.profiles_dir / "profiles.yml"
    try:
        profiles = yaml.safe_load(file.read_text(encoding="utf-8")) or {}
        project = yaml.safe_load(
            (workspace.project_dir / "dbt_project.yml").read_text(encoding="utf-8")
        )
        outputs = profiles[project.get("profile", project["name"])]["outputs"]
        settings = outputs[workspace.target]
    except (OSError, yaml.YAMLError, KeyError, TypeError) as exc:
        raise ConfigError(
            f"{file.name} has no target {workspace.target}",
            hint="add it to profiles.yml, beside duckdb",
        ) from exc
    return {
        key: environment.from_string(value).render(env_var=env_var)
        if isinstance(value, str)
        else value
        for key, value in settings.items()
    }


def target_names(workspace: DbtWorkspace) -> frozenset[str]:
    """The targets that the project's profile has; none if there is no profile."""
    import yaml

    try:
        profiles = yaml.safe_load((workspace.profiles_dir / "profiles.yml").read_text("utf-8"))
        text = (workspace.project_dir / "dbt_project.yml").read_text("utf-8")
        project = yaml.safe_load(text)
        return frozenset(profiles[project.get("profile", project["name"])]["outputs"])
    except (OSError, yaml.YAMLError, KeyError, TypeError):
        return frozenset()


def project_variable(workspace: DbtWorkspace, name: str) -> Any:
    """A variable's value: the workspace's own, else what dbt_project.yml gives; None without."""
    import yaml

    if name in workspace.vars:
        return workspace.vars[name]
    text = (workspace.project_dir / "dbt_project.yml").read_text(encoding="utf-8")
    return ((yaml.safe_load(text) or {}).get("vars") or {}).get(name)

"""A project around a dbt project that somebody has already, none of whose files change."""

from buck.scaffold.adopting.adopting import Adopted, adopt_project

__all__ = ["Adopted", "adopt_project"]

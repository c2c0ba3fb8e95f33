"""Writing a user's first lines for them."""

from buck.scaffold.add_sources import Added, add_sources
from buck.scaffold.adopting import Adopted, adopt_project
from buck.scaffold.new_project import NewProject, write_project
from buck.scaffold.new_source import KINDS, NewSource, write_source

__all__ = [
    "KINDS",
    "Added",
    "Adopted",
    "NewProject",
    "NewSource",
    "add_sources",
    "adopt_project",
    "write_project",
    "write_source",
]

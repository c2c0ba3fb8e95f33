"""Writing a user's first lines for them."""

from buck.scaffold.new_source import KINDS, NewSource, write_source

__all__ = ["KINDS", "NewSource", "write_source"]

"""A comparison as a page for people and for pull requests."""

from buck.parity.page.html import to_html
from buck.parity.page.markdown import to_markdown

__all__ = ["to_html", "to_markdown"]

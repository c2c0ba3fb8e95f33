"""A quality report as a page for people, for CI servers and for pull requests."""

from buck.quality.page.html import page_style, to_html
from buck.quality.page.junit import to_junit
from buck.quality.page.markdown import to_markdown

__all__ = ["page_style", "to_html", "to_junit", "to_markdown"]

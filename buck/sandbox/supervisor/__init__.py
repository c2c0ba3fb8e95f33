"""The process that serves the company in the background, and how to reach it."""

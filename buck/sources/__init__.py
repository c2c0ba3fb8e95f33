"""The reusable connectors that files in `pipelines/` import."""

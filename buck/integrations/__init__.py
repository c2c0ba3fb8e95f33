"""Buck's pipelines on orchestrators that people already have.

`airflow.dags()`, `dagster.definitions()` and `prefect.flows()` read `.buck.yml` when they are
imported; `parts` is what they have in common. Each task is a `buck` command in a process of its
own, so the orchestrator and Buck need not agree on any package.
"""

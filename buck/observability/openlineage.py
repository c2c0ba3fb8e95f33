"""One OpenLineage event for a run's start or end. The library is imported when one is sent."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from buck.records.observation import ObservedRun, ObservedTable

if TYPE_CHECKING:
    from openlineage.client.event_v2 import RunEvent

PATIENCE_S: Final = 3.0
PRODUCER: Final = "buck-lakehouse"
TYPES: Final = {
    "started": "START",
    "completed": "COMPLETE",
    "failed": "FAIL",
    "aborted": "ABORT",
}


def append_lineage(run: ObservedRun, file: Path, *, namespace: str) -> None:
    """Append the event to a file, as one line.

    Raises:
        ImportError: the library is not installed.
        OSError: the file cannot be written.
    """
    from openlineage.client.transport.file import FileConfig, FileTransport

    event = _event(run, namespace)
    file.parent.mkdir(parents=True, exist_ok=True)
    FileTransport(FileConfig(log_file_path=str(file), append=True)).emit(event)


def send_lineage(run: ObservedRun, *, namespace: str, url: str, api_key: str = "") -> None:
    """Send the event to a server.

    Args:
        run: The run.
        namespace: What its pipeline's name belongs to.
        url: The server's address.
        api_key: Sent along, if there is one.

    Raises:
        ImportError: the library is not installed.
        Exception: whatever the library raises if the event does not arrive.
    """
    from openlineage.client.transport.http import (
        ApiKeyTokenProvider,
        HttpConfig,
        HttpTransport,
        TokenProvider,
    )

    auth = ApiKeyTokenProvider({"apiKey": api_key}) if api_key else TokenProvider({})
    server = HttpTransport(HttpConfig(url=url, timeout=PATIENCE_S, auth=auth, retry={"total": 0}))
    try:
        server.emit(_event(run, namespace))
    finally:
        server.close()


def _event(run: ObservedRun, namespace: str) -> RunEvent:
    from openlineage.client import event_v2, facet_v2
    from openlineage.client.uuid import generate_static_uuid

    facets: dict[str, Any] = {
        "processing_engine": facet_v2.processing_engine_run.ProcessingEngineRunFacet(
            name="buck", version=_version(), producer=PRODUCER
        )
    }
    if run.nominal_at:
        facets["nominalTime"] = facet_v2.nominal_time_run.NominalTimeRunFacet(
            nominalStartTime=run.nominal_at.isoformat(), producer=PRODUCER
        )
    if run.error:
        facets["errorMessage"] = facet_v2.error_message_run.ErrorMessageRunFacet(
            message=run.error, programmingLanguage="python", producer=PRODUCER
        )
    job = facet_v2.job_type_job.JobTypeJobFacet(
        processingType="BATCH", integration="BUCK", jobType="PIPELINE", producer=PRODUCER
    )
    run_id = generate_static_uuid(run.started_at, run.run_id.encode())
    return event_v2.RunEvent(
        eventType=event_v2.RunState[TYPES[run.phase]],
        eventTime=run.at.isoformat(),
        producer=PRODUCER,
        run=event_v2.Run(runId=str(run_id), facets=facets),
        job=event_v2.Job(namespace=namespace, name=run.pipeline, facets={"jobType": job}),
        inputs=[
            event_v2.InputDataset(t.namespace, t.name, facets=_versioned(t)) for t in run.inputs
        ],
        outputs=[
            event_v2.OutputDataset(
                t.namespace,
                t.name,
                facets=_versioned(t),
                outputFacets={
                    "outputStatistics": (
                        facet_v2.output_statistics_output_dataset.OutputStatisticsOutputDatasetFacet(
                            rowCount=t.rows, producer=PRODUCER
                        )
                    )
                },
            )
            for t in run.outputs
        ],
    )


def _versioned(table: ObservedTable) -> dict[str, Any]:
    from openlineage.client import facet_v2

    version = facet_v2.dataset_version_dataset.DatasetVersionDatasetFacet(
        datasetVersion=table.version, producer=PRODUCER
    )
    return {"version": version}


def _version() -> str:
    from importlib.metadata import version

    return version("buck-lakehouse")

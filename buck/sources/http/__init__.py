"""Patient HTTP for sources: retries with backoff, rate limits, and the server's own clock."""

from __future__ import annotations

from buck.sources.http.answer import Answer, AnswerUnusable
from buck.sources.http.bucket import BucketRack, TokenBucket
from buck.sources.http.client import PatientClient
from buck.sources.http.patience import Patience

__all__ = ["Answer", "AnswerUnusable", "BucketRack", "Patience", "PatientClient", "TokenBucket"]

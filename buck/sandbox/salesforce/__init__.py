"""A Salesforce org of the sandbox company: OAuth, describe, SOQL, REST query and Bulk API 2.0."""

from __future__ import annotations

from buck.sandbox.salesforce.certificates import Tls, make_signing_key, make_tls
from buck.sandbox.salesforce.oauth import ConnectedApp, make_app
from buck.sandbox.salesforce.server import SalesforceServer
from buck.sandbox.salesforce.store import SalesforceStore

__all__ = [
    "ConnectedApp",
    "SalesforceServer",
    "SalesforceStore",
    "Tls",
    "make_app",
    "make_signing_key",
    "make_tls",
]

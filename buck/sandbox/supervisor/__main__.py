"""`python -m buck.sandbox.supervisor FOLDER …`: become the background process of a sandbox."""

from __future__ import annotations

import os


def detach() -> None:
    """Go on as a grandchild of the caller, who then has no dead child to collect."""
    if os.fork() > 0:
        os._exit(0)


if __name__ == "__main__":
    detach()
    from buck.sandbox.supervisor.daemon import serve

    serve()

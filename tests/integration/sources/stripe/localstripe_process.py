"""localstripe on loopback, on a port the system chooses, until standard input closes.

Its own command listens on every interface and keeps its objects in a file of the temp folder;
this one does neither. The first line on standard output is the port.
"""

from __future__ import annotations

import asyncio
import sys

from aiohttp import web


async def serve() -> None:
    from localstripe.resources import Store

    Store.dump_to_disk = lambda _: None
    from localstripe.server import app

    runner = web.AppRunner(app)
    await runner.setup()
    try:
        site = web.TCPSite(runner, "127.0.0.1", 0)
        await site.start()
        sys.stdout.write(f"{runner.addresses[0][1]}\n")
        sys.stdout.flush()
        await asyncio.to_thread(sys.stdin.read)
    finally:
        await runner.cleanup()


if __name__ == "__main__":
    asyncio.run(serve())

"""A run that costs nothing: it takes the project's lock and records itself, with plain Python.

What it does with a moment is written in the moment: on the 5th it fails, on the 7th at 06 it dies
before it has recorded anything, on the 9th at 06 it is killed half-way, else all is well.
"""

import fcntl
import json
import os
import signal
import sys
import time
import uuid
from pathlib import Path

root, pipeline, due, seconds = Path(sys.argv[1]), sys.argv[2], sys.argv[3], float(sys.argv[4])
day, hour = due[8:10], due[11:13]
if (day, hour) == ("07", "06"):
    sys.exit("error: the machine has no memory left")
with (root / "fake.lock").open("a") as lock:
    fcntl.flock(lock, fcntl.LOCK_EX)
    done = root / "done" / f"{pipeline} {due}"
    if done.exists():
        sys.exit(0)
    stamp = due[:19].replace("-", "").replace(":", "")
    run_id = f"{stamp}-{uuid.uuid4().hex[:8]}"
    folder = root / "lake" / "data_pipeline_logs" / due[:10]
    folder.mkdir(parents=True, exist_ok=True)

    def record(part, kind, status, **facts):
        event = {"run_id": run_id, "number": part, "at": due, "pipeline": pipeline, "kind": kind}
        event |= {"step": "", "status": status, "facts": facts}
        spare = folder / f".spare-{run_id}-{part}"
        spare.write_text(json.dumps(event) + "\n")
        spare.rename(folder / f"{run_id}-{part:06d}.jsonl")

    host = os.uname().nodename
    record(0, "run_started", "running", pid=os.getpid(), host=host, due_at=due, as_of=due)
    time.sleep(seconds)
    if (day, hour) == ("09", "06"):
        os.kill(os.getpid(), signal.SIGKILL)
    done.parent.mkdir(exist_ok=True)
    status = "failed" if day == "05" else "ok"
    record(1, "run_finished", status, seconds=seconds)
    done.touch()
sys.exit(1 if status == "failed" else 0)

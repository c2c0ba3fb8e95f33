"""Give up root, tie the server's life to its parent's, and become the server.

Run as a file by a bare interpreter (`python -I -S launcher.py OPTIONS -- PROGRAM ARGS`), never
imported by it: PostgreSQL refuses to run as root, and the calls that give root up must happen in a
process with one thread, after the fork and before the server's own code.

Only the standard library is used, so starting it costs about 30 ms.
"""

from __future__ import annotations

import argparse
import ctypes
import os
import signal
import sys
from pathlib import Path
from types import FrameType

CLONE_NEWUSER = 0x10000000
PR_SET_PDEATHSIG = 1
PR_SET_KEEPCAPS = 8
PR_CAP_AMBIENT = 47
PR_CAP_AMBIENT_RAISE = 2
CAP_DAC_OVERRIDE = 1
LINUX_CAPABILITY_VERSION_3 = 0x20080522

FAILED = 125
"""Exit code when the route into the server does not work on this machine."""


class CapabilityHeader(ctypes.Structure):
    """The kernel's `__user_cap_header_struct`."""

    _fields_ = (("version", ctypes.c_uint32), ("pid", ctypes.c_int))


class CapabilitySet(ctypes.Structure):
    """The kernel's `__user_cap_data_struct`."""

    _fields_ = (
        ("effective", ctypes.c_uint32),
        ("permitted", ctypes.c_uint32),
        ("inheritable", ctypes.c_uint32),
    )


def check_call(result: int, what: str) -> None:
    """Turn the C library's -1 into an OSError naming the call."""
    if result != 0:
        number = ctypes.get_errno()
        raise OSError(number, f"{what}: {os.strerror(number)}")


def enter_namespace(libc: ctypes.CDLL, user_id: int, group_id: int) -> None:
    """Look like an ordinary user to the server while staying the same user on disk."""
    outside_user_id, outside_group_id = os.geteuid(), os.getegid()
    check_call(libc.unshare(CLONE_NEWUSER), "unshare")
    own = Path("/proc/self")
    # A group map may only be written by such a process once setgroups is given up for good.
    (own / "setgroups").write_text("deny")
    (own / "uid_map").write_text(f"{user_id} {outside_user_id} 1")
    (own / "gid_map").write_text(f"{group_id} {outside_group_id} 1")


def become_user(libc: ctypes.CDLL, user_id: int, group_id: int, *, reach: bool) -> None:
    """Become another user; with `reach`, one that may still pass through folders of root's."""
    if reach:
        check_call(libc.prctl(PR_SET_KEEPCAPS, 1, 0, 0, 0), "keep capabilities")
    os.setgroups([])
    os.setgid(group_id)
    os.setuid(user_id)
    if not reach:
        return
    mask = 1 << CAP_DAC_OVERRIDE
    header = CapabilityHeader(LINUX_CAPABILITY_VERSION_3, 0)
    sets = (CapabilitySet * 2)(CapabilitySet(mask, mask, mask), CapabilitySet(0, 0, 0))
    check_call(libc.capset(ctypes.byref(header), sets), "set capabilities")
    raised = libc.prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_RAISE, CAP_DAC_OVERRIDE, 0, 0)
    check_call(raised, "raise ambient capability")


def die_with_parent(libc: ctypes.CDLL, parent_pid: int) -> None:
    """Have the kernel send SIGQUIT (immediate shutdown) here when the parent thread is gone."""
    # After the change of user, which would clear it; it survives the exec that follows.
    check_call(libc.prctl(PR_SET_PDEATHSIG, signal.SIGQUIT, 0, 0, 0), "parent death signal")
    if os.getppid() != parent_pid:
        raise OSError(f"parent process {parent_pid} is already gone")


def watch_parent(command: list[str]) -> int:
    """Run the server as a child and end it when standard input closes: the parent holds it.

    For systems without a parent death signal (macOS). Signals are passed on to the server.
    """
    child_pid = os.fork()
    if child_pid == 0:
        os.setpgid(0, 0)
        # A shell starts background jobs with these ignored, and that would be inherited.
        for number in (signal.SIGINT, signal.SIGTERM, signal.SIGQUIT):
            signal.signal(number, signal.SIG_DFL)
        os.execv(command[0], command)  # noqa: S606

    def pass_on(number: int, _frame: FrameType | None) -> None:
        os.kill(child_pid, number)

    def report_end(_number: int, _frame: FrameType | None) -> None:
        pid, status = os.waitpid(child_pid, os.WNOHANG)
        if pid:
            os._exit(os.waitstatus_to_exitcode(status) & 0xFF)

    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGQUIT):
        signal.signal(number, pass_on)
    signal.signal(signal.SIGCHLD, report_end)
    try:
        # A child that ended before the handler was set is not announced again.
        ended_pid, status = os.waitpid(child_pid, os.WNOHANG)
        if ended_pid:
            return os.waitstatus_to_exitcode(status) & 0xFF
        while os.read(0, 1):
            pass
        os.kill(child_pid, signal.SIGQUIT)
        signal.pause()
    except ChildProcessError:
        return 0
    return 0


def parse_arguments(arguments: list[str]) -> argparse.Namespace:
    """The launcher's options; the server's command line comes after `--`."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--route", choices=["self", "namespace", "user"], required=True)
    parser.add_argument("--user-id", type=int, default=0)
    parser.add_argument("--group-id", type=int, default=0)
    parser.add_argument("--reach", action="store_true")
    parser.add_argument("--parent-pid", type=int, required=True)
    parser.add_argument("--tie", choices=["none", "kernel", "watch"], required=True)
    parser.add_argument("command", nargs="+")
    return parser.parse_args(arguments)


def launch(arguments: list[str]) -> int:
    """Become the server; returns only when that failed, or when the watched server ended."""
    options = parse_arguments(arguments)
    libc = ctypes.CDLL(None, use_errno=True)
    try:
        if options.route == "namespace":
            enter_namespace(libc, options.user_id, options.group_id)
        elif options.route == "user":
            become_user(libc, options.user_id, options.group_id, reach=options.reach)
        if options.tie == "kernel":
            die_with_parent(libc, options.parent_pid)
        if options.tie == "watch":
            return watch_parent(options.command)
        os.execv(options.command[0], options.command)  # noqa: S606
    except OSError as exc:
        sys.stderr.write(f"route {options.route}: {exc}\n")
        return FAILED


if __name__ == "__main__":
    raise SystemExit(launch(sys.argv[1:]))

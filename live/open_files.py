"""How many files the process may have open: each connection is one."""

import sys

import structlog

log = structlog.get_logger()


def allow_open_files(number: int) -> None:
    """Raise the limit to `number`, as far as the system lets; many start with 1,024."""
    if sys.platform == "win32":
        return
    import resource  # noqa: PLC0415  (not on Windows)

    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    if soft == resource.RLIM_INFINITY or soft >= number:
        return
    most = number if hard == resource.RLIM_INFINITY else min(number, hard)
    resource.setrlimit(resource.RLIMIT_NOFILE, (most, hard))
    if most < number:
        log.warning("few_open_files", allowed=most, wanted=number)

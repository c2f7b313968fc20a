"""error_tracker: keeps errors for `fuelops track-errors`.

Written by `fuelops track-errors shim`; standard library only. Every function returns, whatever happens: an error tracker
must not be the error. track_error appends one line to a spool file under a lock that is held for one write; fuelops takes
the spool in whenever one of its commands looks at the store, and while it serves.
"""

import datetime
import fcntl
import json
import os
import socket
import subprocess
import traceback
import uuid

STATE_DIR = os.environ.get("FUELOPS_STATE_DIR") or "@STATE_DIR@"
ROOT = "@ROOT@"
PROGRAM = os.environ.get("FUELOPS_PROGRAM") or "@PROGRAM@"

_SPOOL = os.path.join(STATE_DIR, "errors.spool")
_HOST = socket.gethostname()
_MAX_TEXT = 65536
_MAX_LINE = 1 << 20
_TRIES = 20


def track_error(error, context=None, endpoint=None, request_data=None):
    """Keeps an error and returns its record."""
    try:
        record = _record(error, context, endpoint, request_data)
    except Exception:
        record = {"timestamp": _now(), "type": "Error", "message": "", "context": None, "endpoint": None,
                  "request_data": None, "traceback": None, "count": 1}
    try:
        _append(record)
    except Exception:
        pass
    return record


def get_error_summary(last_hours=24):
    """Sums up the last hours."""
    empty = {"period_hours": last_hours, "total_errors": 0, "error_types": {}, "error_endpoints": {},
             "most_common_error": None, "recent_errors": []}
    try:
        report = _ask("--since", "%sh" % last_hours)
        types = {}
        for row in report["by_type"]:
            name = row["type"].rsplit(".", 1)[-1]
            types[name] = types.get(name, 0) + row["count"]
        recent = [
            {"timestamp": event["at"], "type": event["type"].rsplit(".", 1)[-1], "message": event["message"],
             "endpoint": event["endpoint"], "count": event["count"]}
            for event in report["recent"]
            if event["at"] >= report["since_at"]
        ]
        return {
            "period_hours": last_hours,
            "total_errors": report["events"],
            "error_types": types,
            "error_endpoints": {row["endpoint"]: row["count"] for row in report["by_endpoint"]},
            "most_common_error": max(types, key=types.get) if types else None,
            "recent_errors": recent[:10],
        }
    except Exception:
        return empty


def get_top_errors(limit=10):
    """The most frequent types of all time."""
    try:
        counts = json.loads(_run("export", "--format", "error-tracking"))["error_counts"]
        rows = [{"type": name, "count": count} for name, count in counts.items()]
        return sorted(rows, key=lambda row: (-row["count"], row["type"]))[:limit]
    except Exception:
        return []


def clear_old_errors(days=7):
    """Old errors go by themselves, by [errors] max_age of fuelops.toml; this asks for it now."""
    try:
        _run("prune")
    except Exception:
        pass


def generate_diagnostic_report():
    """The report as text."""
    try:
        return _run()
    except Exception as error:
        return "no report: %s" % error


def _now():
    return datetime.datetime.now().isoformat()


def _cut(value):
    if value is None:
        return None
    return str(value)[:_MAX_TEXT]


def _record(error, context, endpoint, request_data):
    if isinstance(error, BaseException):
        kind, message = type(error).__name__, str(error)
        printed = "".join(traceback.format_exception(type(error), error, error.__traceback__))
    else:
        kind, message, printed = "Error", str(error), None
    return {
        "timestamp": _now(),
        "type": kind,
        "message": message[:_MAX_TEXT],
        "context": context if isinstance(context, (dict, list)) else _cut(context),
        "endpoint": _cut(endpoint),
        "request_data": request_data,
        "traceback": printed if printed is None or len(printed) <= _MAX_TEXT else
        printed[: _MAX_TEXT // 2] + "\n" + printed[-_MAX_TEXT // 2:],
        "count": 1,
    }


def _append(record):
    line = dict(record)
    line["event_id"] = uuid.uuid4().hex
    line["at"] = datetime.datetime.now(datetime.timezone.utc).isoformat()
    line["host"] = _HOST
    if isinstance(line["context"], (dict, list)):
        line["request_data"] = {"context": line["context"], "request_data": line["request_data"]}
        line["context"] = None
    data = json.dumps(line, default=repr, skipkeys=True).encode("utf-8", "replace") + b"\n"
    if len(data) > _MAX_LINE:
        line["request_data"] = None
        data = json.dumps(line, default=repr, skipkeys=True).encode("utf-8", "replace") + b"\n"
    for _ in range(_TRIES):
        fd = _open()
        try:
            fcntl.flock(fd, fcntl.LOCK_EX)
            # fuelops renames the file before it takes it in: what is written to a renamed one might come too late.
            if _is_current(fd):
                view = memoryview(data)
                while view:
                    view = view[os.write(fd, view):]
                return
        finally:
            os.close(fd)


def _open():
    flags = os.O_WRONLY | os.O_APPEND | os.O_CREAT | os.O_CLOEXEC
    try:
        return os.open(_SPOOL, flags, 0o600)
    except FileNotFoundError:
        os.makedirs(STATE_DIR, mode=0o700, exist_ok=True)
        return os.open(_SPOOL, flags, 0o600)


def _is_current(fd):
    try:
        there = os.stat(_SPOOL)
    except FileNotFoundError:
        return False
    mine = os.fstat(fd)
    return (mine.st_dev, mine.st_ino) == (there.st_dev, there.st_ino)


def _run(*args):
    command = [PROGRAM, "--color", "never", "track-errors"] + list(args)
    done = subprocess.run(command, cwd=ROOT, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                          stderr=subprocess.DEVNULL, timeout=30)
    return done.stdout.decode("utf-8", "replace")


def _ask(*args):
    return json.loads(_run("report", "--format", "json", *args))

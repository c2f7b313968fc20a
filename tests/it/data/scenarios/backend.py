"""A backend of the scenario suite: nothing but Python's own library, and a route for each way to break it.

Port from PORT; what it needs from DATABASE_PORT, DATA_DIR and FAIL. Logs as a real one does. Nothing here knows about
fuelops.
"""

import errno
import logging
import os
import socket
import sys
import time
import traceback
from http.server import BaseHTTPRequestHandler, HTTPServer

logging.basicConfig(
    stream=sys.stderr, level=logging.INFO, format="%(asctime)s - %(name)s - %(levelname)s - %(message)s"
)
log = logging.getLogger("fuel_backend")

PORT = int(os.environ["PORT"])
DATABASE_PORT = int(os.environ.get("DATABASE_PORT", "0"))
DATA_DIR = os.environ.get("DATA_DIR", ".")
KEPT = []


class DatabaseError(Exception):
    """What a driver raises."""


def database(answer_within=None):
    """Connects and waits for the greeting, as a driver does."""
    try:
        connection = socket.create_connection(("127.0.0.1", DATABASE_PORT), timeout=2)
    except OSError as error:
        raise DatabaseError(
            f"(2003, \"Can't connect to MySQL server on '127.0.0.1' ([Errno {error.errno}] {error.strerror})\")"
        ) from error
    connection.settimeout(answer_within)
    with connection:
        return connection.recv(64)


def needs_database():
    if DATABASE_PORT:
        database()


def writes():
    with open(os.path.join(DATA_DIR, "last_sync.json"), "wb", buffering=0) as file:
        # A full file system may take a part of it first.
        for _ in range(64):
            if file.write(b"x" * 4096) < 4096:
                raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC), file.name)


def grows():
    while True:
        KEPT.append(bytearray(os.urandom(1 << 20)))


def leaks():
    """From now on; see Backend.service_actions."""
    KEPT.append("leak")


def spins():
    while True:
        pass


ROUTES = {
    "/health": lambda: None,
    "/health/ready": needs_database,
    "/fleet": needs_database,
    "/write": writes,
    "/grow": grows,
    "/leak": leaks,
    "/spin": spins,
    "/boom": lambda: 1 / 0,
    "/slow": lambda: time.sleep(0.3),
}


class Handler(BaseHTTPRequestHandler):
    def do_GET(self):
        try:
            route = ROUTES.get(self.path)
            if route is None:
                return self.answer(404, '{"detail": "Not Found"}')
            route()
            self.answer(200, '{"status": "healthy"}')
        except MemoryError:
            # What cannot be handled ends the program.
            raise
        except Exception:
            log.error("Exception in %s", self.path)
            traceback.print_exc()
            self.answer(500, '{"detail": "Internal Server Error"}')

    def answer(self, status, body):
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body.encode())

    def log_message(self, *words):
        log.info('127.0.0.1 - "%s" %s', self.requestline, words[1] if len(words) > 1 else "")


class Backend(HTTPServer):
    allow_reuse_address = True

    def service_actions(self):
        if "leak" not in KEPT:
            return
        try:
            while True:
                KEPT.append(os.dup(self.fileno()))
        except OSError as error:
            if "told" not in KEPT:
                KEPT.append("told")
                log.error("OSError: [Errno %d] %s", error.errno, error.strerror)

    def handle_error(self, request, client_address):
        if isinstance(sys.exc_info()[1], MemoryError):
            raise
        traceback.print_exc()


def main():
    log.info("Started server process [%d]", os.getpid())
    fail = os.environ.get("FAIL")
    if fail == "module":
        import fuel_models  # noqa: F401  there is none
    if fail == "disk":
        writes()
    try:
        server = Backend(("127.0.0.1", PORT), Handler)
    except OSError as error:
        log.error(
            "[Errno %d] error while attempting to bind on address ('127.0.0.1', %d): %s",
            error.errno, PORT, error.strerror.lower(),
        )
        sys.exit(1)
    if fail == "health":
        ROUTES["/health"] = needs_database
    if fail == "write":
        ROUTES["/health"] = writes
    if fail == "boom":
        ROUTES["/health"] = ROUTES["/boom"]
    log.info("Application startup complete.")
    server.serve_forever()


if __name__ == "__main__":
    main()

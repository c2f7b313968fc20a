"""A backend of the tests of `fuelops recover`: answers 200, and can be made to misbehave by files beside it.

`503`: answers 503 for ever; `dies`: ends after so many seconds; `slow`: listens after so many seconds;
`deaf`: ignores TERM; `daemon`: leaves a program behind that has left its tree; `workers`: spawns two workers that share its listening socket and then only waits.
"""

import http.server
import multiprocessing
import os
import pathlib
import signal
import socket
import subprocess
import sys
import threading
import time

HERE = pathlib.Path(__file__).parent


def asked(name):
    path = HERE / name
    return path.read_text().strip() or "1" if path.exists() else None


class Handler(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        body = b'{"status": "healthy"}'
        self.send_response(503 if asked("503") else 200)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_):
        pass


def serve(listener):
    server = http.server.ThreadingHTTPServer(listener.getsockname(), Handler, bind_and_activate=False)
    server.socket.close()
    server.socket = listener
    server.serve_forever()


def main():
    (HERE / "backend.pid").write_text(str(os.getpid()))
    print(f"backend {os.getpid()} starts", flush=True)
    if asked("deaf"):
        signal.signal(signal.SIGTERM, signal.SIG_IGN)
    if asked("traceback"):
        print("ERROR:main:cannot load trucks\nTraceback (most recent call last):\n  File \"main.py\", line 1, in f\nKeyError: 'truck'", flush=True)
    if asked("daemon"):
        subprocess.Popen(["sh", "-c", "setsid sleep 300 >/dev/null 2>&1 &"]).wait()
    if asked("slow"):
        time.sleep(float(asked("slow")))
    if asked("dies"):
        threading.Timer(float(asked("dies")), lambda: os._exit(1)).start()
    listener = socket.socket()
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    listener.bind(("127.0.0.1", int(sys.argv[1])))
    listener.listen(64)
    if not asked("workers"):
        return serve(listener)
    context = multiprocessing.get_context("spawn")
    workers = [context.Process(target=serve, args=(listener,)) for _ in range(2)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()


if __name__ == "__main__":
    main()

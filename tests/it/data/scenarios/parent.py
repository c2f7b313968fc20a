"""A parent that only watches, and workers that hold the port: what `uvicorn --workers 2` does."""

import multiprocessing
import os
import socket
import sys
import time


def work(server):
    while True:
        connection, _ = server.accept()
        with connection:
            connection.recv(4096)
            body = b'{"status": "healthy"}'
            connection.sendall(
                b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: %d\r\nConnection: close\r\n\r\n%s"
                % (len(body), body)
            )


if __name__ == "__main__":
    server = socket.socket()
    server.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    server.bind(("127.0.0.1", int(os.environ["PORT"])))
    server.listen(64)
    context = multiprocessing.get_context("spawn")
    workers = [context.Process(target=work, args=(server,)) for _ in range(2)]
    for worker in workers:
        worker.start()
    print(f"Started parent process [{os.getpid()}]", file=sys.stderr, flush=True)
    while True:
        time.sleep(60)

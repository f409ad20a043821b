"""A small service that answers as it is told to: one page at a time, well or badly."""

from __future__ import annotations

import json
import socket
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, Callable, Dict, List, NamedTuple, Optional, Tuple
from urllib.parse import parse_qs, urlsplit


class Asked(NamedTuple):
    """A call that came."""

    path: str
    query: Dict[str, str]
    #: How many calls with this path and query came before.
    before: int

    @property
    def page(self) -> int:
        return int(self.query.get("pageNo", 0))

    def size(self, usual: int = 50) -> int:
        return int(self.query.get("pageSize", usual))


class Reply(NamedTuple):
    """What is answered. `how` is `cut`, `reset` or `stall` where the answer does not come whole."""

    body: bytes
    status: int = 200
    headers: Tuple[Tuple[str, str], ...] = ()
    kind: str = "application/json"
    how: str = ""


Script = Callable[[Asked], Reply]


def reply(value: Any, status: int = 200, **headers: str) -> Reply:
    """A value as JSON. Underscores in the names of headers are hyphens."""
    held = tuple((name.replace("_", "-"), text) for name, text in headers.items())
    return Reply(json.dumps(value).encode(), status, held)


def refused(status: int, **headers: str) -> Reply:
    """An error as the service writes it."""
    return reply({"errorCode": str(status), "message": f"refused with {status}", "timestamp": 1}, status, **headers)


def page(rows: List[Any], number: int, size: int, **change: Any) -> Dict[str, Any]:
    """A page of rows, in the service's envelope; a change of `None` takes a key away."""
    part = rows[number * size : (number + 1) * size]
    last = (number + 1) * size >= len(rows)
    envelope = {
        "content": part,
        "pageable": {"pageNumber": number, "pageSize": size, "offset": number * size, "paged": True, "unpaged": False},
        "last": last,
        "first": number == 0,
        "totalPages": -(-len(rows) // size),
        "totalElements": len(rows),
        "number": number,
        "size": size,
        "numberOfElements": len(part),
        "empty": not part,
    }
    envelope.update(change)
    return {key: value for key, value in envelope.items() if value is not None}


class Scripted:
    """The service, on a free port of this machine. Use it as a context manager."""

    def __init__(self, script: Script) -> None:
        self.script = script
        self.asked: List[Asked] = []
        self._seen: Dict[str, int] = {}
        self._lock = threading.Lock()
        self._stop = threading.Event()
        service = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_GET(self) -> None:
                service._answer(self)

            def do_POST(self) -> None:
                self.rfile.read(int(self.headers.get("Content-Length", 0)))
                service._answer(self)

            def log_message(self, format: str, *args: Any) -> None:
                pass

        class Server(ThreadingHTTPServer):
            daemon_threads = True

            def handle_error(self, request: Any, client_address: Any) -> None:
                """Clients that hang up are what many rows are about."""

        self.server = Server(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self.server.server_address[1]}"
        self.hosts = {"qualysguard_url": self.url, "gateway_url": self.url, "api_url": self.url}
        self._thread = threading.Thread(target=self.server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)

    def _answer(self, handler: BaseHTTPRequestHandler) -> None:
        parts = urlsplit(handler.path)
        query = {key: values[0] for key, values in parse_qs(parts.query, keep_blank_values=True).items()}
        with self._lock:
            before = self._seen.get(handler.path, 0)
            self._seen[handler.path] = before + 1
            asked = Asked(parts.path, query, before)
            self.asked.append(asked)
        said = self.script(asked)
        if said.how == "reset":
            handler.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\x01\x00\x00\x00\x00\x00\x00\x00")
            handler.connection.close()
            handler.close_connection = True
            return
        if said.how == "stall":
            self._stop.wait()
            handler.close_connection = True
            return
        handler.send_response(said.status)
        handler.send_header("Content-Type", said.kind)
        handler.send_header("Content-Length", str(len(said.body)))
        for name, value in said.headers:
            handler.send_header(name, value)
        handler.end_headers()
        if said.how == "cut":
            handler.wfile.write(said.body[: len(said.body) // 2])
            handler.wfile.flush()
            handler.connection.shutdown(socket.SHUT_RDWR)
            handler.close_connection = True
            return
        handler.wfile.write(said.body)

    def __enter__(self) -> "Scripted":
        self._thread.start()
        return self

    def __exit__(self, *_: Optional[object]) -> None:
        self._stop.set()
        self.server.shutdown()
        self.server.server_close()

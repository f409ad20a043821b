"""Waiting: other threads go on, Ctrl-C ends it, a fork is told apart."""

from __future__ import annotations

import asyncio
import contextlib
import multiprocessing
import os
import signal
import socket
import threading
from typing import Any, Callable, Dict, Iterator, List

import pytest

from totalcloud import AsyncClient, Client, TotalCloudError

pytestmark = pytest.mark.skipif(os.name != "posix", reason="signals and forks are those of Unix")


class Silent:
    """A service that takes requests and never answers."""

    def __init__(self) -> None:
        self.socket = socket.create_server(("127.0.0.1", 0))
        self.url = "http://127.0.0.1:{}".format(self.socket.getsockname()[1])
        self.kept: List[socket.socket] = []

    def interrupts(self) -> None:
        """Interrupts the main thread once there is a request, and whatever becomes of it: the test waits for that."""
        try:
            self.asked()
        finally:
            os.kill(os.getpid(), signal.SIGINT)

    def asked(self) -> None:
        """Waits for a request."""
        connection, _ = self.socket.accept()
        self.kept.append(connection)
        connection.recv(1)

    def settings(self) -> Any:
        return {"url": self.url, "username": "u", "password": "p", "auth": "basic"}


@pytest.fixture
def silent() -> Iterator[Silent]:
    service = Silent()
    yield service
    for each in [service.socket, *service.kept]:
        each.close()


WAYS: Dict[str, Callable[[Client], Any]] = {
    "call": lambda client: client.call("connectors.list", provider="aws"),
    "rows": lambda client: list(client.connectors("aws")),
    "batches": lambda client: list(client.connectors("aws").arrow()),
    "polars": lambda client: client.connectors("aws").to_polars(),
    "pyarrow": lambda client: client.connectors("aws").to_pyarrow(),
    "sign-in": lambda client: client.check(),
}


@pytest.mark.parametrize("way", sorted(WAYS))
def test_ctrl_c_ends_what_never_would(silent: Silent, way: str) -> None:
    thread = threading.Thread(target=silent.interrupts)
    thread.start()
    with pytest.raises(KeyboardInterrupt):
        WAYS[way](Client(**silent.settings()))
    thread.join()
    # It came once.
    for _ in range(1000):
        pass


def test_ctrl_c_ends_readers_of_other_packages(silent: Silent) -> None:
    pyarrow = pytest.importorskip("pyarrow")

    thread = threading.Thread(target=silent.interrupts)
    thread.start()
    stream = Client(**silent.settings()).connectors("aws").arrow()
    # They raise what they know of an error, which is its text.
    with pytest.raises(pyarrow.ArrowException, match="KeyboardInterrupt"):
        pyarrow.table(stream)
    thread.join()
    assert isinstance(stream.error, KeyboardInterrupt)


def test_ctrl_c_ends_a_sync(silent: Silent, tmp_path: Any) -> None:
    thread = threading.Thread(target=silent.interrupts)
    thread.start()
    with pytest.raises(KeyboardInterrupt):
        Client(**silent.settings()).sync(tmp_path, only=["connectors"])
    thread.join()


def test_other_threads_go_on_while_one_waits(silent: Silent) -> None:
    client = Client(**silent.settings())

    def wait() -> None:
        with contextlib.suppress(TotalCloudError):
            WAYS["rows"](client)

    waiting = threading.Thread(target=wait, daemon=True)
    waiting.start()
    silent.asked()
    assert sum(range(1000)) == 499500
    assert waiting.is_alive()
    assert client.quota() and client.auth == "basic"


def test_cancelling_stops_the_call(silent: Silent) -> None:
    async def run() -> None:
        client = AsyncClient(**silent.settings())
        call = asyncio.ensure_future(client.call("connectors.list", provider="aws"))
        await asyncio.get_running_loop().run_in_executor(None, silent.asked)
        call.cancel()
        with pytest.raises(asyncio.CancelledError):
            await call
        # The connection is closed, for nobody wants the answer.
        connection = silent.kept[-1]
        await asyncio.get_running_loop().run_in_executor(None, lambda: until_closed(connection))

    asyncio.run(run())


def until_closed(connection: socket.socket) -> None:
    try:
        while connection.recv(1 << 16):
            pass
    except ConnectionResetError:
        pass


def in_child(work: Callable[[], Any]) -> str:
    """What the work gives, or raises, in a child made by fork."""
    context = multiprocessing.get_context("fork")
    receive, send = context.Pipe(False)

    def run() -> None:
        try:
            send.send(repr(work()))
        except BaseException as e:
            send.send("{}: {}".format(type(e).__name__, e))

    child = context.Process(target=run)
    child.start()
    assert receive.poll(60), "the child hangs"
    said: str = receive.recv()
    child.join(60)
    assert child.exitcode == 0
    return said


def test_a_fork_is_told_apart(simulator: Any) -> None:
    client = simulator.client()
    total = simulator.totals["aws/EC2_INSTANCE"]
    rows = client.resources("ec2", provider="aws", page_size=50)
    next(rows)
    for work in (
        lambda: client.call("connectors.list", provider="aws"),
        lambda: client.connectors("aws").all(),
        lambda: client.check(),
        lambda: list(rows.pages())[5:],
    ):
        assert in_child(work).startswith("UsageError: this ")
    # A client of its own works in the child, and that of the parent goes on in the parent.
    assert in_child(lambda: len(simulator.client().resources("ec2", provider="aws").all())) == str(total)
    assert in_child(lambda: in_child(lambda: len(simulator.client().connectors("aws").all()) > 0)) == "'True'"
    assert len(list(rows)) == total - 1


def test_an_interpreter_ends_while_calls_are_made(silent: Silent) -> None:
    import subprocess
    import sys

    script = (
        "import threading, totalcloud\n"
        "client = totalcloud.Client(url='{}', username='u', password='p')\n"
        "threading.Thread(target=lambda: client.connectors('aws').all(), daemon=True).start()\n"
        "client.connectors('azure').arrow()\n"
        "input()\n"
    ).format(silent.url)
    child = subprocess.Popen([sys.executable, "-c", script], stdin=subprocess.PIPE)
    silent.asked()
    child.communicate(b"\n", timeout=60)
    assert child.returncode == 0


BUSY = """
import asyncio, sys, threading, totalcloud
settings = dict(url=sys.argv[1], username=sys.argv[2], password=sys.argv[3])
client = totalcloud.Client(**settings)
begun = threading.Barrier(5)

def work():
    client.connectors("aws").all()
    begun.wait()
    while True:
        client.connectors("aws").all()

for _ in range(4):
    threading.Thread(target=work, daemon=True).start()
begun.wait()

async def several():
    client = totalcloud.AsyncClient(**settings)
    await asyncio.gather(*(client.connectors("aws").all() for _ in range(8)))
    for _ in range(8):
        asyncio.ensure_future(client.connectors("aws").all())

asyncio.run(several())
"""


def test_an_interpreter_ends_while_answers_come(simulator: Any) -> None:
    import subprocess
    import sys

    sign_in = [simulator.url, simulator.username, simulator.password]
    for _ in range(10):
        done = subprocess.run([sys.executable, "-c", BUSY, *sign_in], stderr=subprocess.PIPE, timeout=60)
        assert (done.returncode, done.stderr) == (0, b"")


def test_long_waits_are_told_to_the_log(start_simulator: Any, caplog: pytest.LogCaptureFixture) -> None:
    fault = "op=connectors.list,nth=1,do=refuse:409-rate+retry-after=1"
    client = start_simulator("--size", "tiny", "--fault", fault).client()
    with caplog.at_level("INFO", logger="totalcloud"):
        assert client.connectors("aws").all()
    said = [record.getMessage() for record in caplog.records if record.name == "totalcloud"]
    assert any("connectors.list: waiting 1" in line for line in said)


def test_long_waits_are_told_while_an_event_loop_waits(
    start_simulator: Any, caplog: pytest.LogCaptureFixture
) -> None:
    fault = "op=connectors.list,nth=1,do=refuse:409-rate+retry-after=1"
    simulator = start_simulator("--size", "tiny", "--fault", fault)

    async def run() -> None:
        client = AsyncClient(url=simulator.url, username=simulator.username, password=simulator.password)
        assert await client.connectors("aws").all()

    with caplog.at_level("INFO", logger="totalcloud"):
        asyncio.run(run())
    assert any("waiting" in record.getMessage() for record in caplog.records if record.name == "totalcloud")


def test_a_sync_that_is_cancelled_comes_to_its_end(silent: Silent, tmp_path: Any) -> None:
    async def run() -> None:
        client = AsyncClient(**silent.settings())
        work = asyncio.ensure_future(client.sync(tmp_path, only=["connectors"]))
        await asyncio.get_running_loop().run_in_executor(None, silent.asked)
        work.cancel()
        with pytest.raises(asyncio.CancelledError):
            await work

    asyncio.run(run())

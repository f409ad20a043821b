"""The client for asyncio."""

from __future__ import annotations

import asyncio
import time
from typing import Any, List

import pytest

from totalcloud import AsyncClient, errors


def client_of(simulator: Any, **more: Any) -> AsyncClient:
    return AsyncClient(url=simulator.url, username=simulator.username, password=simulator.password, **more)


def test_rows_pages_and_batches(simulator: Any) -> None:
    total = simulator.totals["aws/EC2_INSTANCE"]

    async def run() -> None:
        async with client_of(simulator) as client:
            rows = await client.resources("ec2", provider="aws").all()
            assert len(rows) == total and rows.report["complete"]
            listing = client.resources("ec2", provider="aws", page_size=50)
            first = await listing.__anext__()
            assert first == rows[0]
            rest: List[Any] = []
            async for page in listing.pages():
                rest.extend(page)
            assert [first, *rest] == rows
            sizes = [len(batch) async for batch in client.resources("ec2", provider="aws").batches(["instanceId"])]
            assert sum(sizes) == total
            assert await client.connectors("aws").first() == (await client.call("connectors.list", provider="aws"))[0]
            one = await client.connector("aws", (await client.connectors("aws").all())[0]["connectorId"])
            assert one["name"]
            posture = await client.evaluations("aws").all()
            assert {"provider", "account"} <= set(posture[0])

    asyncio.run(run())


def test_calls_go_on_beside_each_other_and_beside_other_tasks(start_simulator: Any) -> None:
    simulator = start_simulator("--size", "tiny", "--latency", "300")

    async def run() -> None:
        client = client_of(simulator)
        beats = 0

        async def beat() -> None:
            nonlocal beats
            while True:
                await asyncio.sleep(0.01)
                beats += 1

        other = asyncio.ensure_future(beat())
        found = await asyncio.gather(*(client.resources(name, provider="aws").all() for name in ("ec2", "s3", "vpc")))
        other.cancel()
        assert [len(rows) for rows in found] == [simulator.totals["aws/" + t] for t in ("EC2_INSTANCE", "BUCKET", "VPC")]
        # The loop was never held up for the length of a call.
        assert beats > 5

    asyncio.run(run())


def test_errors_come_behind_the_rows(start_simulator: Any) -> None:
    simulator = start_simulator("--size", "small", "--fault", "op=resources.list,nth=3..99,do=status:500")

    async def run() -> None:
        client = client_of(simulator, retry=False)
        came = 0
        with pytest.raises(errors.UnavailableError):
            async for _ in client.resources("ec2", provider="aws", page_size=50, concurrency=1):
                came += 1
        assert came == 100
        with pytest.raises(errors.UsageError):
            client.resources("nothing-like-it", provider="aws")

    asyncio.run(run())


def test_a_step_that_is_cancelled_loses_no_rows(start_simulator: Any) -> None:
    simulator = start_simulator("--size", "tiny", "--latency", "60")

    async def run() -> None:
        client = client_of(simulator)
        rows = client.resources("ec2", provider="aws", page_size=10)
        came: List[Any] = []
        broken = 0
        while True:
            try:
                came.append(await asyncio.wait_for(rows.__anext__(), 0.02))
            except asyncio.TimeoutError:
                broken += 1
            except StopAsyncIteration:
                break
        assert broken > 0
        assert len({row["uuid"] for row in came}) == len(came) == simulator.totals["aws/EC2_INSTANCE"]

    asyncio.run(run())


def test_what_is_cancelled_ends_at_once(start_simulator: Any) -> None:
    simulator = start_simulator("--size", "tiny", "--fault", "op=resources.list,do=stall")

    async def run() -> None:
        client = client_of(simulator)
        started = time.monotonic()
        with pytest.raises(asyncio.TimeoutError):
            await asyncio.wait_for(client.call("resources.list", provider="aws", type="EC2_INSTANCE"), 0.2)
        assert time.monotonic() - started < 5

    asyncio.run(run())


def test_a_sync_and_an_estate(simulator: Any, tmp_path: Any) -> None:
    async def run() -> None:
        report = await client_of(simulator).sync(tmp_path, only=["aws_vpc"])
        assert report["complete"]

    asyncio.run(run())


def test_it_shows_and_pickles_no_secret(simulator: Any) -> None:
    import pickle

    client = client_of(simulator)
    assert simulator.password not in repr(client)
    with pytest.raises(TypeError, match="not pickled"):
        pickle.dumps(client)

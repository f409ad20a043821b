"""Counts resources of several types at the same time, with asyncio."""

import asyncio

from totalcloud import AsyncClient


async def count(client: AsyncClient, name: str) -> int:
    number = 0
    async for _ in client.resources(name, provider="aws"):
        number += 1
    return number


async def main() -> None:
    names = ["ec2", "s3", "vpc", "lambda", "rds"]
    async with AsyncClient() as client:
        counts = await asyncio.gather(*(count(client, name) for name in names))
    for name, number in zip(names, counts):
        print(name, number)


asyncio.run(main())

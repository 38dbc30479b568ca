"""The pages fetched by a plain aiohttp loop: aiohttp_pages.py PREFIX DIR TASKS

What differs from aiohttp's defaults, and why:
- DummyCookieJar: no cookies are part of the work.
- One worker per connection takes the next URL: at most 100 requests are in flight (the connector's
  limit is 100 by default), and no task object is made per page.
"""

import asyncio
import sys
from collections.abc import Iterator

import aiohttp

from page_store import PageStore

IN_FLIGHT = 100


async def work(session: aiohttp.ClientSession, urls: Iterator[str], store: PageStore) -> None:
    for url in urls:
        try:
            async with session.get(url) as response:
                response.raise_for_status()
                body = await response.read()
        except (aiohttp.ClientError, TimeoutError) as error:
            raise RuntimeError(f"{url}: {type(error).__name__}: {error}") from error
        store.save(url, body, dict(response.headers))


async def main(prefix: str, directory: str, tasks: int) -> None:
    store = PageStore(directory)
    urls = (f"{prefix}{task}" for task in range(tasks))
    connector = aiohttp.TCPConnector(limit=IN_FLIGHT)
    async with aiohttp.ClientSession(
        connector=connector, cookie_jar=aiohttp.DummyCookieJar()
    ) as session, asyncio.TaskGroup() as group:
        for _ in range(IN_FLIGHT):
            group.create_task(work(session, urls, store))


if __name__ == "__main__":
    if len(sys.argv) != 4:
        sys.exit("usage: aiohttp_pages.py PREFIX DIR TASKS")
    try:
        asyncio.run(main(sys.argv[1], sys.argv[2], int(sys.argv[3])))
    except* RuntimeError as errors:
        sys.exit("\n".join(str(error) for error in errors.exceptions))

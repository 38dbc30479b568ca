"""The pages fetched by Crawlee for Python: crawlee_pages.py PREFIX DIR TASKS

What differs from Crawlee's defaults, and why:
- Concurrency settings: 100 requests in flight from the start to the end.
- MemoryStorageClient and no purge: nothing but the pages themselves goes to disk.
- Limits for the CPU, the memory and the event loop's delay: the pool is never throttled.
- Interval of the system's snapshots: the limits need none.
- Session pool, cookies per session and the look for blocked pages are off: not part of the work.
- Impit impersonates no browser: fewer headers to send.
- Logging is not configured: no statistics are printed.
- uvloop: the quicker event loop.
- Kept: the request queue with its duplicate filter, the retries, and the check of the HTTP status.
"""

import sys
from datetime import timedelta

import uvloop
from crawlee import ConcurrencySettings, service_locator
from crawlee.configuration import Configuration
from crawlee.crawlers import BasicCrawlingContext, HttpCrawler, HttpCrawlingContext
from crawlee.http_clients import ImpitHttpClient
from crawlee.storage_clients import MemoryStorageClient

from page_store import PageStore

IN_FLIGHT = 100


def make_crawler() -> HttpCrawler:
    service_locator.set_configuration(
        Configuration(
            purge_on_start=False,
            max_used_cpu_ratio=1.0,
            max_used_memory_ratio=1.0,
            max_event_loop_delay=timedelta(hours=1),
            system_info_interval=timedelta(hours=1),
        )
    )
    return HttpCrawler(
        storage_client=MemoryStorageClient(),
        http_client=ImpitHttpClient(persist_cookies_per_session=False, browser=None),
        concurrency_settings=ConcurrencySettings(
            min_concurrency=IN_FLIGHT,
            max_concurrency=IN_FLIGHT,
            desired_concurrency=IN_FLIGHT,
        ),
        use_session_pool=False,
        retry_on_blocked=False,
        configure_logging=False,
    )


async def main(prefix: str, directory: str, tasks: int) -> None:
    store = PageStore(directory)
    crawler = make_crawler()

    @crawler.router.default_handler
    async def save(context: HttpCrawlingContext) -> None:
        response = context.http_response
        store.save(context.request.url, await response.read(), dict(response.headers))

    @crawler.failed_request_handler
    async def fail(context: BasicCrawlingContext, error: Exception) -> None:
        print(f"{context.request.url}: {type(error).__name__}: {error}", file=sys.stderr)

    statistics = await crawler.run([f"{prefix}{task}" for task in range(tasks)])
    if statistics.requests_finished != tasks:
        sys.exit(f"{statistics.requests_finished} of {tasks} pages succeeded")


if __name__ == "__main__":
    if len(sys.argv) != 4:
        sys.exit("usage: crawlee_pages.py PREFIX DIR TASKS")
    uvloop.run(main(sys.argv[1], sys.argv[2], int(sys.argv[3])))

"""The pages fetched by a Scrapy spider: scrapy_pages.py PREFIX DIR TASKS

What differs from Scrapy's defaults, and why:
- CONCURRENT_REQUESTS and CONCURRENT_REQUESTS_PER_DOMAIN: 100 requests in flight, all to one host.
- CONCURRENT_ITEMS: each page starts that many item workers, and this spider yields no item.
- TWISTED_REACTOR_ENABLED: without the reactor Scrapy downloads by aiohttp, the quickest way here.
- ASYNCIO_EVENT_LOOP: uvloop, the quicker event loop.
- SCHEDULER_PRIORITY_QUEUE: the simpler queue, as there is one host only.
- Level of the logger: no log record is made for each page.
- Middlewares and extensions for cookies, proxies, compression, redirects, robots.txt, offsite
  requests, depth, statistics and the like are off: they aren't part of the work.
- Kept: the scheduler with its duplicate filter, the retries, and the check of the HTTP status.
"""

import logging
import sys
from collections.abc import AsyncIterator

from scrapy import Request, Spider
from scrapy.crawler import AsyncCrawlerProcess
from scrapy.http import Response
from twisted.python.failure import Failure

from page_store import PageStore

DOWNLOADER_MIDDLEWARES = "scrapy.downloadermiddlewares"
SPIDER_MIDDLEWARES = "scrapy.spidermiddlewares"
EXTENSIONS = "scrapy.extensions"

SETTINGS = {
    "CONCURRENT_REQUESTS": 100,
    "CONCURRENT_REQUESTS_PER_DOMAIN": 100,
    "CONCURRENT_ITEMS": 1,
    "TWISTED_REACTOR_ENABLED": False,
    "ASYNCIO_EVENT_LOOP": "uvloop.Loop",
    "SCHEDULER_PRIORITY_QUEUE": "scrapy.pqueues.ScrapyPriorityQueue",
    "LOG_LEVEL": "ERROR",
    "STATS_DUMP": False,
    "COMPRESSION_ENABLED": False,
    "COOKIES_ENABLED": False,
    "DOWNLOADER_STATS": False,
    "HTTPPROXY_ENABLED": False,
    "METAREFRESH_ENABLED": False,
    "REDIRECT_ENABLED": False,
    "REFERER_ENABLED": False,
    "MEMUSAGE_ENABLED": False,
    "REMOTE_CONTROL_ENABLED": False,
    "TELNETCONSOLE_ENABLED": False,
    "DOWNLOADER_MIDDLEWARES": {
        f"{DOWNLOADER_MIDDLEWARES}.offsite.OffsiteMiddleware": None,
        f"{DOWNLOADER_MIDDLEWARES}.robotstxt.RobotsTxtMiddleware": None,
        f"{DOWNLOADER_MIDDLEWARES}.httpauth.HttpAuthMiddleware": None,
        f"{DOWNLOADER_MIDDLEWARES}.downloadtimeout.DownloadTimeoutMiddleware": None,
        f"{DOWNLOADER_MIDDLEWARES}.defaultheaders.DefaultHeadersMiddleware": None,
        f"{DOWNLOADER_MIDDLEWARES}.useragent.UserAgentMiddleware": None,
    },
    "SPIDER_MIDDLEWARES": {
        f"{SPIDER_MIDDLEWARES}.urllength.UrlLengthMiddleware": None,
        f"{SPIDER_MIDDLEWARES}.depth.DepthMiddleware": None,
        f"{SPIDER_MIDDLEWARES}.metacopy.MetaCopyDetectionMiddleware": None,
    },
    "EXTENSIONS": {
        f"{EXTENSIONS}.corestats.CoreStats": None,
        f"{EXTENSIONS}.logcount.LogCount": None,
        f"{EXTENSIONS}.logstats.LogStats": None,
    },
}


class PageSpider(Spider):
    name = "pages"
    saved = 0

    async def start(self) -> AsyncIterator[Request]:
        for task in range(self.tasks):
            yield Request(f"{self.prefix}{task}", errback=self.fail)

    def parse(self, response: Response) -> None:
        headers = dict(response.headers.to_unicode_dict())
        self.store.save(response.url, response.body, headers)
        PageSpider.saved += 1

    def fail(self, failure: Failure) -> None:
        error = f"{type(failure.value).__name__}: {failure.value}"
        print(f"{failure.request.url}: {error}", file=sys.stderr)


def main(prefix: str, directory: str, tasks: int) -> None:
    process = AsyncCrawlerProcess(SETTINGS)
    logging.getLogger("scrapy").setLevel(logging.ERROR)
    process.crawl(PageSpider, prefix=prefix, store=PageStore(directory), tasks=tasks)
    process.start()
    if PageSpider.saved != tasks:
        sys.exit(f"{PageSpider.saved} of {tasks} pages succeeded")


if __name__ == "__main__":
    if len(sys.argv) != 4:
        sys.exit("usage: scrapy_pages.py PREFIX DIR TASKS")
    main(sys.argv[1], sys.argv[2], int(sys.argv[3]))

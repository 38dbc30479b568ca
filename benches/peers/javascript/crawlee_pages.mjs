// The pages fetched by Crawlee for JavaScript: crawlee_pages.mjs PREFIX DIR TASKS
//
// What differs from Crawlee's defaults, and why:
// - minConcurrency, maxConcurrency, desiredConcurrency: 100 requests in flight all the time.
// - maybeRunIntervalSecs: an idle pool looks for work more often than twice a second.
// - Ratios and limits of the system's status: the pool is never throttled.
// - MemoryStorage with persistStorage and writeMetadata off: only the pages go to disk.
// - persistStateIntervalMillis, systemInfoIntervalMillis: no states saved, no snapshots taken.
// - Session pool, cookies and the header generator are off: they aren't part of the work.
// - Log level and status messages: no statistics are logged or saved.
// - BasicCrawler: HttpCrawler would decode each body to text, which has to be bytes on disk.
// - RequestList instead of RequestQueue: the cheaper source, for pages that are known beforehand.
// - Kept: the source's duplicate filter, and the retries.

import { createHash } from 'node:crypto';
import { mkdirSync, renameSync, writeFileSync } from 'node:fs';
import { Agent } from 'node:http';
import { join } from 'node:path';
import { BasicCrawler, Configuration, log, LogLevel, RequestList } from '@crawlee/basic';
import { MemoryStorage } from '@crawlee/memory-storage';

const IN_FLIGHT = 100;

const md5 = (data) => createHash('md5').update(data).digest('hex');

// The six digits after the second: a date has three of them.
const timestamp = () => `${new Date().toISOString().replace('T', ' ').slice(0, -1)}000`;

function save(directory, url, response) {
    const key = md5(url);
    writeFileSync(join(directory, `${key}.scrape`), response.body);
    const status = {
        name: key,
        params: { url },
        scrape: {
            size: response.body.length,
            content: md5(response.body),
            response_headers: response.headers,
        },
        scrape_status: 'SUCCESS',
        scrape_last_run: timestamp(),
    };
    const written = join(directory, '.temporary', `${key}.status.json`);
    writeFileSync(written, JSON.stringify(status));
    renameSync(written, join(directory, `${key}.status.json`));
}

function makeCrawler(directory, requestList) {
    const agent = { http: new Agent({ keepAlive: true, maxSockets: IN_FLIGHT }) };
    const hour = 3600;
    return new BasicCrawler(
        {
            autoscaledPoolOptions: {
                minConcurrency: IN_FLIGHT,
                maxConcurrency: IN_FLIGHT,
                desiredConcurrency: IN_FLIGHT,
                maybeRunIntervalSecs: 0.01,
                loggingIntervalSecs: null,
                snapshotterOptions: {
                    eventLoopSnapshotIntervalSecs: hour,
                    clientSnapshotIntervalSecs: hour,
                },
                systemStatusOptions: {
                    maxMemoryOverloadedRatio: 1,
                    maxEventLoopOverloadedRatio: 1,
                    maxCpuOverloadedRatio: 1,
                    maxClientOverloadedRatio: 1,
                },
            },
            requestList,
            useSessionPool: false,
            statusMessageLoggingInterval: hour,
            statisticsOptions: {
                logIntervalSecs: hour,
                persistenceOptions: { enable: false },
            },
            async requestHandler({ request, sendRequest }) {
                const response = await sendRequest({
                    agent,
                    cookieJar: undefined,
                    responseType: 'buffer',
                    useHeaderGenerator: false,
                });
                if (response.statusCode !== 200) {
                    throw new Error(`status ${response.statusCode}`);
                }
                save(directory, request.url, response);
            },
            failedRequestHandler({ request }, error) {
                console.error(`${request.url}: ${error.message}`);
            },
        },
        new Configuration({
            storageClient: new MemoryStorage({ persistStorage: false, writeMetadata: false }),
            persistStateIntervalMillis: hour * 1000,
            systemInfoIntervalMillis: hour * 1000,
            purgeOnStart: false,
        }),
    );
}

const [prefix, directory, count] = process.argv.slice(2);
if (count === undefined) {
    console.error('usage: crawlee_pages.mjs PREFIX DIR TASKS');
    process.exit(1);
}
const tasks = Number(count);
log.setLevel(LogLevel.OFF);
mkdirSync(join(directory, '.temporary'), { recursive: true });
const urls = Array.from({ length: tasks }, (_, task) => `${prefix}${task}`);
const statistics = await makeCrawler(directory, await RequestList.open(null, urls)).run();
if (statistics.requestsFinished !== tasks) {
    console.error(`${statistics.requestsFinished} of ${tasks} pages succeeded`);
    process.exit(1);
}

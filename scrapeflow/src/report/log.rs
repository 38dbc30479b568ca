//! Events as `tracing` events, for whoever collects logs. Says keys, executors, classes and times; params
//! and contents are the caller's and stay out.

use super::event::{End, Event};

pub(crate) fn log(event: &Event) {
    match event {
        Event::Retry {
            key,
            executor,
            attempt,
            error,
            pause,
        } => {
            tracing::debug!(%key, executor, attempt, %error, ?pause, "trying again");
        }
        Event::RequestRetry {
            key,
            executor,
            attempt,
            url,
            error,
            pause,
        } => {
            tracing::debug!(%key, executor, attempt, %url, %error, ?pause, "asking again");
        }
        Event::Throttled {
            host,
            status,
            retry_after,
        } => {
            tracing::info!(%host, status, ?retry_after, "asked too much, slowing down");
        }
        Event::ProxyFailed {
            proxy,
            error,
            left_alone,
        } => {
            tracing::debug!(%proxy, %error, left_alone, "no answer by a proxy");
        }
        Event::Blocked { host, proxy } => {
            tracing::debug!(%host, proxy = proxy.as_deref(), "turned away");
        }
        Event::CrawlDelay { host, delay } => {
            tracing::info!(%host, ?delay, "robots.txt asks for a delay");
        }
        Event::ExecutorFinished {
            key,
            executor,
            end,
            attempts,
            elapsed,
        } => match end {
            End::Success => tracing::debug!(%key, executor, attempts, ?elapsed, "succeeded"),
            End::Failed(failure) => {
                tracing::info!(%key, executor, attempts, class = %failure.class, url = failure.url.as_deref(), error = %failure.message, "failed");
            }
            End::Kept(failure) => {
                tracing::info!(%key, executor, attempts, class = %failure.class, url = failure.url.as_deref(), error = %failure.message, "refresh failed");
            }
        },
        Event::Unyielding {
            key,
            executor,
            held,
        } => {
            tracing::warn!(%key, executor, ?held, "doesn't yield, and holds up others; what blocks belongs in spawn_blocking");
        }
        Event::Broken { key, why } => tracing::error!(%key, %why, "broken status"),
        Event::Stopping { grace } => tracing::info!(?grace, "stopping"),
        Event::RunStarted { workflow, tasks } => tracing::info!(workflow, ?tasks, "run started"),
        Event::RunFinished => tracing::info!("run finished"),
        _ => {}
    }
}

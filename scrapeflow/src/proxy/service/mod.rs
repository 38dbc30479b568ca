//! Services that sell or give away proxies. Each has its own file; what they have in common is here: an answer is
//! asked for, again where that may help, and whatever is wrong with it is told with the service's name.

mod iproyal;
mod proxyscrape;
mod webshare;

use std::time::{Duration, SystemTime};

use bytes::{Bytes, BytesMut};
use http::header::{HeaderMap, HeaderName, HeaderValue};
use secrecy::{ExposeSecret, SecretString};
use serde::de::DeserializeOwned;
use url::Url;

pub use iproyal::IpRoyal;
pub use proxyscrape::Proxyscrape;
pub use webshare::Webshare;

use crate::error::{Class, Error, Result, may_pass, shortened};
use crate::executor::settings::Backoff;
use crate::fetch::clients::{Connector, told};
use crate::fetch::retry_after;

/// All of a list has to be there by then.
const TIMEOUT: Duration = Duration::from_secs(60);

/// Further tries of a request that may pass, within that time.
const RETRIES: u32 = 3;

/// More is no list of proxies.
const LONGEST: usize = 64 * 1024 * 1024;

/// A service that is asked for a list.
#[derive(Debug)]
struct Service {
    name: &'static str,
    base_url: String,
    timeout: Duration,
    key: Option<SecretString>,
}

impl Service {
    fn new(name: &'static str, base_url: &str) -> Self {
        Self {
            name,
            base_url: base_url.to_owned(),
            timeout: TIMEOUT,
            key: None,
        }
    }

    fn with_key(self, key: impl Into<SecretString>) -> Self {
        Self {
            key: Some(key.into()),
            ..self
        }
    }

    fn url(&self, path: &str) -> Result<Url> {
        let base = self.base_url.trim_end_matches('/');
        crate::fetch::parse(&format!("{base}{path}"))
            .map_err(|error| error.context(format_args!("the base URL of {}", self.name)))
    }

    /// The header that says the key: `prefix KEY`.
    fn key_header(&self, name: HeaderName, prefix: &str) -> Result<HeaderMap> {
        let key = self
            .key
            .as_ref()
            .map(ExposeSecret::expose_secret)
            .unwrap_or_default();
        if key.trim().is_empty() {
            return Err(self.wrong("has no key; give it one"));
        }
        let mut value = HeaderValue::try_from(format!("{prefix} {key}"))
            .map_err(|_| self.wrong("has a key with characters that no header can have"))?;
        value.set_sensitive(true);
        Ok(HeaderMap::from_iter([(name, value)]))
    }

    /// All that is asked for, in time.
    async fn in_time<T>(&self, asking: impl Future<Output = Result<T>>) -> Result<T> {
        tokio::time::timeout(self.timeout, asking)
            .await
            .unwrap_or_else(|_| {
                let seconds = self.timeout.as_secs_f64();
                Err(self
                    .wrong(format_args!("gave no whole list within {seconds} s"))
                    .with_class(Class::Timeout))
            })
    }

    async fn json<T: DeserializeOwned>(
        &self,
        client: &reqwest::Client,
        url: &Url,
        headers: &HeaderMap,
    ) -> Result<T> {
        let answer = self.get(client, url, headers).await?;
        serde_json::from_slice(&answer).map_err(|error| {
            let at = format!("line {}, column {}", error.line(), error.column());
            let why = if error.is_eof() {
                "breaks off"
            } else {
                "is not the JSON that was expected"
            };
            // What looks like a list may have passwords in it.
            let said = match answer.trim_ascii_start().first() {
                Some(b'{' | b'[') => String::new(),
                _ => format!("; it said {}", self.quoted(&answer)),
            };
            self.wrong(format_args!("gave an answer that {why} ({at}){said}"))
        })
    }

    /// An answer of 200, as bytes.
    async fn get(&self, client: &reqwest::Client, url: &Url, headers: &HeaderMap) -> Result<Bytes> {
        let mut tried = 0;
        loop {
            let (error, pause) = match self.try_get(client, url, headers).await {
                Ok(answer) => return Ok(answer),
                Err(failed) => failed,
            };
            if tried >= RETRIES || !error.is_retryable() {
                return Err(error);
            }
            tried += 1;
            let backoff = Backoff::default().pause(tried, fastrand::f64());
            tokio::time::sleep(pause.unwrap_or(backoff)).await;
        }
    }

    /// With an error, how long the service wants to be left alone.
    async fn try_get(
        &self,
        client: &reqwest::Client,
        url: &Url,
        headers: &HeaderMap,
    ) -> Result<Bytes, (Error, Option<Duration>)> {
        let of_client = |error: reqwest::Error| {
            let error = told(error.without_url().into());
            (
                error.context(format_args!("{} cannot be asked", self.name)),
                None,
            )
        };
        let request = client.get(url.clone()).headers(headers.clone());
        let mut answer = request.send().await.map_err(of_client)?;
        let mut body = BytesMut::new();
        while let Some(chunk) = answer.chunk().await.map_err(of_client)? {
            if body.len() + chunk.len() > LONGEST {
                return Err((self.wrong("gave an answer of more than 64 MiB"), None));
            }
            body.extend_from_slice(&chunk);
        }
        let status = answer.status().as_u16();
        if status == 200 {
            return Ok(body.freeze());
        }
        let pause = retry_after(answer.headers(), SystemTime::now());
        let remedy = match status {
            401 | 403 => "; see whether its key is right",
            429 => "; it is asked too often",
            _ => "",
        };
        let error = self
            .wrong(format_args!(
                "answered HTTP {status}{remedy}; it said {}",
                self.quoted(&body)
            ))
            .with_http_status(status)
            .with_retryable(may_pass(status));
        Err((error, pause))
    }

    /// What it said, for an error: without the key, should it repeat that.
    fn quoted(&self, said: &[u8]) -> String {
        let said = String::from_utf8_lossy(said);
        let said = match &self.key {
            Some(key) => said.replace(key.expose_secret(), "…"),
            None => said.into_owned(),
        };
        if said.trim().is_empty() {
            return "nothing".to_owned();
        }
        format!("`{}`", shortened(said.trim()))
    }

    fn wrong(&self, what: impl std::fmt::Display) -> Error {
        Error::recorded(Class::Runtime, format!("{} {what}", self.name))
    }
}

/// A key from the environment, or which variable is missing.
fn from_env(variable: &str) -> Result<String> {
    let missing = |why: &str| {
        let message = format!("the environment variable {variable} {why}; set it, or use `new`");
        Error::recorded(Class::Runtime, message)
    };
    let value = std::env::var(variable).map_err(|_| missing("is not set"))?;
    if value.trim().is_empty() {
        return Err(missing("is empty"));
    }
    Ok(value.trim().to_owned())
}

/// A client that is nobody's: services are asked directly.
fn client() -> Result<reqwest::Client> {
    Ok(Connector::plain()?.direct()?)
}

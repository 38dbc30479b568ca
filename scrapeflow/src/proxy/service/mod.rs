//! Services that sell or give away proxies. Each has its own file; what they have in common is here: an answer is
//! asked for, again where that may help, and whatever is wrong with it is told with the service's name.

#[cfg(any(test, fuzzing))]
mod invariants;
mod iproyal;
mod proxyscrape;
mod webshare;

use std::env::VarError;
use std::fmt;
use std::time::Duration;

use bytes::{Bytes, BytesMut};
use http::header::{HeaderMap, HeaderName, HeaderValue};
use percent_encoding::percent_decode_str;
use secrecy::{ExposeSecret, SecretString};
use serde::de::DeserializeOwned;
use tokio::time::Instant;
use url::Url;

#[cfg(any(test, fuzzing))]
pub(crate) use invariants::check_invariants;
pub use iproyal::IpRoyal;
pub use proxyscrape::Proxyscrape;
pub use webshare::Webshare;

use crate::error::{Class, Error, Result, may_pass, shortened};
use crate::executor::settings::Backoff;
use crate::features::now;
use crate::fetch::clients::{Connector, told};
use crate::fetch::{Received, retry_after};

/// All of a list has to be there by then.
const TIMEOUT: Duration = Duration::from_secs(60);

/// Further tries of a request that may pass, within that time.
const RETRIES: u32 = 3;

/// More is no list of proxies, in MiB.
const LONGEST: usize = 64;

/// A service that is asked for a list.
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

    fn with_key(self, key: &str) -> Self {
        Self {
            key: Some(key.trim().into()),
            ..self
        }
    }

    fn url(&self, path: &str) -> Result<Url> {
        let base = &self.base_url;
        crate::fetch::parse(base)
            .and_then(|_| crate::fetch::parse(&format!("{}{path}", base.trim_end_matches('/'))))
            .map_err(|error| error.context(format_args!("the base URL of {}", self.name)))
    }

    /// The header that says the key: `prefix KEY`.
    fn key_header(&self, name: HeaderName, prefix: &str) -> Result<HeaderMap> {
        let key = self.key.as_ref().map(ExposeSecret::expose_secret);
        let key = key.unwrap_or_default();
        if key.is_empty() {
            return Err(self.wrong("has no key; give it one"));
        }
        let mut value = HeaderValue::try_from(format!("{prefix} {key}"))
            .map_err(|_| self.wrong("has a key with characters that no header can have"))?;
        value.set_sensitive(true);
        Ok(HeaderMap::from_iter([(name, value)]))
    }

    /// All that is asked for, in time.
    async fn in_time<T>(&self, asking: impl Future<Output = Result<T>>) -> Result<T> {
        let asked = tokio::time::timeout(self.timeout, asking).await;
        asked.unwrap_or_else(|_| {
            let seconds = self.timeout.as_secs_f64();
            let error = self.wrong(format_args!("gave no whole list within {seconds} s"));
            Err(error.with_class(Class::Timeout))
        })
    }

    /// Somebody to ask it, directly, with these headers.
    fn asking(&self, headers: HeaderMap) -> Result<Asking<'_>> {
        Ok(Asking {
            service: self,
            client: Connector::plain()?.direct()?,
            headers,
            began: Instant::now(),
        })
    }

    /// What an answer in JSON says.
    fn read<T: DeserializeOwned>(&self, answer: &[u8]) -> Result<T> {
        serde_json::from_slice(answer).map_err(|error| {
            let at = format!("line {}, column {}", error.line(), error.column());
            let why = if error.is_eof() {
                "breaks off"
            } else {
                "is not the JSON that was expected"
            };
            // What looks like a list may have passwords in it.
            let said = match answer.trim_ascii_start().first() {
                Some(b'{' | b'[') => String::new(),
                _ => format!("; it said {}", self.quoted(answer)),
            };
            let what = format_args!("gave an answer that {why} ({at}){said}");
            self.wrong(what)
        })
    }

    /// What it said, for an error: without the key, should it repeat that, and nothing that may be a list with passwords.
    fn quoted(&self, said: &[u8]) -> String {
        let key = self.key.as_ref().map(ExposeSecret::expose_secret);
        let key = key
            .filter(|key| !key.is_empty())
            .map(|key| (key, plain(key)));
        let without_key = |said: String| match &key {
            Some((key, plain)) => said.replace(key, "…").replace(plain, "…"),
            None => said,
        };
        let said = without_key(String::from_utf8_lossy(said).into_owned());
        let said = without_key(plain(&said));
        if said.trim().is_empty() {
            "nothing".to_owned()
        } else if said.to_ascii_lowercase().contains("password") {
            "something with a password in it".to_owned()
        } else {
            format!("`{}`", shortened(said.trim()))
        }
    }

    fn wrong(&self, what: impl fmt::Display) -> Error {
        Error::recorded(Class::Runtime, format!("{} {what}", self.name))
    }
}

/// A base URL may have a password in it.
impl fmt::Debug for Service {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Service")
            .field("name", &self.name)
            .field("timeout", &self.timeout)
            .finish_non_exhaustive()
    }
}

/// Who asks a service.
struct Asking<'a> {
    service: &'a Service,
    client: reqwest::Client,
    headers: HeaderMap,
    began: Instant,
}

impl Asking<'_> {
    /// An answer of 200, as bytes.
    async fn get(&self, url: &Url) -> Result<Bytes> {
        let mut tried = 0;
        loop {
            let (error, pause) = match self.try_get(url).await {
                Ok(answer) => return Ok(answer),
                Err(failed) => failed,
            };
            tried += 1;
            let backoff = Backoff::default().pause(tried, fastrand::f64());
            let pause = pause.unwrap_or(backoff);
            let left = self.service.timeout.saturating_sub(self.began.elapsed());
            let is_in_time = pause < left;
            if tried > RETRIES || !error.is_retryable() || !is_in_time {
                return Err(error);
            }
            tokio::time::sleep(pause).await;
        }
    }

    /// With an error, how long the service wants to be left alone.
    async fn try_get(&self, url: &Url) -> Result<Bytes, (Error, Option<Duration>)> {
        let failed = |error: Error| {
            let error = error.context(format_args!("{} cannot be asked", self.service.name));
            (error, None)
        };
        let request = self.client.get(url.clone()).headers(self.headers.clone());
        let answer = request.send().await;
        let answer = answer.map_err(|error| failed(told(error.without_url().into())))?;
        let mut answer = Received::new(answer);
        let mut body = BytesMut::new();
        while let Some(chunk) = answer.chunk().await.map_err(failed)? {
            if body.len() + chunk.len() > LONGEST * 1024 * 1024 {
                let what = format_args!("gave an answer of more than {LONGEST} MiB");
                let error = self.service.wrong(what);
                return Err((error, None));
            }
            body.extend_from_slice(&chunk);
        }
        let status = answer.status().as_u16();
        if status == 200 {
            return Ok(body.freeze());
        }
        let pause = retry_after(answer.headers(), now().into());
        let remedy = match status {
            401 | 403 => "; see whether its key is right",
            429 => "; it is asked too often",
            _ => "",
        };
        let said = self.service.quoted(&body);
        let what = format_args!("answered HTTP {status}{remedy}; it said {said}");
        let error = self.service.wrong(what).with_http_status(status);
        Err((error.with_retryable(may_pass(status)), pause))
    }
}

/// Without the escapes of JSON and of URLs.
fn plain(said: &str) -> String {
    let said = said.replace('\\', "");
    percent_decode_str(&said).decode_utf8_lossy().into_owned()
}

/// A key from the environment, or which variable is missing.
fn from_env(variable: &str) -> Result<String> {
    let missing = |why: &str| {
        let message = format!("the environment variable {variable} {why}; set it, or use `new`");
        Error::recorded(Class::Runtime, message)
    };
    let value = std::env::var(variable).map_err(|error| match error {
        VarError::NotPresent => missing("is not set"),
        VarError::NotUnicode(_) => missing("is no UTF-8"),
    })?;
    if value.trim().is_empty() {
        return Err(missing("is empty"));
    }
    Ok(value.trim().to_owned())
}

//! A store that harm can be done to, and that ends a run at one of its saves.

use std::collections::HashMap;
use std::io;
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};

use bytes::Bytes;
use futures::future::{self, BoxFuture};
use futures::stream::{self, BoxStream};
use futures::{FutureExt, StreamExt};
use md5::{Digest, Md5};
use scrapeflow::prelude::*;
use scrapeflow::store::{BodyName, BodyStat, BodyStream, Lease, Staged, Store, StoreError};
use serde_json::{Value, json};
use tokio::sync::Notify;

use crate::scenario::{Found, Harm, How, KEYS, Kill, Left};
use crate::task::saves;
use crate::workflow::{STEPS, body};

/// A field of somebody else's, as it is spelled.
pub(crate) const FOREIGN: &str = r#""som\u0065body's": [ 1.0,NaN ]"#;

#[derive(Debug, Default)]
pub(crate) struct Shelf {
    statuses: Mutex<HashMap<Key, String>>,
    bodies: Mutex<HashMap<BodyName, Bytes>>,
    saves: AtomicUsize,
    /// At which save of all a run ends, and how.
    kill: Mutex<Option<Kill>>,
    /// A run is to be no more.
    pub(crate) killed: Notify,
}

impl Shelf {
    /// How many saves there have been.
    pub(crate) fn saves(&self) -> usize {
        self.saves.load(Ordering::Relaxed)
    }

    /// Ends the next run at one of its saves, or lets it be.
    pub(crate) fn arm(&self, kill: Option<Kill>) {
        self.saves.store(0, Ordering::Relaxed);
        *self.kill.lock().unwrap() = kill;
    }

    pub(crate) fn status(&self, task: usize) -> Option<String> {
        self.statuses.lock().unwrap().get(&key(task)).cloned()
    }

    /// The file of an executor, whether it is whole or not.
    pub(crate) fn body(&self, task: usize, step: usize) -> Option<Bytes> {
        self.bodies.lock().unwrap().get(&name(task, step)).cloned()
    }

    /// As the predecessor left it.
    pub(crate) fn put(&self, task: usize, found: &Found) {
        let [load, draw, unread] = found.params;
        let mut fields = vec![
            format!(
                "\"params\": {}",
                json!({"load": load, "draw": draw, "unread": unread})
            ),
            FOREIGN.to_owned(),
        ];
        for (step, left) in found.steps.iter().enumerate() {
            let executor = STEPS[step];
            match left {
                None => continue,
                Some(Left::Failed { may_pass }) => {
                    let class = if *may_pass {
                        "TimeoutError"
                    } else {
                        "RuntimeError"
                    };
                    fields.push(format!(r#""{executor}_status": "ERROR {class}::x""#));
                }
                Some(Left::Made(made)) => {
                    let text = body(made.body);
                    let md5 = Md5::digest(&text)
                        .into_iter()
                        .map(|byte| format!("{byte:02x}"));
                    let output = if saves(step) {
                        json!({"size": text.len(), "content": md5.collect::<String>(), "value": made.value})
                    } else {
                        Value::from(made.value)
                    };
                    if saves(step) {
                        self.bodies
                            .lock()
                            .unwrap()
                            .insert(name(task, step), text.into());
                    }
                    fields.push(format!(
                        r#""{executor}": {output}, "{executor}_status": "SUCCESS""#
                    ));
                }
            }
            fields.push(format!(
                r#""{executor}_last_run": "2022-08-05 16:03:52.336815""#
            ));
        }
        let status = format!("{{{}}}", fields.join(", "));
        self.statuses.lock().unwrap().insert(key(task), status);
    }

    pub(crate) fn harm(&self, harm: Harm) {
        let mut bodies = self.bodies.lock().unwrap();
        match harm {
            Harm::Lost { task, step } => {
                bodies.remove(&name(task, step));
            }
            Harm::Damaged { task, step } => {
                if let Some(body) = bodies.get_mut(&name(task, step)) {
                    *body = Bytes::from_static(b"longer than it was");
                }
            }
            Harm::Garbled { task } => {
                let mut statuses = self.statuses.lock().unwrap();
                if let Some(status) = statuses.get_mut(&key(task)) {
                    GARBLED.clone_into(status);
                }
            }
        }
    }
}

/// What is no JSON any more.
pub(crate) const GARBLED: &str = "{\"name\": ";

fn key(task: usize) -> Key {
    Key::new(KEYS[task]).unwrap()
}

fn name(task: usize, step: usize) -> BodyName {
    BodyName::new(&key(task), STEPS[step]).unwrap()
}

/// Shared with whoever looks into it.
#[derive(Debug, Clone)]
pub(crate) struct Shared(pub(crate) std::sync::Arc<Shelf>);

impl Store for Shared {
    fn begin(&self, _: Durability) -> BoxFuture<'_, Result<Lease, StoreError>> {
        future::ready(Ok(Lease::new(()))).boxed()
    }

    fn read<'a>(&'a self, key: &'a Key) -> BoxFuture<'a, Result<Option<Bytes>, StoreError>> {
        let status = self.0.statuses.lock().unwrap().get(key).cloned();
        future::ready(Ok(status.map(Bytes::from))).boxed()
    }

    fn save<'a>(
        &'a self,
        key: &'a Key,
        status: &'a str,
        bodies: Vec<Box<dyn Staged>>,
    ) -> BoxFuture<'a, Result<(), StoreError>> {
        async move {
            let nth = self.0.saves();
            let kill = *self.0.kill.lock().unwrap();
            let how = kill.filter(|kill| kill.after == nth).map(|kill| kill.how);
            match how {
                Some(How::Refused) => {
                    let why = io::ErrorKind::StorageFull.into();
                    return Err(StoreError::io("no room in here", why));
                }
                Some(How::Before) => self.end().await,
                Some(How::After) | None => {}
            }
            for body in bodies {
                body.publish().await?;
            }
            self.0
                .statuses
                .lock()
                .unwrap()
                .insert(key.clone(), status.to_owned());
            self.0.saves.fetch_add(1, Ordering::Relaxed);
            if how == Some(How::After) {
                self.end().await;
            }
            Ok(())
        }
        .boxed()
    }

    fn stage<'a>(
        &'a self,
        name: &'a BodyName,
    ) -> BoxFuture<'a, Result<Box<dyn Staged>, StoreError>> {
        let staged = StagedHere {
            shelf: self.clone(),
            name: name.clone(),
            bytes: Vec::new(),
        };
        future::ready(Ok(Box::new(staged) as Box<dyn Staged>)).boxed()
    }

    fn open<'a>(
        &'a self,
        name: &'a BodyName,
    ) -> BoxFuture<'a, Result<Option<BodyStream<'a>>, StoreError>> {
        let body = self.0.bodies.lock().unwrap().get(name).cloned();
        future::ready(Ok(body.map(|body| stream::iter([Ok(body)]).boxed()))).boxed()
    }

    fn stat<'a>(
        &'a self,
        name: &'a BodyName,
    ) -> BoxFuture<'a, Result<Option<BodyStat>, StoreError>> {
        let bodies = self.0.bodies.lock().unwrap();
        let stat = bodies.get(name).map(|body| BodyStat {
            size: body.len() as u64,
            md5: None,
        });
        future::ready(Ok(stat)).boxed()
    }

    fn keys(&self) -> BoxStream<'_, Result<Key, StoreError>> {
        unreachable!("tasks are given")
    }

    fn statuses(&self) -> BoxStream<'_, Result<(Key, Bytes), StoreError>> {
        unreachable!("tasks are given")
    }

    fn location(&self) -> String {
        "the shelf".to_owned()
    }
}

impl Shared {
    /// Says that the run is to be no more, and waits for that.
    async fn end(&self) {
        self.0.killed.notify_one();
        future::pending::<()>().await;
    }
}

struct StagedHere {
    shelf: Shared,
    name: BodyName,
    bytes: Vec<u8>,
}

impl Staged for StagedHere {
    fn write(&mut self, chunk: Bytes) -> BoxFuture<'_, Result<(), StoreError>> {
        self.bytes.extend_from_slice(&chunk);
        future::ready(Ok(())).boxed()
    }

    fn finish(&mut self, _: Option<&str>) -> BoxFuture<'_, Result<(), StoreError>> {
        future::ready(Ok(())).boxed()
    }

    fn publish(self: Box<Self>) -> BoxFuture<'static, Result<(), StoreError>> {
        let mut bodies = self.shelf.0.bodies.lock().unwrap();
        bodies.insert(self.name, self.bytes.into());
        future::ready(Ok(())).boxed()
    }
}

//! Four executors that do as they are told, in two versions of a workflow.

use std::sync::Mutex;

use scrapeflow::prelude::*;

use crate::scenario::{Behaviour, Each, KEYS, RunOf};

pub(crate) const STEPS: Each<&str> = ["load", "parse", "draw", "join"];

/// How each executor behaves on each task in a run, and who was called.
#[derive(Debug)]
pub(crate) struct World {
    behaviours: [Each<Behaviour>; KEYS.len()],
    calls: Mutex<Vec<(usize, usize)>>,
}

impl World {
    pub(crate) fn new(run: &RunOf) -> Self {
        Self {
            behaviours: run.behaviours,
            calls: Mutex::default(),
        }
    }

    /// Tasks and executors, in the order of the calls.
    pub(crate) fn calls(&self) -> Vec<(usize, usize)> {
        self.calls.lock().unwrap().clone()
    }

    fn act(&self, key: &Key, step: usize) -> Result<crate::scenario::Made> {
        let task = KEYS.iter().position(|of| *of == key.as_str()).unwrap();
        self.calls.lock().unwrap().push((task, step));
        match self.behaviours[task][step] {
            Behaviour::Makes(made) => Ok(made),
            Behaviour::FailsForNow => Err(Error::retry("not now")),
            Behaviour::FailsForGood => Err(Error::recorded(Class::Runtime, "never")),
            // Without a message and a backtrace each time.
            Behaviour::Panics => std::panic::resume_unwind(Box::new("as it was told")),
        }
    }

    async fn act_and_save(&self, key: &Key, step: usize, files: &Files) -> Result<Made> {
        let made = self.act(key, step)?;
        let saved = files.save(STEPS[step], body(made.body)).await?;
        Ok(Made {
            size: saved.size,
            content: saved.content,
            value: made.value,
        })
    }
}

/// What is in a file.
pub(crate) fn body(of: u8) -> String {
    format!("body {of}")
}

/// An output as the predecessor has it of a file, with something beside.
#[derive(Debug, Serialize, Deserialize)]
pub(crate) struct Made {
    size: u64,
    content: String,
    value: u8,
}

impl HasBody for Made {}

/// The param of `load`.
#[derive(Debug, Serialize, Deserialize)]
pub(crate) struct Load {
    load: u8,
}

/// The param of `draw`.
#[derive(Debug, Serialize, Deserialize)]
pub(crate) struct Draw {
    draw: u8,
}

macro_rules! version {
    ($name:ident, $version:tt) => {
        pub(crate) mod $name {
            use std::sync::Arc;

            use scrapeflow::prelude::*;

            use super::{Draw, Load, Made, World};

            /// Takes all of the run, the network included.
            #[executor]
            pub(crate) async fn load(
                key: Key,
                _context: Context,
                _params: Params<Load>,
                files: Files,
                world: State<Arc<World>>,
            ) -> Result<Made> {
                world.act_and_save(&key, 0, &files).await
            }

            #[executor(version = $version)]
            pub(crate) async fn parse(
                key: Key,
                _page: Body<load>,
                world: State<Arc<World>>,
            ) -> Result<u8> {
                Ok(world.act(&key, 1)?.value)
            }

            #[executor]
            pub(crate) async fn draw(
                key: Key,
                _parsed: Output<parse>,
                _params: Params<Draw>,
                files: Files,
                world: State<Arc<World>>,
            ) -> Result<Made> {
                world.act_and_save(&key, 2, &files).await
            }

            #[executor(version = $version)]
            pub(crate) async fn join(
                key: Key,
                _loaded: Output<load>,
                _drawn: Body<draw>,
                world: State<Arc<World>>,
            ) -> Result<u8> {
                Ok(world.act(&key, 3)?.value)
            }

            workflow! {
                pub(crate) Pages = load -> parse -> draw -> join;
            }
        }
    };
}

version!(older, 1);
version!(newer, 2);

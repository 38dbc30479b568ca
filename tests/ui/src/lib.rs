//! Executors and workflows that compile (`pass`), and those that do not (`fail`).

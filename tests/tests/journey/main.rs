//! What a run promises: a file a promise.

#![cfg(unix)]

mod arguments;
mod attempts;
mod bad_directory;
mod bad_setup;
mod bad_sources;
mod bad_tasks;
mod broken_status;
mod damage;
mod error_classes;
mod events;
mod gone_pages;
mod odd_json;
mod output_fails;
mod outputs;
mod plan;
mod resume;
mod schedule;
mod seats;
mod selection;
mod staleness;
mod store_contract;
mod unfit_arguments;
mod unforeseen;
mod versions;
mod waiting;
mod writes;

//! A stop ends in bounded time, whoever asks for it, when ever and whatever goes on: what was done is recorded, what was only
//! cut off is not, and the next run does the rest.
//!
//! `grace` is what a run promises, in simulated time; `executors` those that make it hard; `processes` a run in a process of
//! its own that gets signals; `command_line` the program `scrapeflow`, stopped at every stage and on a terminal; `unyielding` a
//! program that cannot be stopped but by its end.

#![cfg(unix)]

mod command_line;
mod executors;
mod grace;
mod processes;
mod unyielding;

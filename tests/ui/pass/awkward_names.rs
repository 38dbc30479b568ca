//! Names that generated code uses as well.

use scrapeflow::prelude::*;

#[executor]
async fn call(needs: Key) -> Result<usize> {
    Ok(needs.to_string().len())
}

#[executor]
async fn needs(call: Output<call>) -> Result<usize> {
    Ok(*call)
}

#[executor]
async fn argument0(argument1: Output<needs>) -> Result<usize> {
    Ok(*argument1)
}

#[executor]
async fn std(scrapeflow: Output<argument0>) -> Result<usize> {
    Ok(*scrapeflow)
}

#[executor]
async fn core(steps: Output<std>) -> Result<usize> {
    Ok(*steps)
}

workflow! {
    Step = call -> needs -> argument0 -> std -> core;
}

pub(crate) fn main() {
    let _ = Step::in_dir("steps").force::<core>();
}

//! Generated code that compiles: every case of `pass` is a module here, so that clippy and the
//! workspace's lints read it, too.

#[path = "../pass/aliases_of_result.rs"]
mod aliases_of_result;
#[path = "../pass/arguments.rs"]
mod arguments;
#[path = "../pass/attributes_kept.rs"]
pub mod attributes_kept;
#[path = "../pass/awkward_names.rs"]
mod awkward_names;
#[path = "../pass/inside_a_function.rs"]
mod inside_a_function;
#[path = "../pass/one_step.rs"]
mod one_step;
#[path = "../pass/options.rs"]
mod options;
#[path = "../pass/raw_identifiers.rs"]
mod raw_identifiers;
#[path = "../pass/re_exports.rs"]
mod re_exports;
#[path = "../pass/stays_callable.rs"]
mod stays_callable;
#[path = "../pass/thirty_steps.rs"]
mod thirty_steps;
#[path = "../pass/warnings_denied.rs"]
pub mod warnings_denied;

#[test]
fn all_cases_run() {
    aliases_of_result::main();
    arguments::main();
    attributes_kept::main();
    awkward_names::main();
    inside_a_function::main();
    one_step::main();
    options::main();
    raw_identifiers::main();
    re_exports::main();
    stays_callable::main();
    thirty_steps::main();
    warnings_denied::main();
}

#[test]
fn no_case_is_left_out() {
    let here = include_str!("compile_passes.rs");
    for file in std::fs::read_dir("pass").unwrap() {
        let name = file.unwrap().file_name().into_string().unwrap();
        assert!(
            here.contains(&format!("../pass/{name}")),
            "{name} is no module of this test"
        );
    }
}

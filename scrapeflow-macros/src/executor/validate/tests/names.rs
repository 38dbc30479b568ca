//! Stored names.

use expect_test::expect;

use super::{check, model, with_options};

#[test]
fn names() {
    let cases = [
        "parse",
        "Parse-2_",
        "-",
        "params",
        "name",
        "key",
        "names",
        "x_status",
        "_status",
        "status",
        "x_last_run",
        "last_run",
        "x_meta",
        "x_metadata",
        "",
        "a b",
        "a.b",
        "a/b",
        "größe",
    ];
    check(
        cases.map(|case| (case, with_options(&format!("name = {case:?}")))),
        &expect![[r#"
            `parse`
                ok: `parse` Options {}
            `Parse-2_`
                ok: `Parse-2_` Options {}
            `-`
                ok: `-` Options {}
            `params`
                `params` is reserved in status.json; choose another name
            `name`
                `name` is reserved in status.json; choose another name
            `key`
                `key` is reserved in status.json; choose another name
            `names`
                ok: `names` Options {}
            `x_status`
                `x_status` is reserved in status.json; choose another name
            `_status`
                `_status` is reserved in status.json; choose another name
            `status`
                ok: `status` Options {}
            `x_last_run`
                `x_last_run` is reserved in status.json; choose another name
            `last_run`
                ok: `last_run` Options {}
            `x_meta`
                `x_meta` is reserved in status.json; choose another name
            `x_metadata`
                ok: `x_metadata` Options {}
            ``
                an executor's name consists of `A-Z a-z 0-9 _ -`; choose another name
            `a b`
                an executor's name consists of `A-Z a-z 0-9 _ -`; choose another name
            `a.b`
                an executor's name consists of `A-Z a-z 0-9 _ -`; choose another name
            `a/b`
                an executor's name consists of `A-Z a-z 0-9 _ -`; choose another name
            `größe`
                an executor's name consists of `A-Z a-z 0-9 _ -`; choose another name
        "#]],
    );
}

#[test]
fn names_of_functions() {
    let cases = ["parse", "r#match", "params", "x_meta", "größe"];
    check(
        cases.map(|case| {
            (
                case,
                model("", &format!("async fn {case}() -> Result<()> {{ Ok(()) }}")),
            )
        }),
        &expect![[r#"
            `parse`
                ok: `parse` Options {}
            `r#match`
                ok: `match` Options {}
            `params`
                `params` is reserved in status.json; choose another name, or store it under one by `#[executor(name = "…")]`
            `x_meta`
                `x_meta` is reserved in status.json; choose another name, or store it under one by `#[executor(name = "…")]`
            `größe`
                an executor's name consists of `A-Z a-z 0-9 _ -`; choose another name, or store it under one by `#[executor(name = "…")]`
        "#]],
    );
}

#[test]
fn a_name_of_its_own_frees_the_functions() {
    let params = "async fn params() -> Result<()> { Ok(()) }";
    check(
        [("name = \"price\"", model("name = \"price\"", params))],
        &expect![[r#"
            `name = "price"`
                ok: `price` Options {}
        "#]],
    );
}

use encoding_rs::Encoding;
use proptest::prelude::*;

use super::{html, xml};

/// The name of an encoding, empty without one.
fn name(encoding: Option<&'static Encoding>) -> &'static str {
    encoding.map_or("", Encoding::name)
}

#[test]
fn meta() {
    for (head, expected) in [
        ("", ""),
        ("<", ""),
        ("<meta", ""),
        ("<meta charset=koi8-r", ""),
        ("<meta charset='koi8-r", ""),
        ("<meta charset=koi8-r a", ""),
        ("<meta charset=koi8-r>", "KOI8-R"),
        ("<META/CHARSET=KOI8-R/>", ""),
        ("<META/CHARSET=\"KOI8-R\"/>", "KOI8-R"),
        ("<meta charset = 'koi8-r' >", "KOI8-R"),
        ("<meta =charset=koi8-r>", ""),
        ("<meta = charset=koi8-r>", "KOI8-R"),
        ("<meta a charset=koi8-r>", "KOI8-R"),
        ("<meta a=><meta charset=koi8-r>", "KOI8-R"),
        ("<meta charset=koi8-r charset=utf-8>", "KOI8-R"),
        ("<meta charset=x charset=utf-8>", ""),
        ("<meta charset=x><meta charset=koi8-r>", "KOI8-R"),
        ("<meta charset=utf-16be>", "UTF-8"),
        ("<meta charset=x-user-defined>", "windows-1252"),
        ("<metadata charset=koi8-r>", ""),
        ("<?php '<meta charset=koi8-r>' ?>", ""),
    ] {
        assert_eq!(name(html(head.as_bytes())), expected, "{head}");
    }
}

#[test]
fn before_meta() {
    for (before, expected) in [
        ("<!-- <meta charset=utf-8> -->", "KOI8-R"),
        ("<!-->", "KOI8-R"),
        ("<!--", ""),
        ("<!doctype html>", "KOI8-R"),
        ("</>", "KOI8-R"),
        ("</p a='<meta charset=utf-8>'>", "KOI8-R"),
        ("<p a=\"<meta charset=utf-8>\">", "KOI8-R"),
        ("<p a='", ""),
        ("<br/>", "KOI8-R"),
        ("1 < 2 <3> ", "KOI8-R"),
    ] {
        let head = format!("{before}<meta charset=koi8-r>");
        assert_eq!(name(html(head.as_bytes())), expected, "{head}");
    }
}

#[test]
fn content() {
    for (attributes, expected) in [
        ("http-equiv=Content-TYPE content=charset=koi8-r", "KOI8-R"),
        ("content='charset=koi8-r' http-equiv=content-type", "KOI8-R"),
        ("content=charset=koi8-r", ""),
        ("http-equiv=refresh content=charset=koi8-r", ""),
        ("http-equiv=x @ content=charset=koi8-r", ""),
        ("@ content content=charset=koi8-r", ""),
        ("@ content=charset=utf-8 charset=koi8-r", "KOI8-R"),
        ("@ content=charset=utf-8 charset=x", ""),
        ("charset=koi8-r @ content=charset=utf-8", "KOI8-R"),
        ("@ content='charset charset = koi8-r;a'", "KOI8-R"),
        ("@ content='charset=\"koi8-r\"a'", "KOI8-R"),
        ("@ content='charset=\"koi8-r'", ""),
        ("@ content='charset='", ""),
        ("@ content='charset'", ""),
        ("@ content=charset=utf-16", "UTF-8"),
    ] {
        let head = format!(
            "<meta {}>",
            attributes.replace('@', "http-equiv=content-type")
        );
        assert_eq!(name(html(head.as_bytes())), expected, "{head}");
    }
}

#[test]
fn declarations() {
    for (head, expected) in [
        ("<?xml", ""),
        ("<?xml encoding='koi8-r'", ""),
        ("<?xml version='1.0'?>encoding='koi8-r'", ""),
        ("<?xml version='1.0' encoding=\"koi8-r\"?>", "KOI8-R"),
        ("<?xml encoding\n=\x01'koi8-r'>", "KOI8-R"),
        ("<?xml encoding koi8-r>", ""),
        ("<?xml encoding=koi8-r>", ""),
        ("<?xml encoding=>", ""),
        ("<?xml encoding>", ""),
        ("<?xml encoding='koi8-r\">", ""),
        ("<?xml encoding=' koi8-r'>", ""),
        ("<?xml encoding='x'>", ""),
        ("<?xml encoding='utf-16'>", "UTF-8"),
        (" <?xml encoding='koi8-r'>", ""),
        ("<\0?\0x\0", "UTF-16LE"),
        ("\0<\0?\0x", "UTF-16BE"),
    ] {
        assert_eq!(name(xml(head.as_bytes())), expected, "{head}");
        assert_eq!(name(html(head.as_bytes())), expected, "{head}");
    }
    let both = b"<?xml encoding='koi8-r'?><meta charset=utf-8>";
    assert_eq!(name(html(both)), "UTF-8");
    assert_eq!(name(xml(both)), "KOI8-R");
}

#[test]
fn a_mebibyte_without_an_end() {
    for piece in [
        "<", "<!--", "<meta ", "<p a='", "<meta a=", "</", "x", "<?xml ",
    ] {
        let page = piece.repeat((1 << 20) / piece.len());
        assert_eq!(name(html(page.as_bytes())), "", "{piece}");
    }
    let page = format!("<meta {}charset=koi8-r>", "a=b ".repeat(1 << 18));
    assert_eq!(name(html(page.as_bytes())), "KOI8-R");
}

proptest! {
    #[test]
    fn what_a_page_declares_first_stays(
        head in "(<|<!--|-->|<!|</|<p|<meta |content|charset|http-equiv|content-type|koi8-r|[=/>'\" ]){0,40}",
    ) {
        if let Some(found) = html(head.as_bytes()) {
            let page = head + "'\"><meta charset=utf-8>";
            prop_assert_eq!(html(page.as_bytes()), Some(found));
        }
    }
}

//! What `strace -f -xx` wrote of a process: its system calls, each once, in the order in which they ended.

use std::collections::HashMap;

/// A system call that ended.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Call<'a> {
    pub(crate) name: &'a str,
    /// Between the parentheses.
    arguments: String,
    /// -1 where it failed.
    pub(crate) result: i64,
    /// The lines in which it began and ended; one for most.
    pub(crate) began: usize,
    pub(crate) ended: usize,
}

/// What a line that ends so belongs to one that comes later.
const UNFINISHED: &str = "<unfinished ...>";

/// Calls that never ended, since the process did, are left out.
pub(crate) fn calls(log: &str) -> Vec<Call<'_>> {
    let mut unfinished: HashMap<&str, (&str, &str, usize)> = HashMap::new();
    let mut calls = Vec::new();
    for (number, line) in log.lines().enumerate() {
        let Some((thread, said)) = line.split_once(' ') else {
            continue;
        };
        let said = said.trim_start();
        if let Some((name, rest)) = resumed(said) {
            let (of, first, began) = unfinished
                .remove(thread)
                .unwrap_or_else(|| panic!("line {number} goes on with nothing: {line:.200}"));
            assert_eq!(of, name, "line {number}");
            calls.extend(call(name, &format!("{first}{rest}"), began, number));
        } else if said.starts_with(['+', '-']) {
            // How a thread ended, or a signal.
        } else {
            let (name, rest) = said
                .split_once('(')
                .unwrap_or_else(|| panic!("line {number} is no call: {line:.200}"));
            match rest.strip_suffix(UNFINISHED) {
                Some(first) => {
                    unfinished.insert(thread, (name, first.trim_end(), number));
                }
                None => calls.extend(call(name, rest, number, number)),
            }
        }
    }
    calls
}

/// The name of a call that goes on, and what follows.
fn resumed(said: &str) -> Option<(&str, &str)> {
    said.strip_prefix("<... ")?.split_once(" resumed>")
}

/// `None` for one whose result nobody has seen.
fn call<'a>(name: &'a str, rest: &str, began: usize, ended: usize) -> Option<Call<'a>> {
    // No string has it, since all are in hexadecimal digits.
    let (arguments, result) = rest.rsplit_once("= ")?;
    let digits = result.split([' ', '\t']).next().unwrap_or_default();
    let result = match digits.strip_prefix("0x") {
        Some(hex) => i64::from_str_radix(hex, 16).ok()?,
        None => digits.parse().ok()?,
    };
    let arguments = arguments.trim_end().strip_suffix(')')?.to_owned();
    Some(Call {
        name,
        arguments,
        result,
        began,
        ended,
    })
}

impl Call<'_> {
    /// An argument as it is written; those behind a structure cannot be asked for.
    pub(crate) fn argument(&self, nth: usize) -> &str {
        let argument = self.arguments.split(',').nth(nth);
        argument.unwrap_or_else(|| panic!("{self:?}")).trim()
    }

    /// An argument that is a number.
    pub(crate) fn number(&self, nth: usize) -> i64 {
        let number = self.argument(nth).parse();
        number.unwrap_or_else(|_| panic!("{self:?}"))
    }

    /// An argument that is a path.
    pub(crate) fn path(&self, nth: usize) -> String {
        let bytes = unquoted(self.argument(nth));
        String::from_utf8(bytes).expect("a path of ours")
    }

    /// All that was given to be written, in one piece or several.
    pub(crate) fn written(&self) -> Vec<u8> {
        let mut bytes = unquoted(&self.arguments);
        bytes.truncate(usize::try_from(self.result).unwrap_or_default());
        bytes
    }
}

/// The bytes of all strings in there.
fn unquoted(text: &str) -> Vec<u8> {
    assert!(!text.contains("\"..."), "strace has cut a string off");
    let strings = text.split('"').skip(1).step_by(2);
    let digits = strings.flat_map(|string| string.split("\\x").skip(1));
    digits
        .map(|digits| u8::from_str_radix(digits, 16).expect("two hexadecimal digits"))
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A log, and each of its calls: lines, name, result, and what was written.
    fn check(log: &str, expected: &[(usize, usize, &str, i64, &str)]) {
        let calls = calls(log);
        let seen: Vec<_> = calls
            .iter()
            .map(|call| {
                let written = String::from_utf8(call.written()).unwrap();
                (call.began, call.ended, call.name, call.result, written)
            })
            .collect();
        let expected: Vec<_> = expected
            .iter()
            .map(|&(began, ended, name, result, written)| {
                (began, ended, name, result, written.to_owned())
            })
            .collect();
        assert_eq!(seen, expected);
    }

    #[test]
    fn calls_are_in_the_order_in_which_they_ended() {
        check(
            concat!(
                "7  write(1, \"\\x61\\x62\\x0a\", 3)    = 3\n",
                "7  fsync(12 <unfinished ...>\n",
                "8  writev(9, [{iov_base=\"\\x61\", iov_len=1}, {iov_base=\"\\x62\\x63\", iov_len=2}], 2) = 2\n",
                "8  unlink(\"\\x2f\\x61\")  = -1 ENOENT (No such file or directory)\n",
                "7  <... fsync resumed>)              = 0\n",
                "9  mmap(NULL, 8, PROT_READ, MAP_PRIVATE, 5, 0) = 0x7fb2805ea000\n",
                "8  pwrite64(9, \"\\x64\", 1, 4095 <unfinished ...>\n",
                "7  +++ exited with 0 +++\n",
                "8  <... pwrite64 resumed>)           = 1\n",
                "8  --- SIGTERM {si_signo=SIGTERM} ---\n",
                "9  exit_group(0)                     = ?\n",
                "8  close(9 <unfinished ...>\n",
                "8  +++ killed by SIGKILL +++\n",
            ),
            &[
                (0, 0, "write", 3, "ab\n"),
                (2, 2, "writev", 2, "ab"),
                (3, 3, "unlink", -1, ""),
                (1, 4, "fsync", 0, ""),
                (5, 5, "mmap", 0x7fb2_805e_a000, ""),
                (6, 8, "pwrite64", 1, "d"),
            ],
        );
    }

    #[test]
    fn arguments_are_read() {
        let log = "7 openat(AT_FDCWD, \"\\x2f\\x61\", O_RDWR|O_CREAT, 0666) = 15\n7 pwrite64(12, \"\\x00\", 1, 4095) = 1";
        let calls = calls(log);
        assert_eq!(calls[0].argument(0), "AT_FDCWD");
        assert_eq!(calls[0].path(1), "/a");
        assert_eq!(calls[0].argument(2), "O_RDWR|O_CREAT");
        assert_eq!(calls[1].number(3), 4095);
    }

    #[test]
    #[should_panic(expected = "strace has cut a string off")]
    fn a_string_that_was_cut_off_is_not_taken_for_a_whole_one() {
        calls("7 write(1, \"\\x61\"..., 3) = 3")[0].written();
    }
}

//! The page: what is in it, and that it works in a browser.
//!
//! The tests in a browser need chromium and chromedriver. They run when `OVERSELL_BROWSER_TESTS=1` is set, as `.ci/run`
//! does; otherwise they say that they were left out.

mod browser;
mod clicking;
mod content;
mod devtools;
mod faults;
mod keyboard;
mod pictures;
mod schedules;
mod speed;

use std::{
    fmt::Write as _,
    fs,
    path::{Path, PathBuf},
    process::Command,
};

use tempfile::TempDir;

use crate::cli::{call, oversell};

/// A folder with one page, made by the program from these files.
struct Page {
    folder: TempDir,
}

impl Page {
    fn of(files: &[&str], options: &[&str]) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let output = Command::new(env!("CARGO_BIN_EXE_oversell"))
            .current_dir(env!("CARGO_MANIFEST_DIR"))
            .arg("report")
            .args(files)
            .args(options)
            .arg("-o")
            .arg(folder.path().join("page.html"))
            .output()
            .unwrap();
        assert!(
            matches!(output.status.code(), Some(0 | 1)),
            "{}",
            String::from_utf8_lossy(&output.stderr)
        );
        Self { folder }
    }

    /// Of the schedule that `oversell prove` finds with these arguments.
    fn of_schedule(arguments: &[&str]) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let mut prove = oversell(folder.path());
        prove.args(["prove", "--out", "."]).args(arguments).assert().code(1);
        let mut files = fs::read_dir(folder.path()).unwrap();
        let found = files.next().unwrap().unwrap().file_name();
        let report = format!("report {} -o page.html", found.display());
        call(folder.path(), &report).code(1);
        Self { folder }
    }

    /// Of what `oversell run` records with these arguments.
    fn of_run(arguments: &[&str]) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let ran = Command::new(env!("CARGO_BIN_EXE_oversell"))
            .arg("run")
            .args(arguments)
            .arg(format!("--report={}", folder.path().join("page.html").display()))
            .arg("--out")
            .arg(folder.path())
            .output()
            .unwrap();
        let said = String::from_utf8_lossy(&ran.stderr);
        assert!(matches!(ran.status.code(), Some(0 | 1)), "{said}");
        Self { folder }
    }

    fn of_text(history: &str, options: &[&str]) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("history.jsonl");
        fs::write(&file, history).unwrap();
        Self::of(&[file.to_str().unwrap()], options)
    }

    fn path(&self) -> PathBuf {
        self.folder.path().join("page.html")
    }

    fn html(&self) -> String {
        fs::read_to_string(self.path()).unwrap()
    }

    fn url(&self) -> String {
        format!("file://{}", Path::new(&self.path()).display())
    }
}

/// Names that would end a script, open a tag or run something if they were not escaped.
const HOSTILE: &str = r#"</script><script>document.title='run'</script><img src=x onerror="document.title='run'">"#;

/// A violation in which key, units and everything else are [`HOSTILE`].
fn hostile() -> String {
    let name = serde_json::Value::from(HOSTILE);
    let mut text = format!(
        "{{\"format\":\"oversell-history\",\"version\":1,\"spec\":\"stock\",\"initial\":9,\"strategy\":{name},\"<b>\":{name}}}\n"
    );
    for (process, time) in [(1, 10), (2, 20)] {
        let _ = writeln!(
            text,
            "{{\"time\":{time},\"process\":{process},\"type\":\"invoke\",\"f\":\"buy\",\"key\":{name},\"value\":1}}"
        );
    }
    for (process, time) in [(1, 30), (2, 40)] {
        let _ = writeln!(
            text,
            "{{\"time\":{time},\"process\":{process},\"type\":\"ok\",\"f\":\"buy\",\"key\":{name},\"value\":{{\"outcome\":\"bought\",\"unit\":{name}}},\"commands\":[{{\"sent\":{},\"received\":{},\"command\":{name},\"reply\":{name}}}]}}",
            time - 5,
            time - 1
        );
    }
    text
}

/// So many purchases by 64 clients, each after the other's turn, with two commands each; the last one is one too many.
fn large(operations: u64) -> String {
    let stock = operations - 1;
    let mut text = format!(
        "{{\"format\":\"oversell-history\",\"version\":1,\"spec\":\"stock\",\"initial\":{stock},\"strategy\":\"naive\"}}\n"
    );
    let mut lines: Vec<(u64, u64, String)> = Vec::new();
    for number in 0..operations {
        let process = number % 64;
        let (from, to) = (number * 10_000, number * 10_000 + 600_000);
        let left = i64::try_from(stock).unwrap() - i64::try_from(number).unwrap() - 1;
        let event = |at: u64, kind: &str, rest: &str| {
            format!(
                "{{\"time\":{at},\"process\":{process},\"type\":\"{kind}\",\"f\":\"buy\",\"key\":\"sku-1\",{rest}}}\n"
            )
        };
        lines.push((from, number, event(from, "invoke", "\"value\":1")));
        let rest = format!(
            "\"value\":{{\"outcome\":\"bought\",\"remaining\":{left}}},\"commands\":[{{\"sent\":{},\"received\":{},\"command\":\"GET sku-1\",\"reply\":\"{}\"}},{{\"sent\":{},\"received\":{},\"command\":\"DECRBY sku-1 1\",\"reply\":\"{left}\"}}]",
            from + 411,
            from + 281_334,
            left + 1,
            from + 282_001,
            to - 733
        );
        lines.push((to, number, event(to, "ok", &rest)));
    }
    lines.sort();
    text.extend(lines.into_iter().map(|(_, _, line)| line));
    text
}

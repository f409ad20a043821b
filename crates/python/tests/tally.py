"""One line at the end that says how many tests passed and failed, in the form that `cargo xtask` counts."""

from __future__ import annotations

from typing import Any


def pytest_terminal_summary(terminalreporter: Any) -> None:
    count = {word: len(terminalreporter.stats.get(word, [])) for word in ("passed", "failed", "error")}
    failed = count["failed"] + count["error"]
    word = "FAILED" if failed else "ok"
    print("\ntest result: {}. {} passed; {} failed".format(word, count["passed"], failed))

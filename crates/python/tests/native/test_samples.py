"""The samples of the guide and the examples, against the simulator."""

from __future__ import annotations

import contextlib
import io
import re
import subprocess
import sys
from pathlib import Path
from typing import Any, Dict, List, Tuple

import pytest

for _package in ("polars", "pyarrow", "duckdb"):
    pytest.importorskip(_package)

HERE = Path(__file__).resolve()
EXAMPLES = sorted((HERE.parents[2] / "examples").glob("*.py"))
GUIDE = HERE.parents[4] / "docs" / "guide" / "python.md"
BLOCK = re.compile(r"^```(python|text)\n(.*?)^```$", re.M | re.S)


@pytest.fixture
def environment(simulator: Any, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    monkeypatch.setenv("TOTALCLOUD_URL", simulator.url)
    monkeypatch.setenv("TOTALCLOUD_USERNAME", simulator.username)
    monkeypatch.setenv("TOTALCLOUD_PASSWORD", simulator.password)
    monkeypatch.chdir(tmp_path)
    return tmp_path


def samples(page: Path) -> List[Tuple[int, str, str]]:
    """Each sample with its line, and what it prints if the page says so."""
    text = page.read_text(encoding="utf-8")
    found: List[Tuple[int, str, str]] = []
    for block in BLOCK.finditer(text):
        if block.group(1) == "python":
            found.append((text[: block.start()].count("\n") + 2, block.group(2), ""))
        elif found:
            line, code, _ = found[-1]
            found[-1] = (line, code, block.group(2))
    return found


def test_the_samples_of_the_guide_run(environment: Path) -> None:
    if not GUIDE.is_file():
        pytest.skip("the guide is not at hand")
    names: Dict[str, Any] = {"__name__": "guide"}
    all_samples = samples(GUIDE)
    assert len(all_samples) >= 9
    for line, code, prints in all_samples:
        out = io.StringIO()
        with contextlib.redirect_stdout(out):
            exec(compile("\n" * (line - 1) + code, str(GUIDE), "exec"), names)
        if prints:
            assert out.getvalue() == prints, "the sample in line {}".format(line)
    assert names["machines"].height > 0


@pytest.mark.parametrize("example", EXAMPLES, ids=lambda path: path.stem)
def test_each_example_runs(
    start_simulator: Any, environment: Path, monkeypatch: pytest.MonkeyPatch, example: Path
) -> None:
    # A small company: one of them syncs all of it.
    monkeypatch.setenv("TOTALCLOUD_URL", start_simulator("--size", "tiny").url)
    done = subprocess.run([sys.executable, str(example)], stdout=subprocess.PIPE, text=True, timeout=300)
    assert done.returncode == 0
    assert done.stdout.strip()

"""The samples of the guide, as they are printed."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest

GUIDE = Path(__file__).parents[4] / "docs/guide/moving-from-qualysdk.md"
SAMPLES = re.findall(r"^```python\n(.*?)^```$", GUIDE.read_text(encoding="utf-8"), re.MULTILINE | re.DOTALL)


def test_the_guide_has_samples() -> None:
    assert len(SAMPLES) >= 4


@pytest.mark.parametrize("number", range(len(SAMPLES)))
def test_a_sample(number: int, qg2: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    exec(compile(SAMPLES[number], f"{GUIDE.name}, sample {number + 1}", "exec"), {})

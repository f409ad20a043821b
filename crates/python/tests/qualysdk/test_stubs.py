"""The stubs of the classes that are made of tables are current."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path


def test_the_stubs_are_current() -> None:
    writer = Path(__file__).parents[2] / "make_stubs.py"
    assert subprocess.run([sys.executable, str(writer), "--check"]).returncode == 0, "run make_stubs.py"

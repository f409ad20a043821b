"""The script that moves imports."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import List, Tuple

import pytest

from totalcloud import migrate as module
from totalcloud.migrate import main, migrate


def one(text: str) -> Tuple[str, List[str]]:
    (new,), (notes,) = migrate([text])
    return new, [f"{note.line}: {note.text}" for note in notes]


@pytest.mark.parametrize(
    "old, new",
    [
        ("from qualysdk.auth import BasicAuth  # é\n", "from totalcloud.qualysdk.auth import BasicAuth  # é\n"),
        ("from qualysdk.totalcloud import *\n", "from totalcloud.qualysdk.totalcloud import *\n"),
        (
            "from qualysdk.totalcloud.get_inventory import get_inventory",
            "from totalcloud.qualysdk.totalcloud import get_inventory",
        ),
        (
            "from qualysdk.totalcloud.data_classes.QID import (\n    QID,  # this\n)\n",
            "from totalcloud.qualysdk.totalcloud.data_classes.QID import (\n    QID,  # this\n)\n",
        ),
        ("from qualysdk.auth \\\n    import TokenAuth\n", "from totalcloud.qualysdk.auth \\\n    import TokenAuth\n"),
        (
            "from qualysdk import (\n    BasicAuth,  # sign in\n    vmdr as v,\n)  # both\n",
            "# sign in\nfrom totalcloud.qualysdk import BasicAuth\nfrom qualysdk import vmdr as v  # both\n",
        ),
        (
            "def f():\n    from qualysdk import totalcloud, was\n",
            "def f():\n    from totalcloud.qualysdk import totalcloud\n    from qualysdk import was\n",
        ),
        (
            "x = 1; from qualysdk import BaseList, was; y = 2\n",
            "x = 1; from totalcloud.qualysdk import BaseList; from qualysdk import was; y = 2\n",
        ),
        ("import qualysdk\nqualysdk.totalcloud.x\n", "import totalcloud.qualysdk as qualysdk\nqualysdk.totalcloud.x\n"),
        ("import qualysdk as q\r\nq.BaseList()\r\n", "import totalcloud.qualysdk as q\r\nq.BaseList()\r\n"),
        ("import qualysdk.totalcloud as tc\n", "import totalcloud.qualysdk.totalcloud as tc\n"),
        (
            "import qualysdk.totalcloud, qualysdk.auth\nqualysdk.auth.BasicAuth\n",
            "import totalcloud.qualysdk as qualysdk\nqualysdk.auth.BasicAuth\n",
        ),
        ("import os, qualysdk.totalcloud as tc\n", "import os\nimport totalcloud.qualysdk.totalcloud as tc\n"),
        (
            "import qualysdk\nqualysdk.vmdr.x\nqualysdk.totalcloud.x\n",
            "import qualysdk\nqualysdk.vmdr.x\nqualysdk.totalcloud.x\n",
        ),
        ("import qualysdk\nprint(qualysdk)\n", "import qualysdk\nprint(qualysdk)\n"),
        ("import qualysdk.vmdr\nqualysdk.vmdr.x\n", "import qualysdk.vmdr\nqualysdk.vmdr.x\n"),
        ("from qualysdk.vmdr import query_kb\n", "from qualysdk.vmdr import query_kb\n"),
        ("from qualysdk import *\n", "from qualysdk import *\n"),
        ("from qualysdkx import a\nfrom . import qualysdk\n", "from qualysdkx import a\nfrom . import qualysdk\n"),
        (
            "x = 1\n\x0c\nfrom qualysdk.auth import BasicAuth\n",
            "x = 1\n\x0c\nfrom totalcloud.qualysdk.auth import BasicAuth\n",
        ),
        ("", ""),
    ],
)
def test_imports(old: str, new: str) -> None:
    assert one(old)[0] == new
    # What was moved is not moved again.
    assert one(new)[0] == new


def test_what_needs_a_look_is_told_with_its_line() -> None:
    _, notes = one(
        "from qualysdk import BasicAuth, totalcloud, vmdr\n"
        "from qualysdk.auth import PlatformPicker, TokenAuth\n"
        "import qualysdk.sql\n"
        "c = totalcloud.get_connectors(BasicAuth('u', 'p', token='t'), 'aws')[0]\n"
        "int(c.awsAccountId), c.to_dict()['cloudAccountId'], c.lastSyncedOn\n"
        "import sys, datetime; sys.stdout = None; datetime.datetime.utcnow(); datetime.datetime.now()\n"
        "mock('qualysdk.totalcloud.get_inventory'); import_module('qualysdk.totalcloud')\n"
        "totalcloud.get_inventory(a, 'aws', 'ec2', filter=f'account.id:{x}')\n"
        "def test(capsys): threading.excepthook = None\n"
    )
    for wanted in (
        "1: qualysdk.vmdr is not replaced",
        "2: qualysdk.auth.PlatformPicker is not replaced",
        "3: qualysdk.sql is not replaced",
        "4: token=",
        "5: awsAccountId: account ids are text",
        "5: cloudAccountId: account ids are text",
        "5: lastSyncedOn: it has its zone",
        "6: stdout: nothing is printed",
        "6: utcnow: it has no zone",
        "6: now(): a time without a zone",
        "7: the text 'qualysdk.totalcloud.get_inventory'",
        "7: qualysdk.totalcloud is imported at run time",
        "8: get_inventory: one call reads all rows",
        "9: capsys: nothing is printed",
        "9: excepthook: a page that fails",
    ):
        assert any(note.startswith(wanted) for note in notes), wanted


def test_other_scripts_are_left_alone() -> None:
    text = "import datetime\nprint(x.awsAccountId, datetime.datetime.now())\n"
    assert one(text) == (text, [])


def test_the_names_it_moves_to_exist() -> None:
    import importlib

    for name in set(module.MODULES.values()):
        importlib.import_module(f"{module.NEW}.{name}")
    face = importlib.import_module(module.NEW)
    for name in module.NAMES:
        assert hasattr(face, name), name


def script(folder: Path) -> Path:
    path = folder / "script.py"
    path.write_bytes("# -*- coding: latin-1 -*-\r\nfrom qualysdk import BasicAuth, vmdr  # ä\r\n".encode("latin-1"))
    return path


def test_files_are_shown_checked_and_changed(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = script(tmp_path)
    old = path.read_bytes()
    assert main([str(path)]) == 0 and path.read_bytes() == old
    out = capsys.readouterr().out
    assert "+from totalcloud.qualysdk import BasicAuth" in out and f"{path}:2: qualysdk.vmdr is not replaced" in out
    assert main(["--check", str(tmp_path)]) == 1 and "would change" in capsys.readouterr().out
    assert main(["--write", "--backup", "--", str(path)]) == 0
    assert (tmp_path / "script.py.bak").read_bytes() == old
    assert path.read_bytes().decode("latin-1") == (
        "# -*- coding: latin-1 -*-\r\nfrom totalcloud.qualysdk import BasicAuth\r\nfrom qualysdk import vmdr  # ä\r\n"
    )
    assert main(["--check", str(path)]) == 0


def test_notebooks(tmp_path: Path) -> None:
    path = tmp_path / "book.ipynb"
    cells = [
        {"cell_type": "markdown", "source": ["import qualysdk"]},
        {"cell_type": "code", "source": ["%pip install qualysdk\n", "import qualysdk\n", "!ls ~\n"], "outputs": []},
        {"cell_type": "code", "source": "%%bash\nimport qualysdk", "outputs": []},
        {
            "cell_type": "code",
            "source": ["qualysdk.totalcloud.get_connectors(a, 'aws')[0].awsAccountId"],
            "outputs": [],
        },
    ]
    path.write_text(json.dumps({"cells": cells, "nbformat": 4}))
    assert main(["--write", str(path)]) == 0
    held = json.loads(path.read_text())["cells"]
    assert held[1]["source"] == ["%pip install qualysdk\n", "import totalcloud.qualysdk as qualysdk\n", "!ls ~\n"]
    assert [held[n] for n in (0, 2, 3)] == [cells[n] for n in (0, 2, 3)]
    # What one cell binds, another may use for what is not replaced.
    cells[3]["source"] = ["qualysdk.vmdr.get_host_list(a)"]
    path.write_text(json.dumps({"cells": cells, "nbformat": 4}))
    before = path.read_bytes()
    assert main(["--write", str(path)]) == 0 and path.read_bytes() == before


def test_files_that_cannot_be_read(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    bad = tmp_path / "bad.py"
    bad.write_text("def (\n")
    good = script(tmp_path)
    assert main(["--write", str(bad), str(tmp_path / "none.py"), str(good)]) == 2
    said = capsys.readouterr()
    assert said.err.count("cannot be read") == 2 and "changed" in said.out and b"totalcloud" in good.read_bytes()


def test_it_runs_as_a_module(tmp_path: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "totalcloud.migrate", "--check", str(script(tmp_path))], capture_output=True, text=True
    )
    assert (done.returncode, done.stderr) == (1, "") and "would change" in done.stdout

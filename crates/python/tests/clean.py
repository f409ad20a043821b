"""The package in an environment that has nothing else: what it does without any other package."""

import json
import os
import subprocess
import sys
import tempfile


def check(name: str, ok: bool) -> bool:
    print("{} {}".format("ok" if ok else "FAILED", name), flush=True)
    return ok


def main() -> None:
    simulator = subprocess.Popen(
        [os.environ["TOTALCLOUD_COMMAND"], "sim", "--size", "tiny"], stdout=subprocess.PIPE, text=True
    )
    try:
        assert simulator.stdout is not None
        ready = json.loads(simulator.stdout.readline())
        import totalcloud

        client = totalcloud.Client(
            url=ready["url"], username=ready["username"], password=ready["password"], state_dir="none"
        )
        rows = client.resources("ec2", provider="aws").all()
        fine = check("rows are read without any other package", len(rows) == ready["totals"]["aws/EC2_INSTANCE"])
        with tempfile.TemporaryDirectory() as folder:
            client.sync(folder, only=["aws_ec2_instance"])
            (row,) = totalcloud.Estate(folder).query("select count(*) as n from aws_ec2_instance").all()
            fine &= check("an estate is asked without any other package", row == {"n": len(rows)})
        others = {"numpy", "pandas", "polars", "pyarrow", "duckdb", "requests"} & set(sys.modules)
        fine &= check("no other package is looked for", not others)
    finally:
        simulator.terminate()
        simulator.wait(timeout=20)
    sys.exit(0 if fine else 1)


main()

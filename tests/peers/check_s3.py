"""An estate in a bucket: synced by the command, by two at once and by one that is killed, and read back by engines
that others wrote, one of them spread over several processes.

Usage: check_s3.py COMMAND

The bucket is in moto's server, which knows conditional writes; the service is the simulator.
"""

import json
import os
import pathlib
import socket
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.request

import boto3
import botocore.exceptions
import deltalake
import engines
from common import Checks, Simulator

command = sys.argv[1]
KEY, SECRET, BUCKET = "canary-key-id", "canary/secret+key", "company"
# A sync that finds a lease left behind waits for as long as a lease lasts.
LIMIT_SECONDS = 300

checks = Checks()
said = []


class Bucket:
    """A bucket on a free port of this machine; its server is stopped by its process id."""

    def __init__(self):
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            port = free.getsockname()[1]
        self.endpoint = f"http://127.0.0.1:{port}"
        arguments = [sys.executable, "-m", "moto.server", "-H", "127.0.0.1", "-p", str(port)]
        self.process = subprocess.Popen(arguments, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        until = time.monotonic() + 60
        while True:
            try:
                urllib.request.urlopen(self.endpoint, timeout=5).close()
                break
            except urllib.error.HTTPError:
                break
            except OSError:
                if time.monotonic() > until or self.process.poll() is not None:
                    raise SystemExit("the server of the bucket did not start") from None
                time.sleep(0.1)
        self.client = boto3.client(
            "s3",
            endpoint_url=self.endpoint,
            aws_access_key_id=KEY,
            aws_secret_access_key=SECRET,
            region_name="us-east-1",
        )
        self.client.create_bucket(Bucket=BUCKET)

    def put(self, name, **conditions):
        """The status of a write."""
        try:
            answer = self.client.put_object(Bucket=BUCKET, Key=name, Body=b"x", **conditions)
        except botocore.exceptions.ClientError as e:
            answer = e.response
        return answer["ResponseMetadata"]["HTTPStatusCode"]

    def names(self, prefix):
        pages = self.client.get_paginator("list_objects_v2").paginate(Bucket=BUCKET, Prefix=prefix)
        return {entry["Key"] for page in pages for entry in page.get("Contents", [])}

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.process.terminate()
        self.process.wait(timeout=20)


def environment(sim, bucket, home):
    return {
        "PATH": os.environ["PATH"],
        "HOME": home,
        "NO_PROXY": "127.0.0.1",
        "TOTALCLOUD_URL": sim.url,
        "TOTALCLOUD_AUTH": "basic",
        "TOTALCLOUD_USERNAME": sim.ready["username"],
        "TOTALCLOUD_PASSWORD": sim.ready["password"],
        "TOTALCLOUD_CA_BUNDLE": sim.ready["ca"] or "",
        "AWS_ENDPOINT_URL": bucket.endpoint,
        "AWS_ALLOW_HTTP": "true",
        "AWS_ACCESS_KEY_ID": KEY,
        "AWS_SECRET_ACCESS_KEY": SECRET,
        "AWS_REGION": "us-east-1",
    }


class Runner:
    """Calls the command and keeps what it says."""

    def __init__(self, environment):
        self.environment = environment

    def start(self, *arguments):
        return subprocess.Popen(
            [command, *arguments],
            env=self.environment,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )

    def end(self, process):
        try:
            out, errors = process.communicate(timeout=LIMIT_SECONDS)
        except subprocess.TimeoutExpired:
            process.kill()
            out, errors = process.communicate()
            errors += "\n(killed: it did not end)"
        said.append(out + errors)
        return subprocess.CompletedProcess(process.args, process.returncode, out, errors)

    def __call__(self, *arguments):
        return self.end(self.start(*arguments))


def advance(sim, hours, change):
    import ssl

    body = json.dumps({"hours": hours, "change": change}).encode()
    context = ssl.create_default_context(cafile=sim.ready["ca"])
    request = urllib.request.Request(sim.url + "/_sim/advance", body, method="POST")
    urllib.request.urlopen(request, context=context, timeout=30).close()


def ok(name, done):
    checks.check(name, done.returncode == 0, f"(ended with {done.returncode}: {done.stderr[-600:]})")


def contents(estate):
    """What is in the tables now: the key and the content of every row."""
    rows = {}
    for name in estate.versions:
        table = estate.delta(name)
        if "_key" not in [field.name for field in table.schema().fields]:
            continue
        base, newest = {}, {}
        for row in table.to_pyarrow_table(columns=["_key", "_run", "_gone", "_layer", "_hash"]).to_pylist():
            if row["_layer"] == "base":
                base[row["_key"]] = row
            elif row["_layer"] == "recent" and newest.get(row["_key"], {"_run": 0})["_run"] < row["_run"]:
                newest[row["_key"]] = row
        current = (base | newest).values()
        rows[name] = {(row["_key"], row["_hash"]) for row in current if not row["_gone"]}
    return {name: keys for name, keys in rows.items() if keys}


def conditional_writes(bucket):
    checks.equal("a first conditional write is taken", bucket.put("probe", IfNoneMatch="*"), 200)
    checks.equal("a second conditional write answers 412", bucket.put("probe", IfNoneMatch="*"), 412)
    checks.equal("a write over another version answers 412", bucket.put("probe", IfMatch='"0"'), 412)


def syncs(bucket, sim, run, url, estate):
    ok("a first sync into a bucket", run("sync", "--estate", url))
    first = estate()
    checks.check("the first sync is the first run", first.runs[0]["run"] == 1 and first.runs[0]["rowsRead"] > 0)
    advance(sim, 24, 0.01)
    ok("a second sync after a day", run("sync", "--estate", url))
    changed = [r for r in estate().runs if r["kind"] == "sync"]
    checks.check("the second sync finds changes", len(changed) == 2 and changed[1]["changed"] > 0, f"{changed[1:]}")

    advance(sim, 24, 0.01)
    both = [run.start("sync", "--estate", url) for _ in range(2)]
    ended = [run.end(process) for process in both]
    for i, done in enumerate(ended):
        busy = done.returncode != 0 and "is being written" in done.stderr
        checks.check(
            f"sync {i + 1} of two at once works or says who is writing",
            done.returncode == 0 or busy,
            f"(ended with {done.returncode}: {done.stderr[-600:]})",
        )
    checks.check("one of two syncs at once works", any(done.returncode == 0 for done in ended))
    numbers = [r["run"] for r in estate().runs]
    checks.equal("every run has a number of its own", numbers, list(range(1, len(numbers) + 1)))


def killed(bucket, sim, run, url, prefix, estate):
    advance(sim, 24, 0.01)
    before = estate()
    there = bucket.names(prefix)
    # Killed when some files are written that no run knows of yet.
    process = run.start("sync", "--estate", url, "--full")
    until = time.monotonic() + LIMIT_SECONDS
    while process.poll() is None and time.monotonic() < until:
        new = {n for n in bucket.names(prefix) - there if n.endswith((".parquet", ".json"))}
        if len(new) >= 3:
            break
        time.sleep(0.02)
    process.kill()
    process.communicate()
    now = estate()
    checks.check("a sync is killed amid its writes", process.returncode == -9 and len(now.runs) == len(before.runs))
    checks.equal("a killed sync is not seen", contents(now), contents(before))

    ok("a sync after a killed one", run("sync", "--estate", url, "--full"))
    ok("a sync of an estate of its own", run("sync", "--estate", f"s3://{BUCKET}/clean", "--full"))
    clean = engines.Estate(f"s3://{BUCKET}/clean", bucket.endpoint, KEY, SECRET)
    got, wanted = contents(estate()), contents(clean)
    checks.equal("the same tables as without a killed sync", sorted(got), sorted(wanted))
    for name in sorted(wanted):
        differ = got.get(name, set()) ^ wanted[name]
        if name.endswith("_details"):
            # Details of an instance that has no vulnerabilities any more are kept, and not read anew.
            differ &= wanted[name]
        checks.check(f"the same rows of {name}", not differ, f"({len(differ)} differ: {sorted(differ)[:4]})")
    ok("a check of the estate", run("estate", "check", "--estate", url))


def answers(run, estate):
    questions = {
        "instances by account": engines.Question("aws_ec2_instance", "account"),
        "failing findings by control": engines.Question("resource_evaluations", "controlId", ("result", "FAIL")),
    }
    with tempfile.TemporaryDirectory(prefix="ray-", dir="/tmp") as folder, engines.Cluster(folder) as cluster:
        checks.equal("the distributed engine has two workers", cluster.workers(), 2)
        for name, question in questions.items():
            wanted = engines.by_totalcloud(run, estate, question)
            checks.check(f"{name}: there is an answer", len(wanted) > 1, f"{wanted}")
            for engine, answer in engines.ENGINES.items():
                try:
                    got = answer(estate, question)
                except Exception as e:  # noqa: BLE001: whatever another engine raises is its answer
                    got = f"{type(e).__name__}: {e}"
                checks.equal(f"{name}: {engine} agrees", got, wanted)


def trouble(bucket, run, url):
    query = ["query", "SELECT count(*) FROM controls", "--estate"]
    missing = run(*query, "s3://no-such-bucket/estate")
    checks.check("a bucket that is not there is named", missing.returncode != 0 and "no-such-bucket" in missing.stderr)
    bucket.process.terminate()
    bucket.process.wait(timeout=20)
    started = time.monotonic()
    lost = run(*query, url, "-vvv")
    took = time.monotonic() - started
    checks.check("a lost store is an error", lost.returncode != 0 and "error" in lost.stderr, lost.stderr[-600:])
    checks.check("which comes in time", took < 100, f"({took:.0f} s)")


def main():
    prefix = "prod/estate"
    url = f"s3://{BUCKET}/{prefix}"
    home = tempfile.mkdtemp(prefix="totalcloud-s3-")
    with Bucket() as bucket, Simulator(command, "--tls", "--seed", "7", "--size", "small") as sim:
        run = Runner(environment(sim, bucket, home))

        def estate():
            return engines.Estate(url, bucket.endpoint, KEY, SECRET)

        conditional_writes(bucket)
        syncs(bucket, sim, run, url, estate)
        killed(bucket, sim, run, url, prefix, estate)
        answers(run, estate())
        trouble(bucket, run, url)
    outputs = "".join(said)
    checks.check("no output holds a secret", SECRET not in outputs and "canary/secret" not in outputs)
    files = [p.read_bytes() for p in pathlib.Path(home).rglob("*") if p.is_file()]
    checks.check("no file of the command holds a secret", not any(SECRET.encode() in text for text in files))
    checks.end()


try:
    main()
except deltalake.exceptions.DeltaError as e:
    checks.check("the tables can be read", False, str(e))
    checks.end()

"""The figures of the estate: sync against the simulator, queries and writing against DuckDB.

Usage: bench_estate.py sync|query|write RELEASE-FOLDER [INSIDE]

INSIDE is the program of `crates/estate/benches`. What is compared runs in turns within one run, because only ratios
within a run mean something on a shared machine; of each, the median counts.
"""

import datetime
import json
import os
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
import urllib.request

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "peers"))
from common import Simulator  # noqa: E402
from measuring import cpu_of, environment_of, run, run_alone  # noqa: E402

part, release = sys.argv[1:3]
inside = sys.argv[3] if len(sys.argv) > 3 else None
command = os.path.join(release, "totalcloud")
ROUNDS = 7
CORES = os.cpu_count()
missed = []


def goal(text, ok):
    print(f"{'goal' if ok else 'MISSED'}: {text}")
    if not ok:
        missed.append(text)


def advance(sim, hours, change):
    import ssl

    body = json.dumps({"hours": hours, "change": change}).encode()
    request = urllib.request.Request(sim.url + "/_sim/advance", body, method="POST")
    urllib.request.urlopen(request, context=ssl.create_default_context(cafile=sim.ready["ca"]), timeout=60).close()


def touched(sim, since):
    """How many rows the service gives as updated since a day. A run of its connector touches every row."""
    import base64
    import ssl
    import urllib.parse

    query = urllib.parse.urlencode({"updated": f"[{since:%Y-%m-%d} .. now]", "pageNo": 0, "pageSize": 1})
    request = urllib.request.Request(f"{sim.url}/cloudview-api/rest/v1/resource/EC2_INSTANCE/AWS?{query}")
    secret = f"{sim.ready['username']}:{sim.ready['password']}".encode()
    request.add_header("Authorization", "Basic " + base64.b64encode(secret).decode())
    context = ssl.create_default_context(cafile=sim.ready["ca"])
    with urllib.request.urlopen(request, context=context, timeout=60) as answer:
        return json.load(answer)["totalElements"]


def runs_of(estate, environment):
    """The rows of `sync_runs`, as the command gives them."""
    asked = [command, "query", "SELECT * FROM sync_runs ORDER BY run", "--estate", estate, "--format", "ndjson"]
    said = subprocess.run(asked, env=environment, stdout=subprocess.PIPE, check=True).stdout
    return [json.loads(line) for line in said.splitlines()]


def sync():
    rows, accounts, page = int(os.environ.get("TOTALCLOUD_BENCH_ROWS", 1_000_000)), 200, 100
    flags = ["--tls", "--size", "tiny", "--rows", f"aws/EC2_INSTANCE={rows}", "--accounts", f"aws={accounts}"]
    with Simulator(command, *flags) as sim:
        environment = environment_of(sim)
        estate = os.path.join(environment["HOME"], "estate")
        arguments = [command, "sync", "--estate", estate, "--only", "inventory", "--quiet"]
        seen = 0
        for number, what in enumerate(["first sync", "second sync, a day and 0.1 % later"]):
            if number:
                advance(sim, 24, 0.001)
            before = cpu_of(sim.process.pid)
            wall, cpu, resident = run_alone(arguments, environment)
            theirs = cpu_of(sim.process.pid) - before
            runs = runs_of(estate, environment)
            new, seen = runs[seen:], len(runs)
            own = [r for r in new if r["kind"] == "sync"][0]
            folded = [r for r in new if r["kind"] == "optimize"]
            print(
                f"{what}: {own['rowsRead']:,} rows read, {own['appeared']:,} new, {own['changed']:,} changed, "
                f"{own['vanished']:,} gone, {own['calls']:,} calls, {own['bytes'] / 1e6:.2f} MB written; "
                f"{wall:.1f} s wall, {cpu:.1f} s CPU (the simulator's apart: {theirs:.1f} s), {resident:.0f} MB resident"
            )
            for r in folded:
                print(f"  compaction after it: {r['bytes'] / 1e6:.2f} MB written")
            if number == 0:
                first = own
                # On two cores the simulator takes its share; without it the wall would be shorter by that much.
                print(
                    f"  {own['rowsRead'] / wall:,.0f} rows/s end to end, {cpu / own['rowsRead'] * 1e6:.1f} us CPU a row "
                    f"and {theirs / own['rowsRead'] * 1e6:.1f} us of the simulator"
                )
                whole = own["complete"] and own["rowsRead"] >= rows
                goal("the first sync is complete", whole)
                goal("at least 50,000 rows/s", own["rowsRead"] / wall >= 50_000)
                goal("under 250 MB resident", resident < 250)
            else:
                since = datetime.datetime.fromisoformat(first["started"].replace("Z", "+00:00"))
                came = touched(sim, since)
                types = len([t for t in own["tables"] if t["table"].startswith(("aws_", "azure_", "gcp_", "oci_"))])
                most = accounts + types + 30 + -(-came // page)
                print(f"  the service touched {came:,} rows since, which a range of `updated` gives")
                share = own["bytes"] / first["bytes"]
                print(f"  {own['calls']:,} calls of at most {most:,}; {share:.2%} of the bytes of the first sync")
                goal("the second sync finds what changed", own["complete"] and own["changed"] > 0)
                goal(f"at most {most:,} calls", own["calls"] <= most)
                goal("at most 2 % of the first sync's bytes", share <= 0.02)
        shutil.rmtree(environment["HOME"])


class Engine:
    """The engine of the command in one process, asked line by line."""

    def __init__(self, folder):
        arguments = [inside, "serve", folder]
        self.process = subprocess.Popen(arguments, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        self.files = json.loads(self.process.stdout.readline())["files"]

    def ask(self, question):
        self.process.stdin.write(question.replace("\n", " ") + "\n")
        self.process.stdin.flush()
        answer = json.loads(self.process.stdout.readline())
        if "error" in answer:
            sys.exit(f"{question}: {answer['error']}")
        return answer["seconds"], answer["rows"]

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.process.stdin.close()
        self.process.wait(timeout=60)


def generated(rows):
    """An estate of so many evaluations, folded, in a folder of its own."""
    folder = tempfile.mkdtemp(prefix="totalcloud-bench-")
    estate = os.path.join(folder, "estate")
    done = subprocess.run([inside, "generate", estate, str(rows)], stdout=subprocess.PIPE, text=True, check=True)
    for line in done.stdout.splitlines():
        fact = json.loads(line)
        rate = fact["rows"] / fact["seconds"]
        print(f"{fact['rows']:,} rows into the estate: {fact['bytes'] / 1e6:.0f} MB, {rate:,.0f} rows/s on one core")
    wall, cpu = run([command, "estate", "optimize", "--estate", estate], {"PATH": os.environ["PATH"], "HOME": folder})
    print(f"compaction: {wall:.1f} s wall, {cpu:.1f} s CPU")
    return folder, estate


def same(name, ours, theirs):
    as_text = sorted([str(value) for value in row] for row in theirs)
    if sorted(ours) != as_text:
        sys.exit(f"{name}: the answers differ: {sorted(ours)[:3]} and {as_text[:3]}")


def query():
    import duckdb

    rows = int(os.environ.get("TOTALCLOUD_BENCH_ROWS", 10_000_000))
    folder, estate = generated(rows)
    yesterday = datetime.datetime.now(datetime.timezone.utc) - datetime.timedelta(days=1)
    since = {"ours": f"TIMESTAMP '{yesterday:%Y-%m-%dT%H:%M:%SZ}'", "theirs": f"TIMESTAMPTZ '{yesterday:%Y-%m-%d %H:%M:%S+00}'"}
    questions = {
        "filter and count": "SELECT count(*) FROM resource_evaluations WHERE result = 'FAIL' AND region = 'eu-west-1'",
        "group by two keys": "SELECT account, result, count(*) FROM resource_evaluations GROUP BY account, result",
        "newly failed since yesterday": "SELECT controlId, count(*) FROM resource_evaluations "
        "WHERE result = 'FAIL' AND failedSince >= {since} GROUP BY controlId",
        "distinct resources failing": "SELECT count(DISTINCT resourceId) FROM resource_evaluations WHERE result = 'FAIL'",
        "the raw column, apart": "SELECT sum(length(raw)) FROM resource_evaluations",
    }
    with Engine(estate) as engine:
        if engine.files["recent"]:
            sys.exit("the estate is not folded, so that its files are not its current state")
        base = ", ".join(f"'{path}'" for path in engine.files["base"])
        theirs = duckdb.connect()
        theirs.execute(f"CREATE VIEW resource_evaluations AS SELECT * FROM read_parquet([{base}])")
        raw = theirs.execute(
            f"SELECT sum(total_compressed_size) FROM parquet_metadata([{base}]) WHERE path_in_schema = 'raw'"
        ).fetchone()[0]
        total = sum(os.path.getsize(path) for path in engine.files["base"])
        print(f"{len(engine.files['base'])} files, {total / 1e6:.0f} MB, of which the raw column {raw / 1e6:.0f} MB")
        print(f"DuckDB {duckdb.__version__}, {CORES} cores, median of {ROUNDS} rounds in turns")
        print(f"{'':32}{'totalcloud ms':>15}{'DuckDB ms':>12}{'ratio':>8}")
        for name, text in questions.items():
            times = {"ours": [], "theirs": []}
            for turn in range(ROUNDS + 1):
                seconds, ours = engine.ask(text.format(since=since["ours"]))
                started = time.perf_counter()
                answer = theirs.execute(text.format(since=since["theirs"])).fetchall()
                other = time.perf_counter() - started
                if turn:
                    times["ours"].append(seconds)
                    times["theirs"].append(other)
                else:
                    same(name, ours, answer)
            ours, other = (statistics.median(times[who]) for who in ("ours", "theirs"))
            print(f"{name:32}{ours * 1000:15.1f}{other * 1000:12.1f}{ours / other:8.2f}")
            if "raw" not in name:
                goal(f"{name}: at most 1.2 times DuckDB's", ours <= 1.2 * other)
        first_row(folder, estate, base)
    shutil.rmtree(folder)


def first_row(folder, estate, base):
    """From the start of a process to its first row."""
    text = "SELECT resourceId, result FROM {} LIMIT 1"
    environment = {"PATH": os.environ["PATH"], "HOME": folder}
    ours = [command, "query", text.format("resource_evaluations"), "--estate", estate, "--format", "ndjson"]
    source = f"import duckdb; print(duckdb.execute({text.format(f'read_parquet([{base}])')!r}).fetchone())"
    walls = {"totalcloud": [], "DuckDB": []}
    for _ in range(ROUNDS):
        walls["totalcloud"].append(run(ours, environment)[0])
        walls["DuckDB"].append(run([sys.executable, "-c", source], environment)[0])
    median = {who: statistics.median(times) for who, times in walls.items()}
    print(f"start to first row: totalcloud {median['totalcloud'] * 1000:.0f} ms, DuckDB's package {median['DuckDB'] * 1000:.0f} ms")
    goal("start to first row no longer than DuckDB's", median["totalcloud"] <= median["DuckDB"])


def write():
    import duckdb

    rows = int(os.environ.get("TOTALCLOUD_BENCH_ROWS", 1_000_000))
    folder, estate = generated(rows)
    with Engine(estate) as engine:
        base = ", ".join(f"'{path}'" for path in engine.files["base"])
    print(f"{rows:,} evaluations from memory into zstd Parquet, DuckDB {duckdb.__version__}, median of {ROUNDS} rounds in turns")
    print(f"{'':32}{'rows/s':>14}{'MB/s':>10}{'file MB':>10}")
    for cores in sorted({1, CORES}):
        theirs = duckdb.connect(config={"threads": cores})
        theirs.execute(f"CREATE TABLE evaluations AS SELECT * FROM read_parquet([{base}]) LIMIT {rows}")
        out = os.path.join(folder, "duckdb.parquet")
        figures = {"totalcloud": [], "DuckDB": []}
        for _ in range(ROUNDS):
            arguments = [inside, "write", estate, str(rows), str(cores)]
            done = json.loads(subprocess.run(arguments, stdout=subprocess.PIPE, check=True).stdout)
            figures["totalcloud"].append((done["seconds"], done["bytes"]))
            started = time.perf_counter()
            theirs.execute(f"COPY evaluations TO '{out}' (FORMAT parquet, COMPRESSION zstd)")
            figures["DuckDB"].append((time.perf_counter() - started, os.path.getsize(out)))
            os.remove(out)
        speed = {}
        for who, each in figures.items():
            seconds = statistics.median(s for s, _ in each)
            speed[who] = done["rows"] / seconds
            label = f"{who}, {cores} at once"
            print(f"{label:32}{speed[who]:14,.0f}{done['memory'] / seconds / 1e6:10.0f}{each[0][1] / 1e6:10.1f}")
        goal(f"{cores} at once: at least DuckDB's speed", speed["totalcloud"] >= speed["DuckDB"])
    shutil.rmtree(folder)


{"sync": sync, "query": query, "write": write}[part]()
sys.exit("this misses the goal: " + "; ".join(missed) if missed else 0)

"""The figures of the Python package against `qualysdk`: rows as objects, as Arrow, and memory.

Usage: bench_python.py RELEASE-FOLDER

Both packages stand in the environment this runs in. Each figure is taken in a process of its own, in turns within one
run, because only ratios within a run mean something on a shared machine; of each, the median counts. Importing and
signing in are not measured: objects are used the way scripts use them, some attributes of each.
"""

import json
import os
import resource
import statistics
import subprocess
import sys
import time

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "peers"))
from common import Simulator  # noqa: E402
from measuring import cpu_of, environment_of  # noqa: E402

ROUNDS = int(os.environ.get("TOTALCLOUD_BENCH_ROUNDS", 3))
ROWS = int(os.environ.get("TOTALCLOUD_BENCH_ROWS", 10_000))
MANY = int(os.environ.get("TOTALCLOUD_BENCH_MANY", 100_000))
ACCOUNTS = 100
USED = """instanceId instanceType region cloudAccountId created tags privateIpAddress controlsFailed
vulnerabilityStats_severity_5 launchTime""".split()


def signed_in(package):
    url = os.environ["TOTALCLOUD_URL"]
    hosts = {"api_url": url, "gateway_url": url, "qualysguard_url": url}
    return package.BasicAuth(
        os.environ["TOTALCLOUD_USERNAME"], os.environ["TOTALCLOUD_PASSWORD"], override_platform=hosts
    )


def used(rows):
    """Reads some attributes of every object, and gives what must be equal on both sides."""
    worst = 0
    for row in rows:
        for name in USED:
            getattr(row, name)
        worst += row.vulnerabilityStats_severity_5
    return worst


def inside(what, folder):
    """One figure; its result goes to a file, because the older package prints."""
    if what.startswith("theirs"):
        import qualysdk as package
    else:
        import totalcloud.qualysdk as package
    auth = signed_in(package)
    resident = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    wall, cpu = time.perf_counter(), time.process_time()
    if what.endswith("objects"):
        rows = package.totalcloud.get_inventory(auth, "aws", "EC2_INSTANCE")
        said = used(rows)
        count = len(rows)
    elif what == "theirs many":
        # It stops at 10,000 rows, so that its guide tells to go by account.
        rows = package.BaseList()
        for connector in package.totalcloud.get_connectors(auth, "aws"):
            account = str(connector.awsAccountId).zfill(12)
            rows.extend(package.totalcloud.get_inventory(auth, "aws", "EC2_INSTANCE", filter=f"account.id:{account}"))
        count, said = len(rows), used(rows)
    elif what == "ours many":
        rows = package.totalcloud.get_inventory(auth, "aws", "EC2_INSTANCE")
        count, said = len(rows), used(rows)
    else:
        count = said = 0
        for batch in auth.client._pages("resources.list", {"type": "EC2_INSTANCE", "provider": "aws"}).arrow():
            count += len(batch)
    figures = {
        "wall": time.perf_counter() - wall,
        "cpu": time.process_time() - cpu,
        "before": resident,
        "resident": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024,
        "rows": count,
        "said": said,
    }
    with open(folder, "w", encoding="utf-8") as file:
        json.dump(figures, file)


def measured(what, environment):
    path = os.path.join(environment["HOME"], "figures.json")
    subprocess.run(
        [sys.executable, __file__, sys.argv[1], what, path], env=environment, stdout=subprocess.DEVNULL, check=True
    )
    with open(path, encoding="utf-8") as file:
        return json.load(file)


missed = []


def goal(text, ok):
    print(f"{'goal' if ok else 'MISSED'}: {text}", flush=True)
    if not ok:
        missed.append(text)


def started(command, rows):
    flags = ["--tls", "--size", "tiny", "--fields", "classic", "--accounts", f"aws={ACCOUNTS}"]
    return Simulator(command, *flags, "--rows", f"aws/EC2_INSTANCE={rows}")


def environment_for(sim):
    # Where the packages are, if they are not installed.
    paths = {name: os.environ[name] for name in ("PYTHONPATH",) if name in os.environ}
    return {**environment_of(sim), **paths, "TOTALCLOUD_STATE_DIR": "none"}


def speed(command):
    with started(command, ROWS) as sim:
        environment = environment_for(sim)
        kinds = ["theirs objects", "ours objects", "ours arrow"]
        figures = {kind: [] for kind in kinds}
        service = {kind: [] for kind in kinds}
        for _ in range(ROUNDS):
            for kind in kinds:
                before = cpu_of(sim.process.pid)
                figures[kind].append(measured(kind, environment))
                service[kind].append(cpu_of(sim.process.pid) - before)
        print(
            f"{ROWS:,} EC2 rows, {os.cpu_count()} cores, median of {ROUNDS} rounds in turns; the simulator's CPU apart"
        )
        middle = {}
        for kind in kinds:
            wall, cpu = (statistics.median(f[name] for f in figures[kind]) for name in ("wall", "cpu"))
            apart = statistics.median(service[kind])
            middle[kind] = wall, cpu
            each = figures[kind][0]
            print(
                f"{kind:16}{wall:8.3f} s wall{cpu:8.3f} s CPU{each['rows']:10,} rows   (simulator: {apart:.2f} s CPU)"
            )
        counts = {f["rows"] for kind in kinds for f in figures[kind]}
        goal(f"all of them have {ROWS:,} rows", counts == {ROWS})
        said = {f["said"] for kind in kinds[:2] for f in figures[kind]}
        goal("both read the same from the objects", len(said) == 1)
        for kind, least in (("ours objects", 10), ("ours arrow", 15)):
            for index, what in enumerate(("wall", "CPU")):
                ratio = middle["theirs objects"][index] / middle[kind][index]
                goal(f"{kind}: {ratio:.1f} times less {what}, at least {least}", ratio >= least)


def memory(command):
    with started(command, MANY) as sim:
        environment = environment_for(sim)
        ours, theirs = measured("ours many", environment), measured("theirs many", environment)
        print(f"{MANY:,} EC2 rows kept as objects, attributes read; the older package goes account by account")
        for who, figure in (("theirs", theirs), ("ours", ours)):
            print(
                f"{who:16}{figure['resident']:8.0f} MB at most, {figure['before']:.0f} MB before; "
                f"{figure['wall']:.1f} s wall, {figure['cpu']:.1f} s CPU, {figure['rows']:,} rows"
            )
        goal("ours has all rows", ours["rows"] == MANY)
        # One account has more than the older package reads of a query, so that the comparison is in its favour.
        print(f"  the older package has {theirs['rows']:,} of them, which the next figure does not make up for")
        ratio = theirs["resident"] / ours["resident"]
        goal(f"{ratio:.1f} times less memory, at least 5", ratio >= 5)
        grown = (theirs["resident"] - theirs["before"]) / (ours["resident"] - ours["before"])
        print(f"  {grown:.1f} times less for the rows alone")


if len(sys.argv) == 4:
    inside(*sys.argv[2:])
else:
    command = os.path.join(sys.argv[1], "totalcloud")
    speed(command)
    memory(command)
    sys.exit("this misses the goal: " + "; ".join(missed) if missed else 0)

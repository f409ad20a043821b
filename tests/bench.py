"""The figures of the command: against the reference client, in memory, at start-up.

Usage: bench.py compare|memory|million|startup RELEASE-FOLDER

`compare` runs everything in one go against one simulator, because only ratios within a run mean something on a
shared machine. Times are the median of the rounds; CPU is user and system time of the process.
"""

import json
import os
import statistics
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "peers"))
from common import Simulator  # noqa: E402
from measuring import cpu_of, environment_of, run, run_alone  # noqa: E402

part, release = sys.argv[1:3]
command = os.path.join(release, "totalcloud")

def compare():
    # Below the 10,000 rows that one query reaches, where both clients ask the same pages.
    rows, rounds = 9_950, 3
    # The reference client refuses fields it does not know, so the classic ones are sent to both.
    flags = ["--tls", "--size", "tiny", "--rows", f"aws/EC2_INSTANCE={rows}", "--fields", "classic"]
    with Simulator(command, *flags) as sim:
        environment = environment_of(sim)
        listing = [command, "resources", "list", "--provider", "aws", "--type", "ec2"]
        listing += ["--page-size", "50", "--concurrency", "5", "--quiet"]
        out = os.path.join(environment["HOME"], "rows.ndjson")
        script = (
            "import sys, threading\n"
            "died = []\n"
            "threading.excepthook = lambda a: died.append(a.exc_value)\n"
            "import qualysdk\n"
            "from qualysdk import totalcloud\n"
            f"u = {sim.url!r}\n"
            f"auth = qualysdk.BasicAuth({sim.ready['username']!r}, {sim.ready['password']!r}, "
            "override_platform={'api_url': u, 'gateway_url': u, 'qualysguard_url': u})\n"
            "rows = totalcloud.get_inventory(auth, 'aws', 'EC2_INSTANCE', thread_count=5)\n"
            f"sys.exit(0 if len(rows) == {rows} and not died else 1)\n"
        )
        floor = [os.path.join(release, "examples", "fetch_and_discard")]
        parts = {
            "qualysdk, 5 threads": [sys.executable, "-c", script],
            "totalcloud, every row checked": listing + ["--format", "ndjson", "--output", out],
            "totalcloud, fully typed": listing + ["--format", "ndjson", "--strict", "--output", out],
            "floor: fetch and discard": floor + [str(rows // 50), "50", "5"],
        }
        figures = {name: [] for name in parts}
        for _ in range(rounds):
            for name, arguments in parts.items():
                before = cpu_of(sim.process.pid)
                wall, cpu = run(arguments, environment)
                figures[name].append((wall, cpu, cpu_of(sim.process.pid) - before))
                if out in arguments:
                    with open(out) as f:
                        ids = {json.loads(line)["uuid"] for line in f}
                    if len(ids) != rows:
                        sys.exit(f"{name}: {len(ids)} different rows of {rows}")
                    os.remove(out)
        median = {
            name: tuple(statistics.median(column) for column in zip(*runs)) for name, runs in figures.items()
        }
    base = median["qualysdk, 5 threads"]
    print(f"{rows} EC2 rows, pages of 50, 5 at a time, TLS loopback, median of {rounds} rounds")
    print(f"{'':32}{'wall s':>9}{'times':>8}{'CPU s':>9}{'times':>8}{'sim CPU us/row':>16}{'client us/row':>15}")
    for name, (wall, cpu, sim_cpu) in median.items():
        print(
            f"{name:32}{wall:9.3f}{base[0] / wall:8.1f}{cpu:9.3f}{base[1] / cpu:8.1f}"
            f"{sim_cpu / rows * 1e6:16.1f}{cpu / rows * 1e6:15.1f}"
        )


TYPES = """RDS NETWORK_ACL BUCKET IAM_USER VPC VPC_SECURITY_GROUP LAMBDA SUBNET INTERNET_GATEWAY LOAD_BALANCER
EC2_INSTANCE ROUTE_TABLE EBS AUTO_SCALING_GROUP EKS_CLUSTER EKS_NODEGROUP EKS_FARGATE_PROFILE VPC_ENDPOINT
VPC_ENDPOINT_SERVICE IAM_GROUP""".split()


def memory():
    # Twenty types of as many rows as one query reaches, but for a page.
    rows = [flag for kind in TYPES for flag in ("--rows", f"aws/{kind}=9900")]
    print(f"{'pull of 198,000 rows':24}{'peak resident MB':>18}{'wall s':>9}{'CPU s':>8}")
    for form in ("parquet", "ndjson"):
        with Simulator(command, "--tls", "--size", "tiny", *rows) as sim:
            environment = environment_of(sim)
            folder = os.path.join(environment["HOME"], "pull")
            arguments = [command, "pull", "--out", folder, "--format", form, "--quiet", "--only", "inventory"]
            wall, cpu, resident = run_alone(arguments + ["--provider", "aws"], environment)
            print(f"{form:24}{resident:18.0f}{wall:9.1f}{cpu:8.1f}")


def million():
    rows, accounts, page = 1_000_000, 200, 100
    flags = ["--tls", "--size", "tiny", "--rows", f"aws/EC2_INSTANCE={rows}"]
    flags += ["--accounts", f"aws={accounts}", "--orphans", "aws=1"]
    with Simulator(command, *flags) as sim:
        environment = environment_of(sim)
        home = environment["HOME"]
        listing = [command, "resources", "list", "--provider", "aws", "--type", "ec2", "--quiet"]
        plan = os.path.join(home, "plan.ndjson")
        run(listing + ["--plan", "--format", "ndjson", "--output", plan], environment)
        with open(plan) as f:
            parts = [json.loads(line) for line in f]
        planned = sum(part["calls"] for part in parts)
        print(f"{rows:,} EC2 rows over {accounts} accounts, one of them without a connector, pages of {page}")
        print(f"plan: {len(parts)} parts, {sum(p['rows'] for p in parts):,} rows, {planned:,} calls for their pages")
        ids = os.path.join(home, "ids.csv")
        wall, cpu = run(listing + ["--format", "csv", "--columns", "uuid", "--output", ids], environment)
        with open(ids) as f:
            next(f)
            distinct = len(set(f))
        print(f"list: {distinct:,} of {rows:,} rows, each once; {wall:.1f} s wall, {cpu:.1f} s CPU")
        folder = os.path.join(home, "pull")
        arguments = [command, "pull", "--out", folder, "--quiet", "--only", "aws/ec2"]
        wall, cpu, resident = run_alone(arguments, environment)
        if distinct != rows:
            sys.exit(f"{distinct} rows were listed")
        with open(os.path.join(folder, ".totalcloud", "summary.json")) as f:
            summary = json.load(f)
        calls, most = summary["calls"], sum(-(-p["rows"] // page) + 2 for p in parts)
        print(
            f"pull to Parquet: {summary['rows']:,} rows, {calls:,} calls (at most {most:,} by ceil(rows / page) + 2 a part), "
            f"{wall:.1f} s wall, {cpu:.1f} s CPU, {resident:.0f} MB resident at most"
        )
        if not summary["complete"] or summary["rows"] != rows or calls > most or resident > 150:
            sys.exit("this misses the goal")


def startup():
    walls = sorted(run([command, "--version"])[0] for _ in range(41))
    print(f"totalcloud --version: median {walls[20] * 1000:.1f} ms, best {walls[0] * 1000:.1f} ms of 41")


{"compare": compare, "memory": memory, "million": million, "startup": startup}[part]()

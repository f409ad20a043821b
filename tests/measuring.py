"""What the benchmarks share: how long a program takes, how much of the processor, how much memory."""

import os
import resource
import subprocess
import sys
import tempfile
import time

TICKS = os.sysconf("SC_CLK_TCK")


def cpu_of(pid):
    """Seconds of processor that a running process has used."""
    with open(f"/proc/{pid}/stat") as f:
        fields = f.read().rsplit(")", 1)[1].split()
    return (int(fields[11]) + int(fields[12])) / TICKS


def run(arguments, environment=None, stdout=subprocess.DEVNULL):
    """Wall seconds and CPU seconds of one program."""
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    started = time.perf_counter()
    process = subprocess.Popen(arguments, env=environment, stdout=stdout, stderr=subprocess.PIPE)
    _, errors = process.communicate()
    wall = time.perf_counter() - started
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    if process.returncode != 0:
        sys.exit(f"{arguments} ended with {process.returncode}: {errors.decode()[-2000:]}")
    cpu = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    return wall, cpu


def run_alone(arguments, environment=None):
    """Wall seconds, CPU seconds and the largest resident size in MB of one program."""
    started = time.perf_counter()
    process = subprocess.Popen(arguments, env=environment, stdout=subprocess.DEVNULL)
    _, status, usage = os.wait4(process.pid, 0)
    wall = time.perf_counter() - started
    code = os.waitstatus_to_exitcode(status)
    if code != 0:
        sys.exit(f"{arguments} ended with {code}")
    return wall, usage.ru_utime + usage.ru_stime, usage.ru_maxrss / 1024


def environment_of(sim):
    """What the command needs to speak to a simulator, with a home of its own."""
    return {
        "PATH": os.environ["PATH"],
        "HOME": tempfile.mkdtemp(prefix="totalcloud-bench-"),
        "TOTALCLOUD_URL": sim.url,
        "TOTALCLOUD_AUTH": "basic",
        "TOTALCLOUD_USERNAME": sim.ready["username"],
        "TOTALCLOUD_PASSWORD": sim.ready["password"],
        "TOTALCLOUD_CA_BUNDLE": sim.ready["ca"] or "",
        "REQUESTS_CA_BUNDLE": sim.ready["ca"] or "",
        "NO_PROXY": "127.0.0.1",
    }

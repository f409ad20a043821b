"""What the peer checks share: starting the simulator, and one line a check on stdout."""

import json
import os
import subprocess
import sys
import urllib.request


class Checks:
    """Prints `ok NAME` or `FAILED NAME` and knows how to end. Lines stay whole where threads check."""

    def __init__(self):
        self.failed = 0

    def check(self, name, ok, detail=""):
        if ok:
            print(f"ok {name}\n", end="", flush=True)
        else:
            self.failed += 1
            print(f"FAILED {name} {detail}".rstrip() + "\n", end="", flush=True)

    def equal(self, name, got, wanted):
        self.check(name, got == wanted, f"(got {got!r}, wanted {wanted!r})")

    def end(self):
        sys.exit(1 if self.failed else 0)


def inside(limit_seconds, **environment):
    """Runs the rest of a script in a process of its own and ends with it; returns in that process only. For packages
    that may never end, and that print to stdout: only lines that are checks are passed on."""
    if sys.argv[2:] == ["inside"]:
        return
    arguments = [sys.executable, *sys.argv[:2], "inside"]
    worker = subprocess.Popen(arguments, stdout=subprocess.PIPE, text=True, env={**os.environ, **environment})
    try:
        out, _ = worker.communicate(timeout=limit_seconds)
        timed_out = False
    except subprocess.TimeoutExpired:
        worker.kill()
        out, _ = worker.communicate()
        timed_out = True
    for line in out.splitlines():
        if line.startswith(("ok ", "FAILED ")):
            print(line)
    if timed_out:
        print(f"FAILED the calls end within {limit_seconds} seconds")
    sys.exit(1 if timed_out or worker.returncode else 0)


class Simulator:
    """`totalcloud sim` on a free port; stopped by its process id."""

    def __init__(self, command, *flags):
        self.process = subprocess.Popen([command, "sim", *flags], stdout=subprocess.PIPE, text=True)
        self.ready = json.loads(self.process.stdout.readline())
        self.url = self.ready["url"]

    def get(self, path):
        import ssl

        context = ssl.create_default_context(cafile=self.ready["ca"]) if self.ready["ca"] else None
        with urllib.request.urlopen(self.url + path, context=context, timeout=30) as answer:
            return json.load(answer)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.process.terminate()
        self.process.wait(timeout=20)

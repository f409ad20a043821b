"""What the peer checks share: starting the simulator, and one line a check on stdout."""

import json
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

"""What `qualysdk` makes of the answers in `crates/python/tests/qualysdk/answers.py` is what that table says.

Usage: check_answers.py

The package stands in the environment this runs in. Every call runs in a process of its own, which is ended when its
time is over: many of them never end by themselves. What comes of the same answers here is asserted by the tests of the
Python package, from the same table.
"""

import os
import signal
import sys
import threading
import time

TESTS = os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "..", "crates", "python", "tests", "qualysdk")
sys.path.insert(0, TESTS)

import qualysdk  # noqa: E402
from answers import TABLE  # noqa: E402
from common import Checks  # noqa: E402
from outcomes import fits, said  # noqa: E402
from qualysdk import totalcloud  # noqa: E402
from scripted import Scripted  # noqa: E402

LIMIT_SECONDS = 5
# One that has to read thousands of rows by its own means.
LONG_SECONDS = 60


def sign_in(service):
    """A sign-in without the check on construction, which wants TLS."""
    auth = object.__new__(qualysdk.BasicAuth)
    auth.username, auth.password, auth.auth_type, auth.token = "user", "password", "basic", None
    auth.platform, auth.override_platform = "CUSTOM", dict(service.hosts)
    return auth


def alone(row):
    """The outcome of the row's call in a process of its own."""
    with Scripted(row.script) as service:
        reader, writer = os.pipe()
        child = os.fork()
        if child == 0:
            os.close(reader)
            quiet = os.open(os.devnull, os.O_WRONLY)
            os.dup2(quiet, 1)
            os.dup2(quiet, 2)
            died = []
            threading.excepthook = lambda args: died.append(args.exc_value)
            outcome = said(totalcloud, sign_in(service), row, service, died)
            os.write(writer, outcome.encode())
            os._exit(0)
        os.close(writer)
        seconds = LONG_SECONDS if "thread_count" in row.given else LIMIT_SECONDS
        timer = threading.Timer(seconds, os.kill, (child, signal.SIGKILL))
        timer.start()
        with os.fdopen(reader) as pipe:
            outcome = pipe.read()
        os.waitpid(child, 0)
        timer.cancel()
        if row.call == "filter_sent" and outcome.startswith("raises IndexError"):
            # What was asked is known on this side only.
            return service.asked[-1].query["filter"]
        return outcome or "never ends"


checks = Checks()
started = time.monotonic()
for row in TABLE:
    outcome = alone(row)
    checks.check(f"{row.name}: {row.theirs}", fits(outcome, row.theirs), f"(got {outcome})")
checks.equal("at least forty answers", len(TABLE) >= 40, True)
print(f"{len(TABLE)} answers in {time.monotonic() - started:.0f} s")
checks.end()

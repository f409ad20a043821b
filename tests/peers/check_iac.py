"""The vendor's scanner of infrastructure as code runs unmodified against the simulator: with Basic and with a token of
the OpenID Connect endpoint, a folder and archives, table, JSON and SARIF.

Usage: check_iac.py COMMAND

On its command line it takes the addresses of the vendor's platforms only. It reads any address from its configuration
file, which it writes itself here, with the password encrypted, before the address in it is changed.
"""

import io
import json
import os
import pathlib
import subprocess
import sys
import tarfile
import tempfile

from common import Checks, Simulator

PLATFORM = "https://qualysguard.qualys.com"
JSON_MARK = "JSON output is as follows:"
SARIF_MARK = "SARIF output is as follows:"
TEMPLATES = {
    "storage/main.tf": 'resource "aws_s3_bucket" "logs" {\n  acl = "public-read"\n}\n',
    "stack.yaml": "Resources:\n  Disk:\n    Type: AWS::EC2::Volume\n    Properties:\n      Encrypted: true\n",
    "broken.json": "{",
    "README.md": "not a template",
    ".terraform/module.tf": "hidden",
}
WANTED = [("52001", "storage/main.tf"), ("52007", "storage/main.tf")]

checks = Checks()


def fill(folder):
    for name, text in TEMPLATES.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)


class Scanner:
    """`qiac` with a home of its own."""

    def __init__(self, simulator, user, password, kind):
        self.home = tempfile.TemporaryDirectory()
        self.folder = pathlib.Path(self.home.name)
        fill(self.folder / "templates")
        self.environment = {
            "PATH": os.environ["PATH"],
            "HOME": self.home.name,
            "REQUESTS_CA_BUNDLE": simulator.ready["ca"],
            "NO_PROXY": "127.0.0.1",
        }
        said = self.run("config", "-a", PLATFORM, "-u", user, "-p", password, "-at", kind)
        checks.check(f"{kind}: config", "Configuration file is created" in said, said)
        file = self.folder / ".qiac.yaml"
        file.write_text(file.read_text().replace(PLATFORM, simulator.url))

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.home.cleanup()

    def run(self, *arguments):
        program = pathlib.Path(sys.executable).with_name("qiac")
        done = subprocess.run(
            [program, *arguments], env=self.environment, cwd=self.folder, capture_output=True, text=True, timeout=120
        )
        # It ends with 0 whatever happened; what it says tells.
        return done.stdout + done.stderr

    def launch(self, name, path, *arguments):
        """Launches a scan without waiting; its id comes back."""
        said = self.run("scan", "--async", "-n", name, "-d", str(path), *arguments)
        launched = [line for line in said.splitlines() if "Scan launched successfully. Scan ID: " in line]
        checks.equal(f"{name}: launched", len(launched), 1)
        if not launched:
            print(said, file=sys.stderr)
            return None
        return launched[0].rsplit(" ", 1)[1]

    def result(self, scan_id, form, mark):
        said = self.run("getresult", "-i", scan_id, "-m", form)
        checks.check(f"{form} result", mark in said, said)
        return json.loads(said.split(mark, 1)[1]) if mark in said else {}


def failed(result):
    groups = result.get("result", [])
    return sorted((c["checkId"], c["filePath"]) for g in groups for c in g["results"]["failedChecks"])


with Simulator(sys.argv[1], "--tls", "--seed", "7", "--size", "small") as sim:
    user, password = sim.ready["username"], sim.ready["password"]
    with Scanner(sim, user, password, "basicauth") as scanner:
        # It looks after ten seconds for the first time, and the scan is finished then.
        tags = '[{"env":"prod"},{"team":"data"}]'
        waited = scanner.run("scan", "-n", "Waited", "-d", "templates", "-g", tags, "-m", "json")
        checks.check("scan: is waited for", "The scan status is: FINISHED" in waited, waited)
        checks.check("scan: has its result", JSON_MARK in waited, waited)
        document = json.loads(waited.split(JSON_MARK, 1)[1]) if JSON_MARK in waited else {}
        checks.equal("scan: failures", failed(document), WANTED)
        passed = [c["checkId"] for g in document.get("result", []) for c in g["results"]["passedChecks"]]
        checks.equal("scan: passed", passed, ["52002"])
        unread = [e for g in document.get("result", []) for e in g["results"]["parsingErrors"]]
        checks.equal("scan: parsing errors", unread, ["broken.json"])
        scan_id = document.get("scanUuid", "")

        listed = scanner.run("listscans", "-i", scan_id)
        checks.check("listscans: finds the scan", scan_id in listed and "FINISHED" in listed, listed)
        checks.check("listscans: shows its tags", "env:prod" in listed and "team:data" in listed, listed)
        everything = scanner.run("listscans", "-m", "json")
        content = json.loads(everything[everything.index("{") :])["content"]
        checks.equal("listscans: all", [scan["name"] for scan in content], ["Waited", "Nightly templates"])

        table = scanner.run("getresult", "-i", scan_id)
        for word in ("Result Summary", "52001", "FAILED", "Remediation", "Parsing Errors"):
            checks.check(f"table: has {word}", word in table, table)
        sarif = scanner.result(scan_id, "sarif", SARIF_MARK)
        rules = [result["ruleId"] for run in sarif.get("runs", []) for result in run["results"]]
        checks.equal("sarif: results", sorted(rules), ["52001", "52007"])

        # All others are launched first and read together, so that there is one wait.
        archive = scanner.folder / "ready.tar.gz"
        with tarfile.open(archive, "w:gz") as out:
            for name in ("storage/main.tf", "stack.yaml"):
                data = TEMPLATES[name].encode()
                entry = tarfile.TarInfo(name)
                entry.size = len(data)
                out.addfile(entry, io.BytesIO(data))
        ids = {
            "quiet": scanner.launch("quiet", "templates", "-q"),
            "single": scanner.launch("single", "templates/storage/main.tf"),
            "tar.gz": scanner.launch("tar.gz", archive),
        }
        last = scanner.run("scan", "-n", "last", "-d", "templates", "-f", ".*[.]yaml$", "-m", "json")
        checks.check("filter: is waited for", "The scan status is: FINISHED" in last, last)
        checks.check("filter: has its result", JSON_MARK in last, last)
        document = json.loads(last.split(JSON_MARK, 1)[1]) if JSON_MARK in last else {}
        checks.equal("filter: nothing failed", failed(document), [])
        passed = [c["filePath"] for g in document.get("result", []) for c in g["results"]["passedChecks"]]
        checks.equal("filter: what passed", passed, ["stack.yaml"])
        for name, scan_id in ids.items():
            document = scanner.result(scan_id, "json", JSON_MARK) if scan_id else {}
            wanted = [(check, "main.tf" if name == "single" else path) for check, path in WANTED]
            checks.equal(f"{name}: failures", failed(document), wanted)
            passed = [c for g in document.get("result", []) for c in g["results"]["passedChecks"]]
            checks.equal(f"{name}: passed", len(passed), 1 if name == "tar.gz" else 0)

    with Scanner(sim, sim.ready["client_id"], sim.ready["client_secret"], "oidc") as scanner:
        scan_id = scanner.launch("by token", "templates")
        listed = scanner.run("listscans", "-i", scan_id or "")
        checks.check("oidc: finds the scan", "by token" in listed and "Auth Successful" in listed, listed)

    with Scanner(sim, user, "wrong", "basicauth") as scanner:
        refused = scanner.run("scan", "--async", "-n", "refused", "-d", "templates")
        checks.check("wrong password: is refused", "Failed to launch the scan" in refused, refused)

checks.end()

"""The vendor's command line tool runs unmodified against the simulator: each of its TotalCloud commands, on the
gateway with a token, as it does at home. Rows and counts are the simulator's true ones.

Usage: check_qualys_cli.py COMMAND

Addresses and credentials come to it by its variables. The ports of the hosts are kept apart, so that a call to the
wrong one is refused as the service does.
"""

import base64
import concurrent.futures
import csv
import io
import json
import os
import pathlib
import ssl
import subprocess
import sys
import tempfile
import urllib.request
import zipfile

from common import Checks, Simulator

PERIOD = ("2000-01-01T00:00:00Z", "2100-01-01T00:00:00Z")
NOBODY = "00000000-0000-4000-8000-000000000000"
# What it ends with.
REFUSED, NOT_FOUND, SERVER_ERROR = 1, 4, 7

checks = Checks()


class Tool:
    """`qualys-cli` with a home of its own."""

    def __init__(self, simulator, home):
        self.folder = pathlib.Path(home)
        self.environment = {
            "PATH": os.environ["PATH"],
            "HOME": home,
            "QUALYS_URL": simulator.ready["urls"]["api"],
            "QUALYS_GATEWAY_URL": simulator.ready["urls"]["gateway"],
            "QUALYS_USERNAME": simulator.ready["username"],
            "QUALYS_PASSWORD": simulator.ready["password"],
            # Plain JSON on stdout, whatever stdout is.
            "QUALYS_OUTPUT_MODE": "agentic",
            # Not the keyring of who runs the checks.
            "PYTHON_KEYRING_BACKEND": "keyring.backends.null.Keyring",
            "SSL_CERT_FILE": simulator.ready["ca"],
            "NO_PROXY": "127.0.0.1",
        }

    def run(self, *arguments):
        program = pathlib.Path(sys.executable).with_name("qualys-cli")
        return subprocess.run(
            [program, *map(str, arguments)],
            env=self.environment,
            cwd=self.folder,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=60,
        )

    def tc(self, *arguments):
        """What a command prints; it has to end well."""
        done = self.run("tc", *arguments)
        if done.returncode:
            checks.check("tc " + " ".join(map(str, arguments)), False, f"(exit {done.returncode}) {done.stderr}")
            return {}
        return json.loads(done.stdout) if done.stdout.strip() else {}

    def ends(self, *arguments):
        """What a command ends with."""
        return self.run("tc", *arguments).returncode

    def walk(self, *arguments, size=50):
        """The rows of all pages, turned one by one: it turns none itself."""
        rows, page = [], 0
        while True:
            answer = self.tc(*arguments, "--page-no", page, "--page-size", size)
            rows, page = rows + answer.get("content", []), page + 1
            if answer.get("last", True):
                return rows


class Truth:
    """The simulator asked without the tool: its true counts, and what no command of the tool lists."""

    def __init__(self, simulator):
        self.simulator = simulator

    def __call__(self):
        return self.simulator.get("/_sim/totals")

    def policies(self):
        """Those of AWS, with the password: the tool has a token."""
        ready = self.simulator.ready
        pair = base64.b64encode(f"{ready['username']}:{ready['password']}".encode()).decode()
        url = f"{self.simulator.url}/cloudview-api/rest/v1/reports/policies?cloudType=AWS"
        asked = urllib.request.Request(url, headers={"Authorization": f"Basic {pair}"})
        context = ssl.create_default_context(cafile=ready["ca"])
        with urllib.request.urlopen(asked, context=context, timeout=30) as answer:
            return json.load(answer)

    def calls(self):
        return self.simulator.get("/_sim/journal")["requests"]


def ids(rows, name):
    """The values of a field, each once; a row without it is an error."""
    return {row[name] for row in rows}


def preflight(tool, _):
    doctor = tool.run("doctor")
    checks.check("doctor", doctor.returncode == 0 and json.loads(doctor.stdout)["ok"], doctor.stdout + doctor.stderr)
    tool.environment["QUALYS_PASSWORD"] = "wrong"
    refused = tool.run("tc", "iac", "list")
    checks.check("a wrong password is refused", refused.returncode and "401" in refused.stderr, refused.stderr)


def connectors(tool, truth):
    for provider in ("aws", "azure", "gcp"):
        wanted = truth()["providers"][provider]
        rows = tool.walk("connector", "list", "-p", provider.upper(), size=1)
        known = {account["connector"] for account in wanted["accounts"]}
        checks.equal(f"connector list {provider}", (ids(rows, "connectorId"), len(rows)), (known, wanted["connectors"]))
        last = rows[-1]["connectorId"]
        found = tool.tc("connector", "list", "-p", provider, "--filter", f"connector.uuid:{last}")["content"]
        checks.equal(f"connector list {provider} with a filter", [row["connectorId"] for row in found], [last])
    # It has the word; the service has no such list.
    checks.equal("connector list oci is not there", tool.ends("connector", "list", "-p", "OCI"), NOT_FOUND)


def evaluations(tool, truth):
    fields = {"PASS": "passedResources", "FAIL": "failedResources", "PASSE": "passWithExceptionResources"}
    for provider in ("aws", "azure", "gcp"):
        account = max(truth()["providers"][provider]["accounts"], key=lambda a: a["resources"])
        of = ("-p", provider.upper(), "--account-id", account["id"])
        rows = tool.walk("evaluation", "list", *of, size=15)
        evaluated = [row for row in rows if row["result"] != "NOT_EVALUATED"]
        wanted = (truth()["providers"][provider]["controls"], account["controlsEvaluated"])
        checks.equal(f"evaluation list {provider}: controls", (len(ids(rows, "controlId")), len(evaluated)), wanted)
        counted = {result: sum(row[field] or 0 for row in rows) for result, field in fields.items()}
        checks.equal(f"evaluation list {provider}: results", counted, account["evaluations"])
        failed = tool.tc("evaluation", "list", *of, "--filter", "control.result:FAIL")
        checks.equal(f"evaluation list {provider} with a filter", failed["totalElements"], account["controlsFailed"])

        one = max(rows, key=lambda row: row["failedResources"] or 0)
        control = ("evaluation", "resources", *of, "--control-id", one["controlId"])
        failing = tool.walk(*control, size=10)
        got = (len(failing), len(ids(failing, "resourceId")), ids(failing, "result"))
        wanted = one["failedResources"]
        checks.equal(f"evaluation resources {provider}", got, (wanted, wanted, {"FAIL"}))
        everything = tool.tc(*control, "--all-results")["totalElements"]
        wanted = sum(one[field] or 0 for field in fields.values())
        checks.equal(f"evaluation resources {provider}: all", everything, wanted)
    # What it was seen to do by who wrote the tool.
    nothing = tool.tc(*control, "--filter", "result:FAIL")
    checks.equal("evaluation resources: result alone matches nothing", nothing["content"], [])


def resources(tool, truth):
    totals = truth()["resources"]
    for kind in ("aws/EC2_INSTANCE", "azure/VIRTUAL_MACHINE", "gcp/VM_INSTANCE", "oci/INSTANCE"):
        provider, name = kind.split("/")
        of = ("-p", provider.upper(), "--resource-type", name)
        rows = tool.walk("resource", "list", *of, size=20)
        checks.equal(f"resource list {kind}", (len(rows), len(ids(rows, "uuid"))), (totals[kind], totals[kind]))
        one = tool.tc("resource", "get", rows[-1]["uuid"], *of)
        checks.equal(f"resource get {kind}", one.get("resourceId"), rows[-1]["resourceId"])
        if kind != "aws/EC2_INSTANCE":
            continue
        account = rows[0]["cloudAccountId"]
        mine = tool.tc("resource", "list", *of, "--account-id", account)
        same = sum(row["cloudAccountId"] == account for row in rows)
        checks.equal("resource list of an account", mine["totalElements"], same)
        found = tool.tc("resource", "list", *of, "--filter", f"name:{rows[0]['name']}")
        same = {row["uuid"] for row in rows if row["name"] == rows[0]["name"]}
        checks.equal("resource list with a filter", ids(found["content"], "uuid"), same)
        checks.equal("resource get of nobody", tool.ends("resource", "get", NOBODY, *of), NOT_FOUND)


def reports(tool, truth):
    """Orders two, whose ids come back."""
    policy = truth.policies()[0]["id"]
    account = max(truth()["providers"]["aws"]["accounts"], key=lambda a: a["resources"])
    period = ("--start-date", PERIOD[0], "--end-date", PERIOD[1])
    about = ("--cloud-type", "AWS", *period, "--policy-ids", policy, "--connector-ids", account["connector"])
    create = ("report", "create", *about, "--name")
    before = truth()["assessments"]
    text = tool.tc(*create, "Peer csv", "--report-format", "csv", "--query", "", "--resource-results", "FAIL")
    page = tool.tc(*create, "Peer page", "--report-format", "PDF", "--query", "control.criticality:HIGH")
    made = all(isinstance(id, str) and len(id) == 36 for id in (text, page))
    checks.check("report create", made, f"{text} {page}")
    # It takes both for possible, and the service does not.
    checks.equal("report create without a query", tool.ends(*create, "None", "--report-format", "csv"), SERVER_ERROR)
    checks.equal("report create of a pdf", tool.ends(*create, "None", "--report-format", "pdf", "--query", ""), REFUSED)
    checks.equal("report create: two were made", truth()["assessments"], before + 2)

    # It takes 1 for the first page, and the service 0.
    listed = tool.tc("report", "list", "--page-no", 0)
    checks.equal("report list", (listed["count"], len(ids(listed["data"], "reportId"))), (before + 2, before + 2))
    second = tool.tc("report", "list", "--page-size", 1)["data"]
    checks.equal("report list begins with the second page", ids(second, "reportId"), {listed["data"][1]["reportId"]})
    named = tool.tc("report", "list", "--page-no", 0, "--name", "Peer page")["data"]
    checks.equal("report list of a name", ids(named, "reportId"), {page})
    mine = tool.tc("report", "list", "--page-no", 0, "--created-by", tool.environment["QUALYS_USERNAME"])["data"]
    checks.equal("report list of a user", ids(mine, "reportId"), {text, page})
    failed = tool.tc("report", "list", "--page-no", 0, "--status", "Failed")
    checks.equal("report list of a status", (failed["count"], failed["data"]), (0, []))

    return text, page


def rules(tool, truth):
    before, found = truth()["rules"], []
    for cloud in ("AWS", "Azure", "GCP", "OCI"):
        for kind in ("simple_alert", "time_window_schedule_alert"):
            found += tool.tc("rule", "list", "--cloud-type", cloud, "--rule-type", kind)
    checks.equal("rule list", (len(found), len(ids(found, "id"))), (before, before))

    of = ("--cloud-type", "AWS", "--rule-type", "simple_alert")
    action = next(rule for rule in found if rule["cloudType"] == "AWS")["actions"][0]

    def create(name):
        with_action = ("--action-id", action["id"], "--action-type", action["actionType"])
        made = tool.tc("rule", "create", *of, "--name", name, "--qql", "control.result:FAIL", *with_action)
        checks.equal(f"rule create {name}", (made["statusCodeValue"], made["body"]["name"]), (201, name))
        return made["body"]["id"]

    def state():
        rows = tool.tc("rule", "list", *of, "--filter", "ruleName:Peer")
        return {row["id"]: row["ruleState"] for row in rows}

    one, two = create("Peer one"), create("Peer two")
    checks.equal("rule list with a filter", set(state()), {one, two})
    told = tool.tc("rule", "disable", f"{one},{two}", *of)
    checks.equal("rule disable", (set(told), state()), ({one, two}, {one: "DISABLED", two: "DISABLED"}))
    told = tool.tc("rule", "enable", one, *of)
    checks.equal("rule enable", (set(told), state()), ({one}, {one: "ENABLED", two: "DISABLED"}))
    checks.equal("rule delete", (tool.ends("rule", "delete", f"{one},{two}", *of, "--yes"), state()), (0, {}))
    checks.equal("rule delete: the others stay", truth()["rules"], before)


def exceptions(tool, truth):
    before = truth()["exceptions"]
    rows = tool.walk("exception", "list", size=3)
    checks.equal("exception list", (len(rows), len(ids(rows, "uuid"))), (before, before))
    filtered = tool.tc("exception", "list", "--filter", "exception.provider:GCP and exception.status:ACTIVE")
    same = sum(row["provider"] == "GCP" and row["state"] == "ACTIVE" for row in rows)
    checks.equal("exception list with a filter", filtered["totalElements"], same)
    gone = [row["uuid"] for row in rows[:2]]
    checks.equal("exception delete", tool.ends("exception", "delete", ", ".join(gone), "--yes"), 0)
    left = tool.tc("exception", "list", "--page-size", 2)
    counted = (left["totalElements"], truth()["exceptions"])
    checks.equal("exception delete: the others stay", counted, (before - 2, before - 2))
    checks.check("exception delete: both are gone", not ids(left["content"], "uuid") & set(gone))
    checks.equal("exception delete of nobody", tool.ends("exception", "delete", NOBODY, "--yes"), NOT_FOUND)


def templates(tool, _):
    scans = tool.tc("iac", "list")["content"]
    checks.equal("iac list", [scan["name"] for scan in scans], ["Nightly templates"])
    scan = scans[0]["scanUuid"]
    found = tool.tc("iac", "list", "--filter", f"scanUuid:{scan} and status:FINISHED")["content"]
    checks.equal("iac list with a filter", ids(found, "scanUuid"), {scan})
    checks.equal("iac list of another status", tool.tc("iac", "list", "--filter", "status:ERROR")["content"], [])
    result = tool.tc("iac", "get", scan)
    groups = result["result"]
    counted = [(g["summary"]["passed"], g["summary"]["failed"]) for g in groups]
    listed = [(len(g["results"]["passedChecks"]), len(g["results"]["failedChecks"])) for g in groups]
    checks.check("iac get", result["scanUuid"] == scan and groups, str(result))
    checks.equal("iac get: counts", listed, counted)
    checks.equal("iac get of nobody", tool.ends("iac", "get", NOBODY), NOT_FOUND)


def findings(tool, _):
    command = ("cdr", "findings", "--start-at", PERIOD[0], "--end-at", PERIOD[1])
    rows, total = [], 1
    while len(rows) < total:
        answer = tool.tc(*command, "--query", "", "--limit-val", 25, "--offset", len(rows))
        batch, total = answer["content"], answer["totalElements"]
        if not batch:
            break
        rows += batch
    checks.equal("cdr findings", (len(rows), len(ids(rows, "uuid"))), (total, total))
    checks.check("cdr findings: there are some", total > 25, str(total))
    account = rows[0]["cloudAccount"]
    for name, asked, same in (
        ("a query", ("--query", "tc.findings.cloudProvider:AWS"), lambda row: row["cloudType"] == "AWS"),
        (
            "a number",
            ("--query", "tc.findings.severity>=4 and tc.findings.cloudProvider:GCP"),
            lambda row: row["severity"] >= 4 and row["cloudType"] == "GCP",
        ),
        ("a provider", ("--query", "", "--cloud-provider", "AZURE"), lambda row: row["cloudType"] == "AZURE"),
        ("an account", ("--query", "", "--cloud-account", account), lambda row: row["cloudAccount"] == account),
    ):
        found = tool.tc(*command, *asked, "--limit-val", 1)
        checks.equal(f"cdr findings of {name}", found["totalElements"], sum(map(same, rows)))
    late = sorted(row["timestamp"] for row in rows)[-5]
    found = tool.tc("cdr", "findings", "--query", "", "--start-at", late, "--end-at", PERIOD[1])
    checks.equal("cdr findings of a period", found["totalElements"], 5)


def downloads(tool, truth, text, page):
    # They were ordered before all else, and are finished within ten seconds.
    def done():
        return tool.tc("report", "list", "--page-no", 0, "--status", "Completed").get("count")

    checks.check("report list: all are finished", any(done() == truth()["assessments"] for _ in range(100)))
    checks.equal("report download", tool.ends("report", "download", text, "-o", "text.zip"), 0)
    with zipfile.ZipFile(tool.folder / "text.zip") as archive:
        names = archive.namelist()
        rows = list(csv.DictReader(io.StringIO(archive.read(names[0]).decode())))
    checks.equal("report download: one file", names, ["Peer csv.csv"])
    checks.equal("report download: rows, all failed", ids(rows, "Result"), {"FAIL"})
    checks.equal("report download without a name", tool.ends("report", "download", page), 0)
    with zipfile.ZipFile(tool.folder / "tc-report.zip") as archive:
        checks.check("report download of a page", archive.read("Peer page.pdf").startswith(b"%PDF"))
    checks.equal("report download of nobody", tool.ends("report", "download", NOBODY), NOT_FOUND)


# What its commands call.
OPERATIONS = """assessments.create assessments.download assessments.list connectors.list evaluations.account
evaluations.resources exceptions.delete exceptions.list findings.list iac.list iac.result-by-path resources.get
resources.list rules.create rules.delete rules.disable rules.enable rules.list""".split()

with Simulator(sys.argv[1], "--tls", "--strict-hosts", "--seed", "7", "--size", "tiny") as sim:
    truth = Truth(sim)

    def at_home(part, *more):
        with tempfile.TemporaryDirectory() as home:
            return part(Tool(sim, home), truth, *more)

    ordered = at_home(reports)
    # A start of the tool takes much longer than its call; no part touches what another counts.
    with concurrent.futures.ThreadPoolExecutor(os.cpu_count()) as threads:
        parts = (preflight, connectors, evaluations, resources, rules, exceptions, templates, findings)
        running = [threads.submit(at_home, part) for part in parts]
        running.append(threads.submit(at_home, downloads, *ordered))
        for part in running:
            part.result()
    calls = [call for call in truth.calls() if call["auth"] == "bearer"]
    checks.equal("every operation is called", sorted(ids(calls, "operation") - {None}), OPERATIONS)
    checks.equal("all at the gateway", ids(calls, "host"), {"gateway"})

checks.end()

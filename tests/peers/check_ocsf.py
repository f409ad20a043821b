"""Evaluations exported as OCSF events are what the schema says, down to the last attribute.

Usage: check_ocsf.py COMMAND
"""

import json
import os
import pathlib
import subprocess
import sys
import tempfile

import jsonschema
from common import Checks, Simulator
from ocsf_json_schema import OcsfJsonSchemaEmbedded, get_ocsf_schema

command = sys.argv[1]
VERSION = "1.5.0"
checks = Checks()


def main(home):
    schema = OcsfJsonSchemaEmbedded(get_ocsf_schema(version=VERSION))
    validator = jsonschema.Draft202012Validator(schema.get_class_schema("compliance_finding", ["cloud"]))
    checks.check("the schema refuses what is no event", not validator.is_valid({"class_uid": 2003}))
    with Simulator(command, "--tls", "--seed", "7", "--size", "tiny") as sim:
        environment = {
            "PATH": os.environ["PATH"],
            "HOME": home,
            "NO_PROXY": "127.0.0.1",
            "TOTALCLOUD_URL": sim.url,
            "TOTALCLOUD_AUTH": "basic",
            "TOTALCLOUD_USERNAME": sim.ready["username"],
            "TOTALCLOUD_PASSWORD": sim.ready["password"],
            "TOTALCLOUD_CA_BUNDLE": sim.ready["ca"] or "",
            "TOTALCLOUD_ESTATE": f"{home}/estate",
        }

        def run(*arguments):
            done = subprocess.run(
                [command, *arguments], env=environment, capture_output=True, text=True, timeout=300, check=False
            )
            checks.check(" ".join(arguments[:2]), done.returncode == 0, done.stderr[-600:])
            return done.stdout

        run("sync", "--with", "resource-evaluations=all")
        for table in ["resource_evaluations", "findings", "account_evaluations"]:
            for redact in [[], ["--redact"]]:
                events = [json.loads(line) for line in run("export", table, "--format", "ocsf", *redact).splitlines()]
                name = " ".join([table, *redact])
                wanted = int(run("query", f"SELECT count(*) AS n FROM {table}", "--format", "csv").split()[1])
                checks.check(f"{name}: there are events", len(events) > 10)
                checks.equal(f"{name}: one a row", len(events), wanted)
                wrong = [e for event in events for e in validator.iter_errors(event)]
                first = f"({len(wrong)}: {wrong[0].json_path}: {wrong[0].message[:300]})" if wrong else ""
                checks.check(f"{name}: every event is valid", not wrong, first)
                versions = {event["metadata"]["version"] for event in events}
                checks.equal(f"{name}: of the version they say", versions, {VERSION})
                uids = [event["finding_info"]["uid"] for event in events]
                checks.equal(f"{name}: findings have names of their own", len(set(uids)), len(uids))
                titles = [event["finding_info"]["title"] for event in events]
                named = [t for t in titles if not t.startswith("Control ")]
                checks.check(f"{name}: controls are joined", len(named) == len(titles))
                if table != "account_evaluations":
                    looked = [e["data"] for event in events for e in event.get("evidences", [])]
                    shown = [v for data in looked for v in data.values() if v != "[redacted]"]
                    checks.check(f"{name}: evidence is {'hidden' if redact else 'there'}", bool(shown) != bool(redact))
                statuses = {event["compliance"]["status"] for event in events}
                checks.check(f"{name}: some fail and some pass", {"Fail", "Pass"} <= statuses, str(statuses))


with tempfile.TemporaryDirectory(prefix="totalcloud-ocsf-") as folder:
    main(folder)
checks.end()

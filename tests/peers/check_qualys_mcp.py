"""A published MCP server reads TotalCloud from the simulator, unmodified: each call of its client to the gateway,
among them some that no other peer makes (both inventory lists, evaluated resources v2, report configurations).

Usage: check_qualys_mcp.py COMMAND

Its tools join many products, of which the simulator is one; so its client is called and not the server.
"""

import os
import sys
import tempfile

from common import Checks, Simulator

checks = Checks()


def check(sim):
    from qualys import api  # reads its settings when it is loaded

    truth = sim.get("/_sim/totals")
    for provider in ("aws", "azure", "gcp"):
        counts = truth["providers"][provider]
        rows = api.get_connectors(provider, limit=1)
        checks.equal(f"connectors of {provider}", len({row["connectorId"] for row in rows}), counts["connectors"])

        account = max(counts["accounts"], key=lambda a: a["resources"])
        name = account["id"]
        rows = api.get_evaluations(name, provider)
        checks.equal(f"evaluations of {provider}", len(rows), counts["controls"])
        failed = sum(row["failedResources"] or 0 for row in rows)
        checks.equal(f"evaluations of {provider}: failures", failed, account["evaluations"]["FAIL"])
        counted = api.get_evaluation_count(name, provider)
        checks.equal(f"count of the evaluations of {provider}", counted["total"], counts["controls"])
        rows_failed = api.get_evaluations_filtered(name, provider, filter_str="control.result:FAIL")
        checks.equal(f"evaluations of {provider} with a filter", len(rows_failed), account["controlsFailed"])

        one = max(rows, key=lambda row: row["failedResources"] or 0)
        answer = api.get_cloud_eval_resources_v2(provider, name, one["controlId"], page_size=100)
        results = [row["result"] for row in answer["content"]]
        wanted = tuple(one[f"{word}Resources"] for word in ("passed", "failed", "passWithException"))
        counted = tuple(results.count(word) for word in ("PASS", "FAIL", "PASSE"))
        checks.equal(f"evaluated resources v2 of {provider}", counted, wanted)

    for provider, kind in (("AWS", "EC2_INSTANCE"), ("Azure", "VIRTUAL_MACHINE"), ("GCP", "VM_INSTANCE")):
        wanted = truth["resources"][f"{provider.lower()}/{kind}"]
        answer = api.get_cloud_resources_v1(provider, kind, page_size=100)
        checks.equal(f"resources of {provider}", (answer["totalElements"], len(answer["content"])), (wanted, wanted))
        same = {row["uuid"] for row in answer["content"]}
        answer = api.get_cloud_resources_v2(provider, kind, page_size=100)
        got = (answer["totalHits"], {row["uuid"] for row in answer["content"]})
        checks.equal(f"resources v2 of {provider}", got, (wanted, same))
    answer = api.get_cloud_resources("oci", "INSTANCE")
    checks.equal("resources v2 of oci", answer["totalHits"], truth["resources"]["oci/INSTANCE"])

    rows = api.get_cdr(days=3650, limit=1000)
    checks.check("findings", len({row["uuid"] for row in rows}) == len(rows) > 25, str(len(rows)))
    checks.equal("count of the findings", api.get_cdr_count(days=3650), len(rows))
    # A category of one word: it does not encode what it puts into an address.
    asked = {"severity": 5, "cloud_provider": "AWS", "category": "Malware"}
    for name, field in (("severity", "severity"), ("cloud_provider", "cloudType"), ("category", "category")):
        found = api.get_cdr(days=3650, limit=1000, **{name: asked[name]})
        wanted = [row["uuid"] for row in rows if row[field] == asked[name]]
        checks.equal(f"findings of a {name}", [row["uuid"] for row in found], wanted)
        checks.check(f"findings of a {name}: some, not all", 0 < len(found) < len(rows), str(len(found)))

    checks.equal("report configurations", api.get_cloud_reports()["totalElements"], truth["reports"])
    checks.equal("mandates", len(api.get_cloud_mandates()), truth["mandates"])
    checks.equal("scans of templates", [s["status"] for s in api.get_iac_scans()["content"]], ["FINISHED"])


with (
    Simulator(sys.argv[1], "--tls", "--strict-hosts", "--seed", "7", "--size", "tiny") as sim,
    tempfile.TemporaryDirectory() as home,
):
    os.environ |= {
        "HOME": home,
        "QUALYS_BASE_URL": sim.ready["urls"]["api"],
        "QUALYS_GATEWAY_URL": sim.ready["urls"]["gateway"],
        "QUALYS_USERNAME": sim.ready["username"],
        "QUALYS_PASSWORD": sim.ready["password"],
        "QUALYS_MCP_CACHE_DIR": home,
        "QUALYS_CACHE_MODE": "none",
        "SSL_CERT_FILE": sim.ready["ca"],
        "NO_PROXY": "127.0.0.1",
    }
    check(sim)

checks.end()

"""Answers that a service can give, what `qualysdk` makes of each, and what must come of it here.

A row has a name, a call, the script of the service, and two outcomes: that of the older package, which the peer check
compares with what it really does, and ours, which the tests assert. An outcome is a text:

    120 rows            so many rows came, and none is missing
    120 rows, 1 died    so many rows came, and so many threads ended without a word to the caller
    raises X            an exception of this class, or of one that it is
    never ends
    …                   or what else a call says

Where a row has no outcome of its own for us, it is that of the whole: all rows.
"""

from __future__ import annotations

from typing import Any, Dict, List, NamedTuple

from scripted import Script, page, refused, reply
from services import (
    EMPTY,
    HTML,
    ROWS,
    UUID,
    XML,
    account,
    activities,
    always,
    bad_row,
    connectors,
    control_pages,
    default_of,
    evaluated,
    instance,
    instances,
    later,
    listing,
    of_one,
    once,
    promising,
    small,
    two_types,
    with_,
    without,
)


class Row(NamedTuple):
    """One answer."""

    name: str
    call: str
    script: Script
    theirs: str
    ours: str = f"{ROWS} rows"
    #: What the call is given besides.
    given: Dict[str, Any] = {}


def inventory(name: str, script: Script, theirs: str, ours: str = f"{ROWS} rows", **given: Any) -> Row:
    return Row(
        name, "get_inventory", small(script), theirs, ours, {"provider": "aws", "resourceType": "ec2", **given}
    )


AWS = {"provider": "aws"}
STATS = {**AWS, "controlId": 1, "connectorId": UUID.format(1), "resourceId": "r1"}
DETAILS = {**AWS, "resourceType": "ec2", "resourceUuid": UUID.format(1)}
ACCOUNT = {**AWS, "accountId": "111122223333"}

TABLE: List[Row] = [
    inventory("a service that answers as it should", listing(instances()), "120 rows"),
    # Rows that are not as they were.
    inventory("rows with a field that nobody knows", listing(instances(hasSecrets=True)), "0 rows, 3 died"),
    inventory("one row of many with a new field", listing(bad_row(instance(70, zz=1))), "90 rows, 1 died"),
    inventory("an envelope with new fields", listing(instances(), with_(took=3)), "120 rows"),
    inventory(
        "a date in Java's style",
        listing(bad_row(instance(70, created="Tue Nov 10 09:57:29 UTC 2026"))),
        "90 rows, 1 died",
    ),
    inventory("a date that is none", listing(bad_row(instance(70, created="N/A"))), "90 rows, 1 died"),
    inventory("a date in milliseconds", listing(bad_row(instance(70, created=1715328000000))), "90 rows, 1 died"),
    inventory("tags that are words", listing(bad_row(instance(70, tags=["a", "b"]))), "90 rows, 1 died"),
    inventory(
        "an account id that is no number", listing(bad_row(instance(70, cloudAccountId="acct-7"))), "90 rows, 1 died"
    ),
    inventory("a boolean that is a number", listing(bad_row(instance(70, remediationEnabled=1))), "90 rows, 1 died"),
    inventory("a row that is null", listing(bad_row(None)), "90 rows, 1 died"),
    inventory("numbers as text", listing(instances(controlsFailed="3")), "120 rows"),
    inventory("a number without measure", listing(instances(controlsFailed=10**30)), "120 rows"),
    inventory("a key that comes twice", of_one(b'{"uuid":"a","uuid":"b"}'), "1 rows", "1 rows"),
    # Envelopes.
    inventory("no key `empty`", listing(instances(), without("empty")), "0 rows"),
    inventory("no key `last`", listing(instances(), without("last")), "120 rows"),
    inventory("no totals", listing(instances(), without("totalElements", "totalPages")), "120 rows"),
    inventory(
        "no rows under `content`", listing(instances(), without("content")), "0 rows, 3 died", "raises DecodeError"
    ),
    inventory("one object in place of a list", of_one(b""), "0 rows", "raises TotalCloudError"),
    inventory(
        "a total that is larger than what there is",
        listing(instances(), with_(totalElements=150)),
        "120 rows",
        "raises PartialError",
    ),
    inventory(
        "a total that is smaller than what there is",
        listing(instances(), with_(totalElements=100)),
        "120 rows",
    ),
    inventory("smaller pages than were asked for", small(listing(instances()), 20), "120 rows"),
    inventory(
        "a page that comes again in place of the next",
        listing(instances(), lambda a, e: page(instances(), 0, 50)),
        "10000 rows",
        "raises TotalCloudError",
    ),
    # Refusals.
    inventory("a filter that is refused", always(refused(400)), "0 rows", "raises RefusedError", filter="nonsense:1"),
    inventory("a type that the service does not know", always(refused(404)), "0 rows", "raises NotFoundError"),
    inventory("credentials that are refused", always(refused(401)), "never ends", "raises AuthenticationError"),
    inventory("a permission that is missing", always(refused(403)), "never ends", "raises PermissionDeniedError"),
    inventory(
        "a permission that goes in the middle", later(refused(403)), "never ends", "raises PermissionDeniedError"
    ),
    inventory("a 400 in the middle", later(refused(400)), "50 rows", "raises TotalCloudError"),
    inventory("a conflict", always(refused(409)), "never ends", "raises ConflictError"),
    # Quota.
    inventory("429 once", once(refused(429, Retry_After="0")), "70 rows, 1 died"),
    inventory(
        "409 for too many calls, once",
        once(refused(409, X_RateLimit_Limit="300", X_RateLimit_Remaining="0", X_RateLimit_ToWait_Sec="0")),
        "never ends",
    ),
    inventory(
        "a good answer that was the last of the quota",
        listing(
            instances(), lambda asked, envelope: reply(envelope, X_RateLimit_Remaining="0", X_RateLimit_ToWait_Sec="0")
        ),
        "never ends",
    ),
    inventory("429 without end", always(refused(429, Retry_After="0")), "never ends", "raises RateLimitError"),
    # The way between.
    inventory("503 once", once(refused(503)), "70 rows, 1 died"),
    inventory("502 with HTML, once", once(HTML._replace(status=502)), "70 rows, 1 died"),
    inventory("502 without end", always(HTML._replace(status=502)), "never ends", "raises UnavailableError"),
    inventory("a body that is cut, once", once(reply(page(instances(), 1, 50))._replace(how="cut")), "70 rows, 1 died"),
    inventory("a connection that is reset, once", once(EMPTY._replace(how="reset")), "70 rows, 1 died"),
    inventory("no answer at all", always(EMPTY._replace(how="stall")), "never ends", "raises TimeoutError"),
    inventory("an empty body in the middle", once(EMPTY), "fewer than 120 rows"),
    inventory("HTML with status 200, once", once(HTML), "70 rows, 1 died"),
    inventory("HTML with status 200, always", always(HTML), "never ends", "raises TotalCloudError"),
    inventory("XML with status 200", always(XML), "never ends", "raises TotalCloudError"),
    inventory(
        "an error with status 200", always(refused(401)._replace(status=200)), "0 rows", "raises TotalCloudError"
    ),
    inventory("text that is no UTF-8", of_one(b'{"uuid":"a","name":"\xff\xfe"}'), "1 rows", "raises TotalCloudError"),
    inventory(
        "a row that is cut in the middle", of_one(b'{"uuid":"a","name":'), "0 rows, 1 died", "raises TotalCloudError"
    ),
    # Questions.
    inventory(
        "more rows than a query reaches, and no filter that cuts them",
        listing(instances(10_050)),
        "10000 rows",
        "raises PastWallError",
        thread_count=5,
    ),
    inventory("the second page", listing(instances()), "0 rows, 1 died", "50 rows", pageNo=1, page_count=1),
    Row("two calls at once", "two_inventories", small(two_types), "fewer than 2000 rows", "2000 rows"),
    Row(
        "a type that it has no class for",
        "get_inventory",
        small(listing(instances(7))),
        "0 rows, 1 died",
        "7 rows",
        {"provider": "azure", "resourceType": "NSG"},
    ),
    Row(
        "GCP",
        "get_inventory",
        small(listing(instances(7))),
        "raises ValueError",
        "7 rows",
        {"provider": "gcp", "resourceType": "VM_INSTANCE"},
    ),
    # Connectors.
    Row(
        "connectors without `last`",
        "get_connectors",
        listing(connectors(), without("last")),
        "raises KeyError",
        "3 rows",
        AWS,
    ),
    Row(
        "a new field of connectors",
        "get_connectors",
        listing(connectors(cloudTrail=True)),
        "raises TypeError",
        "3 rows",
        AWS,
    ),
    Row(
        "a date of connectors in ISO 8601",
        "get_connectors",
        listing(connectors(lastSyncedOn="2026-11-10T09:57:29Z")),
        "raises ValueError",
        "3 rows",
        AWS,
    ),
    Row(
        "tags of connectors that are words",
        "get_connectors",
        listing(connectors(qualysTags=["a"])),
        "raises TypeError",
        "3 rows",
        AWS,
    ),
    Row(
        "connectors from the second page on",
        "get_connectors",
        listing(connectors(5)),
        "5 rows",
        "3 rows",
        {**AWS, "pageNo": 1, "pageSize": 2},
    ),
    Row(
        "a filter of two terms",
        "filter_sent",
        listing(connectors()),
        "state:SUCCESS AND NAME",
        "state:SUCCESS and name:c1",
        {**AWS, "filter": "state:success and name:c1"},
    ),
    Row(
        "a filter that begins with a parenthesis",
        "get_connectors",
        listing(connectors()),
        "raises QualysAPIError",
        "3 rows",
        {**AWS, "filter": "(state:SUCCESS)"},
    ),
    # Controls.
    Row("controls by pages", "get_control_metadata", control_pages, "25 rows", "25 rows"),
    Row(
        "controls that promise more without end",
        "get_control_metadata",
        promising,
        "never ends",
        "raises TotalCloudError",
    ),
    Row("controls as XML", "get_control_metadata", always(XML), "raises JSONDecodeError", "raises DecodeError"),
    Row(
        "an error in place of controls",
        "get_control_metadata",
        always(refused(401)._replace(status=200)),
        "raises KeyError",
        "raises TotalCloudError",
    ),
    Row(
        "a new field of controls",
        "get_control_metadata",
        always(reply({"control": [{"cid": 1, "category": "x"}]})),
        "raises TypeError",
        "1 rows",
    ),
    # Evaluations.
    Row(
        "an account with more than a page of controls",
        "get_account_evaluation",
        default_of(300, account(420)),
        "300 rows",
        "420 rows",
        ACCOUNT,
    ),
    Row(
        "an account that nobody knows",
        "get_account_evaluation",
        always(refused(404)),
        "raises KeyError",
        "raises NotFoundError",
        ACCOUNT,
    ),
    Row(
        "resources with an exception",
        "get_resources_evaluated_by_control",
        default_of(50, evaluated(3)),
        "raises TypeError",
        "3 rows",
        {**ACCOUNT, "controlId": 1},
    ),
    Row(
        "more resources than a page",
        "get_resources_evaluated_by_control",
        default_of(50, [{**row, "evaluationDates": None} for row in evaluated(130)]),
        "50 rows",
        "130 rows",
        {**ACCOUNT, "controlId": 1},
    ),
    Row(
        "dates with an exception",
        "get_evaluation",
        always(reply({"lastEvaluated": "2026-11-10T08:00:00+0000", "exceptionMetadata": None})),
        "raises TypeError",
        "an Evaluation",
        STATS,
    ),
    Row(
        "a pair that was never evaluated",
        "get_evaluation",
        always(reply({})),
        "raises QualysAPIError",
        "raises QualysAPIError",
        STATS,
    ),
    Row(
        "a control that is not there",
        "get_evaluation",
        always(refused(404)),
        "raises TypeError",
        "raises NotFoundError",
        STATS,
    ),
    # Details.
    Row(
        "details with a new field",
        "get_resource_details",
        always(reply(instance(1, secrets=[]))),
        "raises TypeError",
        "an AWSEC2Instance",
        DETAILS,
    ),
    Row(
        "details that are not there, without a word",
        "get_resource_details",
        always(EMPTY._replace(status=404)),
        "raises JSONDecodeError",
        "raises NotFoundError",
        DETAILS,
    ),
    Row(
        "details as HTML", "get_resource_details", always(HTML), "raises JSONDecodeError", "raises DecodeError", DETAILS
    ),
    # Remediation.
    Row(
        "activities in pages as documented",
        "get_remediation_activities",
        listing(activities()),
        "0 rows",
        "7 rows",
        AWS,
    ),
    Row(
        "activities of a page that calls itself empty",
        "get_remediation_activities",
        listing(activities(), with_(pageable={"empty": True})),
        "never ends",
        "7 rows",
        AWS,
    ),
    # The rest.
    Row("base accounts as HTML", "get_aws_base_account", always(HTML), "raises JSONDecodeError", "raises DecodeError"),
    Row(
        "base accounts that are refused",
        "get_aws_base_account",
        always(refused(403)),
        "raises QualysAPIError",
        "raises PermissionDeniedError",
    ),
]

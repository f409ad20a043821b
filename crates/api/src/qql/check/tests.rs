use super::*;

/// What is found of at least this level: rule, level, column, and the text once it is put right.
fn found(family: Family, text: &str, level: Level) -> Vec<(Rule, usize)> {
    let checked = check(family, text);
    checked.findings().iter().filter(|f| f.level >= level).map(|f| (f.rule, f.column)).collect()
}

#[test]
fn what_is_known_to_be_accepted_is_not_warned_of() {
    use Family::*;
    for (family, text) in [
        (Connectors, "state:SUCCESS"),
        (Connectors, "lastSyncedOn:[2026-01-01 .. now-1d]"),
        (Controls, "provider:AWS"),
        (Controls, "resource.type:BUCKET"),
        (Controls, "cid:1"),
        (Controls, "provider:AWS and service.type:ACM"),
        (Controls, "control.name:MFA"),
        (Controls, "policy.name:CIS Amazon Web Services Foundations Benchmark"),
        (Controls, "isCustomizable:true"),
        (Inventory, "account.id:123456789012"),
        (
            Inventory,
            "vulnerability.typeDetected in (Confirmed, Potential) and NOT vulnerability.status:FIXED",
        ),
        (Inventory, "instanceState:running"),
        (AccountEvaluations, "control.result:FAIL"),
        (ResourceEvaluations, "resource.result:FAIL"),
        (ResourceEvaluations, "evaluatedOn:[now-8h..now-1s]"),
        (Rules, "ruleName:x"),
        (Exceptions, "exception.provider:AWS AND exception.status:ACTIVE"),
        (IacScans, "scanUuid:0b6a8b1e-93a4-4d0c-a9c8-000000000000"),
        (Findings, "tc.findings.cloudProvider:AWS"),
        (Assessments, ""),
    ] {
        assert_eq!(found(family, text, Level::Warning), [], "{text}");
        assert_eq!(check(family, text).fixed(Level::Warning), None, "{text}");
    }
    for text in
        ["[2024-01-01 ... now-1m]", "[2024-01-01 ... 2024-12-31]", "2024-01-01", "[now-30d .. now]", ""]
    {
        assert_eq!(check_updated(text).findings(), [], "{text}");
    }
}

#[test]
fn what_is_wrong_is_found_at_its_place_and_put_right() {
    use Family::*;
    use Rule::*;
    for (family, text, rule, column, fixed) in [
        // Names.
        (ResourceEvaluations, "result:FAIL", Trap, 1, Some("resource.result:FAIL")),
        (ResourceEvaluations, "NOT result in (FAIL)", Trap, 5, Some("NOT resource.result in (FAIL)")),
        (Connectors, "state:ERROR AND lastSynced:now", Renamed, 17, Some("state:ERROR AND lastSyncedOn:now")),
        (Inventory, "updated:[now-3d .. now]", Trap, 1, None),
        (Inventory, "cloudAccountId:1", Trap, 1, Some("account.id:1")),
        (Inventory, "é:1 AND acount.id:1", UnknownToken, 9, Some("é:1 AND account.id:1")),
        (Controls, "criticality:HIGH", UnknownToken, 1, Some("control.criticality:HIGH")),
        (Controls, "Provider:AWS", UnknownToken, 1, Some("provider:AWS")),
        (Controls, "zzz:1", UnknownToken, 1, None),
        (Controls, "name:x", UnknownToken, 1, None),
        (Exceptions, "status:ACTIVE", UnknownToken, 1, Some("exception.status:ACTIVE")),
        (Findings, "cloudProvider:AWS", UnknownToken, 1, Some("tc.findings.cloudProvider:AWS")),
        // Values.
        (Controls, "provider:aws", LetterCase, 10, Some("provider:AWS")),
        (Controls, "resource.type:\"bucket\"", LetterCase, 15, Some("resource.type:\"BUCKET\"")),
        (Connectors, "state in (success, ERROR)", LetterCase, 11, Some("state in (SUCCESS, ERROR)")),
        (Controls, "control.criticality:HIHG", WrongValue, 21, Some("control.criticality:HIGH")),
        (Controls, "control.criticality:URGENT", WrongValue, 21, None),
        (Controls, "control.criticality:>LOW", WrongValue, 22, None),
        (Controls, "cid:abc", WrongValue, 5, None),
        (Controls, "cid:[1 .. x]", WrongValue, 11, None),
        (Controls, "isCustomizable:yes", WrongValue, 16, None),
        (IacScans, "scanUuid:12", WrongValue, 10, None),
        (Controls, "createdDate:soon", WrongValue, 13, None),
        (Inventory, "resource.name:two words", Unquoted, 15, Some("resource.name:\"two words\"")),
        (Connectors, "name:[a, b   c]", Unquoted, 10, Some("name:[a, \"b c\"]")),
        (Connectors, "lastSyncedOn:\"now-3d\"", DateForm, 14, Some("lastSyncedOn:now-3d")),
        (Connectors, "lastSyncedOn:[now - 3d .. now]", DateForm, 15, Some("lastSyncedOn:[now-3d .. now]")),
        (Connectors, "lastSyncedOn:2026-01-01T10:00:00+0200", DateForm, 14, None),
        (Connectors, "lastSyncedOn:[now .. now-3d]", Backwards, 15, Some("lastSyncedOn:[now-3d .. now]")),
        (Controls, "cid:[10 .. 9]", Backwards, 6, Some("cid:[9 .. 10]")),
        // The whole.
        (
            Controls,
            "provider:AWS OR cid:1 AND cid:2",
            Precedence,
            17,
            Some("provider:AWS OR (cid:1 AND cid:2)"),
        ),
        (
            Controls,
            "(cid:1 OR cid:2) AND (cid:3) OR cid:4",
            Precedence,
            1,
            Some("((cid:1 OR cid:2) AND (cid:3)) OR cid:4"),
        ),
        (Inventory, "us-east-1", FreeText, 1, None),
    ] {
        // A letter that no token has stands for what comes before.
        let text = &text.replace("é:1", "region:é")[..];
        let shift = if text.contains('é') { 5 } else { 0 };
        let checked = check(family, text);
        let warned: Vec<_> = checked.findings().iter().filter(|f| f.level >= Level::Warning).collect();
        assert_eq!(warned.len(), 1, "{text}: {warned:?}");
        assert_eq!((warned[0].rule, warned[0].column), (rule, column + shift), "{text}");
        let fixed = fixed.map(|f| f.replace("é:1", "region:é"));
        assert_eq!(checked.fixed(Level::Warning), fixed, "{text}");
    }
}

#[test]
fn several_things_are_put_right_at_once() {
    let text = "provider:aws or criticality:low and policy.name:CIS Amazon";
    let checked = check(Family::Controls, text);
    assert_eq!(
        checked.fixed(Level::Warning).as_deref(),
        Some("provider:AWS or (control.criticality:LOW and policy.name:CIS Amazon)")
    );
    assert_eq!(
        checked.fixed(Level::Note).as_deref(),
        Some("provider:AWS or (control.criticality:LOW and policy.name:\"CIS Amazon\")")
    );
}

#[test]
fn parentheses_count_where_they_go_around_the_whole() {
    for (text, warned) in [
        ("cid:1 OR (cid:2 AND cid:3)", false),
        ("cid:1 OR ((cid:2 AND cid:3))", false),
        ("(cid:1 OR cid:2) AND cid:3", false),
        ("cid:1 OR ((cid:2 AND cid:3) AND cid:4)", false),
        ("cid:1 OR (cid:2 AND cid:3) AND cid:4", true),
        ("cid:1 OR (cid:2) AND (cid:3)", true),
        ("cid:1 OR NOT cid:2", false),
    ] {
        let found = found(Family::Controls, text, Level::Warning);
        assert_eq!(found.iter().any(|(rule, _)| *rule == Rule::Precedence), warned, "{text}");
    }
}

#[test]
fn guesses_and_slow_forms_are_notes() {
    for (family, text, rule) in [
        (Family::Inventory, "vulnerability.severity:5", Rule::GuessedToken),
        (Family::Inventory, "instanceState:running", Rule::GuessedToken),
        (Family::Inventory, "NOT region:x", Rule::Slow),
        (Family::Inventory, "region:*east", Rule::Slow),
        (Family::Inventory, "region:us*", Rule::Unproven),
        (Family::Connectors, "name:'x'", Rule::Unproven),
        (Family::Inventory, "resource.id:arn:aws:s3", Rule::Unquoted),
        (Family::Connectors, "lastSyncedOn:2026-01", Rule::DateForm),
        (Family::Connectors, "lastSyncedOn:now-1y", Rule::DateForm),
        (Family::Connectors, "lastSyncedOn:2026-01-01T10:00:00Z", Rule::DateForm),
        (Family::AccountEvaluations, "control.result:fail", Rule::LetterCase),
    ] {
        let checked = check(family, text);
        assert_eq!(checked.worst(), Some(Level::Note), "{text}");
        assert!(checked.findings().iter().any(|f| f.rule == rule), "{text}: {:?}", checked.findings());
        assert_eq!(checked.fixed(Level::Warning), None, "{text}");
    }
}

#[test]
fn what_is_no_qql_is_one_error_with_its_place() {
    let checked = check(Family::Controls, "cid:1 AND (cid:2");
    let [one] = checked.findings() else { panic!("{checked:?}") };
    assert_eq!((one.rule, one.level, one.column), (Rule::Syntax, Level::Error, 11));
    assert_eq!(one.caret(checked.text()), "cid:1 AND (cid:2\n          ^");
    assert!(checked.query().is_err());
    assert_eq!(check_updated("updated:now").worst(), Some(Level::Error));
    assert_eq!(check_updated("[now .. now-1d]").fixed(Level::Warning).as_deref(), Some("[now-1d .. now]"));
}

#[test]
fn carets_stand_under_the_whole_place() {
    let checked = check(Family::Controls, "control.name:日本 AND zzz:1");
    assert_eq!(
        checked.findings()[0].caret(checked.text()),
        "control.name:日本 AND zzz:1\n                      ^^^"
    );
}

#[test]
fn explanations_say_what_binds_how() {
    let text = "provider:AWS OR cid:[1, 2] AND NOT control.name:\"root MFA\" AND createdDate>now-1m";
    let checked = check(Family::Controls, text);
    let lines: Vec<String> = crate::qql::explain(&checked)
        .iter()
        .map(|l| format!("{}{} [{}]", "  ".repeat(l.depth), l.says, l.remarks.len()))
        .collect();
    assert_eq!(
        lines,
        [
            "at least one of these 2: [0]",
            "  provider (Cloud) is AWS [0]",
            "  all 3 of these: [1]",
            "    cid (Id of the control) is one of 1, 2 [0]",
            "    not: [1]",
            "      control.name (Name of the control) holds \"root MFA\", in this order and in any case [0]",
            "    createdDate (When it was made) is after 1 month ago [0]",
        ]
    );
    let all = crate::qql::explain(&check(Family::Controls, " "));
    assert_eq!((all.len(), all[0].says.as_str()), (1, "every row"));
    assert!(crate::qql::explain(&check(Family::Controls, "(")).is_empty());
    let updated = crate::qql::explain(&check_updated("[2026-01-01 .. now-2w)"));
    assert_eq!(updated[0].says, "updated is from the day 2026-01-01 (UTC) to 2 weeks ago (not itself)");
}

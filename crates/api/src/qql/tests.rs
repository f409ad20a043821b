//! The language by example: what is accepted, what is refused and why, and what matches what.

use super::*;
use jiff::Timestamp;

fn query(text: &str) -> Query {
    parse(text).unwrap_or_else(|e| panic!("{text}\n{}\n{e}", e.caret(text)))
}

/// Every sample known to be accepted, the documented forms and the traps, with their canonical text.
#[test]
fn accepted_texts_and_their_canonical_form() {
    for (text, canonical) in [
        // Known to be accepted by the service.
        ("state:SUCCESS", "state:SUCCESS"),
        ("provider:AWS", "provider:AWS"),
        ("resource.type:BUCKET", "resource.type:BUCKET"),
        ("cid:1", "cid:1"),
        ("provider:AWS and service.type:ACM", "provider:AWS AND service.type:ACM"),
        ("account.id:123456789012", "account.id:123456789012"),
        (
            "vulnerability.typeDetected in (Confirmed, Potential) and NOT vulnerability.status:FIXED",
            "vulnerability.typeDetected in (Confirmed, Potential) AND NOT vulnerability.status:FIXED",
        ),
        ("resource.result:FAIL", "resource.result:FAIL"),
        ("evaluatedOn:[now-8h..now-1s]", "evaluatedOn:[now-8h .. now-1s]"),
        ("scanUuid:0b6a8b1e-93a4-4d0c-a9c8-000000000000", "scanUuid:0b6a8b1e-93a4-4d0c-a9c8-000000000000"),
        ("policy.name:CIS Amazon Web Services", "policy.name:CIS Amazon Web Services"),
        ("tc.findings.cloudProvider:AWS", "tc.findings.cloudProvider:AWS"),
        ("control.name:MFA", "control.name:MFA"),
        // Documented.
        ("a:[A, B]", "a in (A, B)"),
        ("a in (A)", "a in (A)"),
        ("a IN(A,B)", "a in (A, B)"),
        ("a:[1 .. 5]", "a:[1 .. 5]"),
        ("a:(1 .. 5)", "a:(1 .. 5)"),
        ("a:[1 .. 5)", "a:[1 .. 5)"),
        ("a:(1..5]", "a:(1 .. 5]"),
        ("a:[2024-01-01 ... 2024-12-31]", "a:[2024-01-01 .. 2024-12-31]"),
        ("a:[2024-01-01...now-1m]", "a:[2024-01-01 .. now-1m]"),
        ("a: [now-8h .. now]", "a:[now-8h .. now]"),
        ("a:[1.5..2.5]", "a:[1.5 .. 2.5]"),
        ("a:>5", "a:>5"),
        ("a>5", "a:>5"),
        ("a >= 5", "a:>=5"),
        ("a:<=5", "a:<=5"),
        ("a < 2024-01-01", "a:<2024-01-01"),
        ("a:\"two words\"", "a:\"two words\""),
        ("a:'2024-01-01'", "a:'2024-01-01'"),
        ("a:`exact (value)`", "a:`exact (value)`"),
        ("a:\"\"", "a:\"\""),
        ("a:web*", "a:web*"),
        ("a is null", "a is null"),
        ("a IS NULL and b:1", "a is null AND b:1"),
        // Precedence and grouping.
        ("a:1 or b:2 and c:3", "a:1 OR b:2 AND c:3"),
        ("(a:1 or b:2) and c:3", "(a:1 OR b:2) AND c:3"),
        ("a:1 OR (b:2 AND c:3)", "a:1 OR b:2 AND c:3"),
        ("not a:1 and b:2", "NOT a:1 AND b:2"),
        ("not (a:1 and b:2)", "NOT (a:1 AND b:2)"),
        ("NOT(a:1)AND(b:2)", "NOT a:1 AND b:2"),
        ("NOT NOT a:1", "NOT NOT a:1"),
        ("((a:1))", "a:1"),
        ("a:1 AND (b:2 AND (c:3 AND d:4))", "a:1 AND b:2 AND c:3 AND d:4"),
        // Traps.
        ("a:arn:aws:iam::123456789012:role/x", "a:arn:aws:iam::123456789012:role/x"),
        ("a:2024-01-01T10:00:00Z", "a:2024-01-01T10:00:00Z"),
        ("a:[2024-01-01T10:00:00Z .. now]", "a:[2024-01-01T10:00:00Z .. now]"),
        ("a:2024-01-01 10:00:00", "a:2024-01-01 10:00:00"),
        ("a:O'Brien", "a:O'Brien"),
        ("a:ANDROID or b:NOTHING or c:ORACLE", "a:ANDROID OR b:NOTHING OR c:ORACLE"),
        ("android:1 and nothing:2", "android:1 AND nothing:2"),
        ("a:in or b:is", "a:in OR b:is"),
        ("a:two   \t words\nhere and b:1", "a:two words here AND b:1"),
        ("a in (two words, \"b, c\", d)", "a in (two words, \"b, c\", d)"),
        ("a:\"AND b:2\"", "a:\"AND b:2\""),
        ("some text", "some text"),
        ("\"some text\" and a:1", "\"some text\" AND a:1"),
        ("a : 1", "a:1"),
        ("a:日本語 or b:é", "a:日本語 OR b:é"),
        ("  ", ""),
        ("", ""),
    ] {
        let parsed = query(text);
        assert_eq!(parsed.to_string(), canonical, "{text}");
        assert_eq!(query(canonical), parsed, "{text}");
    }
}

#[test]
fn refused_texts_name_the_place() {
    for (text, column, message) in [
        ("a:1 b:2", 5, "AND or OR is expected before b:2"),
        ("a:\"x\" y", 7, "AND or OR is expected before y"),
        ("a:x (y)", 5, "AND or OR is expected before ("),
        ("a:1 NOT b:2", 5, "AND or OR is expected before NOT"),
        ("a not in (A)", 3, "AND or OR is expected before not"),
        ("a:1 and", 8, "the text ends where a term is expected"),
        ("NOT", 4, "the text ends where a term is expected"),
        ("and a:1", 1, "a term is expected before AND"),
        ("a:1 and or b:2", 9, "a term is expected before OR"),
        ("a:", 3, "a value is expected"),
        ("a: and b:1", 4, "a value is expected before AND"),
        ("a::b", 3, "a value is expected"),
        ("(a:1", 1, "this parenthesis is never closed"),
        ("a:1)", 4, "this parenthesis closes nothing"),
        ("()", 1, "these parentheses are empty"),
        ("a:1]", 4, "this bracket closes nothing"),
        ("a:\"x", 3, "the quote \" is never closed"),
        ("a:[x, y", 3, "this list is never closed"),
        ("a in (x, y]", 11, "a comma or ) is expected in this list"),
        ("a:[x y:z .. w", 3, "this bracket is never closed"),
        ("a:[]", 4, "a value is expected"),
        ("a:[x,]", 6, "a value is expected"),
        ("a in [x]", 6, "IN takes parentheses"),
        ("a:(x, y)", 5, "a range is expected in these parentheses"),
        ("a:(x or y)", 6, "a range is expected in these parentheses"),
        ("a:[1 .... 2]", 6, "a range has two or three dots"),
        ("a:[1 .. 2 .. 3]", 11, "a range ends with ] or ) after its second value"),
        ("a:[.. 2]", 4, "a value is expected"),
        ("a:[now-30min .. now]", 4, "'now-30min' is no relative time"),
        ("a:>now-5", 4, "'now-5' is no relative time"),
        ("a:now-8h...now-1s", 3, "a range needs brackets"),
        ("a:1, b:2", 4, "a comma stands only in lists"),
        ("[a]", 1, "a bracket stands only after a token"),
        (":x", 1, "':' needs a token before it"),
        ("state=SUCCESS", 6, "'=' is no operator"),
        ("state!=SUCCESS", 6, "'!=' is no operator"),
        ("a:>=>5", 5, "a value is expected"),
        ("é:1", 1, "'é' is no token"),
        ("a:1 and 5b:1", 9, "'5b' is no token"),
        ("a:1 é:2", 5, "AND or OR is expected before é:2"),
        ("日本 or b:\"", 9, "the quote \" is never closed"),
    ] {
        match parse(text) {
            Ok(parsed) => panic!("{text} was read as {parsed:?}"),
            Err(e) => assert_eq!((e.column, e.message.as_str()), (column, message), "{text}"),
        }
    }
}

#[test]
fn an_error_is_one_line_and_its_caret_stands_under_the_place() {
    let text = "名前:x é b:\"";
    let error = parse(text).unwrap_err();
    assert_eq!(error.to_string().lines().count(), 1);
    let text = "a:\"日本\u{301}\"\tb:1";
    let error = parse(text).unwrap_err();
    assert_eq!((error.column, error.offset), (9, text.len() - 3));
    assert_eq!(error.caret(text), "a:\"日本\u{301}\" b:1\n         ^");
    assert_eq!(
        error.to_string(),
        "column 9: AND or OR is expected before b:1; join terms with AND or OR, and put a value in quotes \
         if it holds reserved characters"
    );
    // A caret for another text than the one parsed may be misplaced, but does no harm.
    assert_eq!(error.caret("é"), "é\n ^");
}

#[test]
fn adjacent_terms_can_be_an_and() {
    let and = |text: &str| parse_with(text, Adjacency::And).unwrap().to_string();
    assert_eq!(and("a:1 b:2 or c:3 NOT d:4"), "a:1 AND b:2 OR c:3 AND NOT d:4");
    assert_eq!(and("(a:1)(b:\"2\") c in (3) x"), "a:1 AND b:\"2\" AND c in (3) AND x");
    assert!(parse_with("a:1 )", Adjacency::And).is_err());
    assert!(parse_with("a:1 , b:2", Adjacency::And).is_err());
}

#[test]
fn spans_are_bytes_of_the_source() {
    let text = "é or ( ab.c : \"x y\" and not d in (1, 22))";
    let parsed = query(text);
    let Some(Node { kind: NodeKind::Or(parts), span, .. }) = parsed.root() else { panic!("{parsed:?}") };
    let cut = |span: Span| &text[span.start..span.end];
    assert_eq!(cut(*span), text);
    assert_eq!(cut(parts[0].span), "é");
    assert_eq!(cut(parts[1].span), "( ab.c : \"x y\" and not d in (1, 22))");
    let NodeKind::And(inner) = &parts[1].kind else { panic!("{parsed:?}") };
    assert_eq!(cut(inner[0].span), "ab.c : \"x y\"");
    assert_eq!(cut(inner[1].span), "not d in (1, 22)");
    let terms = parsed.terms();
    assert_eq!(cut(terms[0].token.span), "ab.c");
    let Test::Is(value) = &terms[0].test else { panic!("{parsed:?}") };
    assert_eq!(cut(value.span), "\"x y\"");
    let Test::AnyOf(values) = &terms[1].test else { panic!("{parsed:?}") };
    assert_eq!(cut(values[1].span), "22");
}

#[test]
fn nesting_is_limited_and_what_is_allowed_fits_a_small_stack() {
    let nest = |depth: usize| format!("{}a:1{}", "NOT (".repeat(depth), ")".repeat(depth));
    let work = move || {
        let deep = query(&nest(MAX_DEPTH / 2));
        assert!(!deep.to_string().is_empty());
        assert_eq!(deep.matches(&Row, Timestamp::UNIX_EPOCH), Match::Yes);
        for text in [
            nest(MAX_DEPTH / 2 + 1),
            "(".repeat(1_000_000),
            "NOT ".repeat(1_000_000),
            nest(100_000),
            "a:1 AND (".repeat(100_000),
        ] {
            assert!(parse(&text).unwrap_err().message.contains("nested deeper"));
        }
        // Width is not depth.
        assert_eq!(query(&vec!["a:1"; 50_000].join(" AND ")).terms().len(), 50_000);
    };
    std::thread::Builder::new().stack_size(512 * 1024).spawn(work).unwrap().join().unwrap();
}

/// A record with something of everything.
struct Row;

impl Record for Row {
    fn values<'a>(&'a self, token: &str) -> Option<Values<'a>> {
        let time = |text: &str| FieldValue::Time(text.parse().unwrap());
        Some(match token {
            "a" => FieldValue::Int(1).into(),
            "account.id" => "012345678901".into(),
            "name" => "Ensure MFA is enabled (root account)".into(),
            "region" => "us-east-1".into(),
            "state" => "REGIONS_DISCOVERED".into(),
            "result" => "PASSE".into(),
            "criticality" => "HIGH".into(),
            "score" => FieldValue::Num(7.5).into(),
            "text.score" => "7.5".into(),
            "customizable" => FieldValue::Bool(true).into(),
            "updated" => time("2024-06-15T10:30:00.5Z").into(),
            "text.updated" => "2024-06-15T10:30:00+0000".into(),
            "tags" => ["web server", "prod"].into_iter().map(FieldValue::text).collect(),
            "qids" => [FieldValue::Int(5), FieldValue::Null, FieldValue::Int(90)].into_iter().collect(),
            "none" => FieldValue::Null.into(),
            "empty" => Vec::new().into(),
            _ => return None,
        })
    }
}

#[test]
fn what_matches_what() {
    let now: Timestamp = "2024-07-15T10:30:00.5Z".parse().unwrap();
    use Match::{No, Unknown, Yes};
    for (text, expected) in [
        ("", Yes),
        // Words.
        ("name:mfa", Yes),
        ("name:MF", No),
        ("name:root MFA", Yes),
        ("name:root nothing", No),
        ("name:\"MFA is enabled\"", Yes),
        ("name:\"enabled is MFA\"", No),
        ("name:'mfa IS'", Yes),
        ("name:`Ensure MFA is enabled (root account)`", Yes),
        ("name:`ensure mfa is enabled (root account)`", No),
        ("name:`MFA`", No),
        ("state:REGIONS_DISCOVERED", Yes),
        ("state:regions_discovered", Yes),
        ("state:REGIONS", No),
        ("result:PASS", No),
        ("result:PASSE", Yes),
        ("region:us-east-1", Yes),
        ("region:us-west-1", No),
        ("region:east us", Yes),
        ("account.id:012345678901", Yes),
        ("account.id:12345678901", No),
        ("account.id:2345", No),
        // Patterns.
        ("name:ens*", Yes),
        ("name:ensure*enabled*", Yes),
        ("name:ensure*enabled", No),
        ("name:\"ensure*\"", Yes),
        ("region:us-*", Yes),
        ("region:*-2", No),
        ("region:\"us-*\"", Yes),
        ("region:*", Yes),
        ("a:*", Yes),
        ("none:*", No),
        // Numbers.
        ("a:1", Yes),
        ("a:01", Yes),
        ("a:\"1\"", Yes),
        ("a:`1`", Yes),
        ("a:1.0", Yes),
        ("a:one", No),
        ("a:>0", Yes),
        ("a>1", No),
        ("a>=1", Yes),
        ("a<=0.5", No),
        ("score:[7 .. 8]", Yes),
        ("score:(7.5 .. 8]", No),
        ("score:[7.5 .. 8)", Yes),
        ("text.score>7", Yes),
        ("text.score<10", Yes),
        ("criticality>5", No),
        ("a:[* .. 1]", Yes),
        ("a:[2 .. *]", No),
        // Lists.
        ("criticality in (LOW, high)", Yes),
        ("criticality:[LOW, MEDIUM]", No),
        ("a:[1, 2]", Yes),
        ("tags:prod", Yes),
        ("tags:`web server`", Yes),
        ("tags:\"server prod\"", No),
        ("NOT tags:prod", No),
        ("qids:90", Yes),
        ("qids:[6 .. 80]", No),
        // Booleans.
        ("customizable:true", Yes),
        ("customizable:\"TRUE\"", Yes),
        ("customizable:false", No),
        ("customizable:1", No),
        // Dates.
        ("updated:2024-06-15", Yes),
        ("updated:\"2024-06-15\"", Yes),
        ("updated:2024-06", Yes),
        ("updated:2024", Yes),
        ("updated:2024-06-14", No),
        ("updated:2024-06-15T10:30:00Z", Yes),
        ("updated:\"2024-06-15T10:30:00+0000\"", Yes),
        ("updated:\"2024-06-15T10:30:00.4Z\"", No),
        ("updated:>2024-06-15", No),
        ("updated:>=2024-06-15", Yes),
        ("updated:<=2024-06-15", Yes),
        ("updated:<2024-06-15", No),
        ("updated:[2024-06-01 .. 2024-06-15]", Yes),
        ("updated:[2024-06-01 .. 2024-06-15)", No),
        ("updated:(2024-06-15 .. 2024-06-30]", No),
        ("updated:[2024-06-15 .. 2024-06-15]", Yes),
        ("updated:[2024-06-16 .. now]", No),
        ("updated:[now-1m .. now]", Yes),
        ("updated:(now-1m .. now]", No),
        ("updated:[now-29d .. now]", No),
        ("updated:[now-30d .. now]", Yes),
        ("updated:[now-5w .. now-4w]", Yes),
        ("updated:>now-1y", Yes),
        ("updated:soon", No),
        ("text.updated:[2024-06-15 .. now]", Yes),
        ("text.updated:2024-06", Yes),
        ("text.updated:>2024-06-15", No),
        // Null.
        ("none is null", Yes),
        ("empty is null", Yes),
        ("a is null", No),
        ("qids is null", No),
        ("none:x", No),
        ("NOT none:x", Yes),
        ("empty:[1 .. 2]", No),
        // Operators.
        ("a:1 AND criticality:LOW", No),
        ("a:1 OR criticality:LOW", Yes),
        ("criticality:HIGH OR a:1 AND a:2", Yes),
        ("(criticality:HIGH OR a:1) AND a:2", No),
        ("NOT a:2 AND NOT criticality:LOW", Yes),
        // Unknown tokens match nothing, whatever stands before them.
        ("unknown:1", Unknown),
        ("NOT unknown:1", Unknown),
        ("unknown is null", Unknown),
        ("a:1 AND NOT unknown:1", Unknown),
        ("a:2 AND unknown:1", No),
        ("a:1 OR unknown:1", Yes),
        ("a:2 OR NOT unknown:1", Unknown),
        ("some text", Unknown),
        ("*", Yes),
        ("NOT *", No),
    ] {
        assert_eq!(query(text).matches(&Row, now), expected, "{text}");
    }
}

#[test]
fn free_text_is_searched_where_a_record_allows_it() {
    struct Texts;
    impl Record for Texts {
        fn values<'a>(&'a self, _: &str) -> Option<Values<'a>> {
            None
        }
        fn free_text<'a>(&'a self) -> Option<Values<'a>> {
            Some("the quick brown fox".into())
        }
    }
    let ask = |text: &str| query(text).matches(&Texts, Timestamp::UNIX_EPOCH).is_yes();
    assert!(ask("fox quick") && ask("\"quick brown\"") && ask("NOT dog"));
    assert!(!ask("\"brown quick\""));
}

#[test]
fn updated_takes_values_and_ranges_without_a_token() {
    let now: Timestamp = "2024-07-15T10:30:00.5Z".parse().unwrap();
    for (text, canonical, expected) in [
        ("[now-30d .. now]", "[now-30d .. now]", true),
        ("[2024-01-01 ... now-1m]", "[2024-01-01 .. now-1m]", true),
        ("[2024-01-01 ... 2024-12-31]", "[2024-01-01 .. 2024-12-31]", true),
        ("2024-01-01", "2024-01-01", false),
        (" 2024-06-15 ", "2024-06-15", true),
        ("2024-06-15T10:30:00Z", "2024-06-15T10:30:00Z", true),
        (">2024-06-15", ">2024-06-15", false),
        ("[2024-06-15, 2024-06-16]", "[2024-06-15, 2024-06-16]", true),
        ("", "", true),
    ] {
        let updated = parse_updated(text).unwrap_or_else(|e| panic!("{text}: {e}"));
        assert_eq!(updated.to_string(), canonical);
        assert_eq!(parse_updated(canonical).as_ref(), Ok(&updated));
        assert_eq!(updated.on("updated").matches(&Row, now).is_yes(), expected, "{text}");
    }
    for (text, column) in [
        ("now-8h...now-1s", 1),
        ("updated:2024-01-01", 1),
        ("[now-30d .. now", 1),
        ("2024-01-01 AND x", 12),
        ("[now-30x .. now]", 2),
    ] {
        assert_eq!(parse_updated(text).unwrap_err().column, column, "{text}");
    }
    assert_eq!(Updated::between("now-30d", "now").to_string(), "[now-30d .. now]");
    assert_eq!(Updated::on_date("2024-01-01"), parse_updated("2024-01-01").unwrap());
}

#[test]
fn tokens_and_pinned_values() {
    let parsed = query("a:1 AND (b:2 OR NOT a:3) AND x");
    assert_eq!(parsed.tokens(), ["a", "b"]);
    for (text, expected) in [
        ("a:1", Some(vec!["1"])),
        ("a:1 AND b:2", Some(vec!["1"])),
        ("b:2 AND a in (1, `2`)", Some(vec!["1", "2"])),
        ("a in (1, 2) AND a:1", Some(vec!["1"])),
        ("a:1 OR b:2", None),
        ("NOT a:1", None),
        ("a:1*", None),
        ("a:[1, 2*]", None),
        ("a>1", None),
        ("a:[1 .. 2]", None),
        ("b:1", None),
        ("b:1 AND (a:1 OR a:2)", None),
        ("", None),
    ] {
        assert_eq!(query(text).equality("a"), expected, "{text}");
    }
}

#[test]
fn built_queries_print_what_one_would_write() {
    for (built, text) in [
        (Query::all(), ""),
        (Query::term("state", "SUCCESS"), "state:SUCCESS"),
        (Query::term("name", "two words"), "name:\"two words\""),
        (Query::term("name", "say \"hi\""), "name:`say \"hi\"`"),
        (Query::term("name", "\"`"), "name:'\"`'"),
        (Query::term("name", "a\"b`c'd"), "name:\"a b`c'd\""),
        (Query::term("name", ""), "name:\"\""),
        (Query::term("name", "and"), "name:\"and\""),
        (Query::term("name", "web*"), "name:\"web*\""),
        (Query::exact("name", "a b"), "name:`a b`"),
        (Query::any_of("a", ["x", "y z"]), "a in (x, \"y z\")"),
        (Query::any_of("a", Vec::<String>::new()), "NOT *"),
        (Query::between("updated", "2024-01-01", "now"), "updated:[2024-01-01 .. now]"),
        (Query::range("n", "1", true, "5", false), "n:[1 .. 5)"),
        (Query::compare("n", Comparison::GreaterOrEqual, "5"), "n:>=5"),
        (
            Query::term("on", "2024-01-01T10:00:00Z").or(Query::is_null("on")),
            "on:\"2024-01-01T10:00:00Z\" OR on is null",
        ),
        (
            Query::term("a", "1").or(Query::term("b", "2")).and(Query::term("c", "3")).not(),
            "NOT ((a:1 OR b:2) AND c:3)",
        ),
        (Query::term("a", "1").not().not(), "a:1"),
        (!Query::all(), "NOT *"),
        (!Query::nothing(), ""),
        (Query::all().and(Query::term("a", "1")), "a:1"),
        (Query::all().or(Query::term("a", "1")), ""),
        (Query::nothing().or(Query::term("a", "1")), "a:1"),
        (Query::nothing().and(Query::term("a", "1")), "NOT *"),
        (Query::term("a:1 OR b", "x"), "a_1_OR_b:x"),
        (Query::term("not", "x"), "not_:x"),
        (Query::term("1..", "x"), "_1._._:x"),
        (Query::term("", "x"), "_:x"),
        (Query::text("free text"), "\"free text\""),
    ] {
        assert_eq!(built.to_string(), text);
        assert_eq!(query(text), built, "{text}");
    }
}

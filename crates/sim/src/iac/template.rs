//! The resources that a template describes, whatever it is written in.

use super::unpack::Template;
use super::yaml;
use serde_json::Value;
use std::collections::HashMap;

/// What a template is written in; each is a group of results of its own.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(super) enum Language {
    Terraform,
    TerraformPlan,
    CloudFormation,
    Arm,
    Kubernetes,
}

impl Language {
    /// The word of the service. `terraform` and `terraform_plan` are documented, the others follow them (guess).
    pub(super) fn word(self) -> &'static str {
        match self {
            Language::Terraform => "terraform",
            Language::TerraformPlan => "terraform_plan",
            Language::CloudFormation => "cloudformation",
            Language::Arm => "arm",
            Language::Kubernetes => "kubernetes",
        }
    }
}

/// One resource.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Resource {
    pub(super) language: Language,
    /// Type, such as `aws_s3_bucket` or `AWS::S3::Bucket`.
    pub(super) kind: String,
    /// Name with its type, such as `aws_s3_bucket.logs`.
    pub(super) address: String,
    /// Its settings.
    pub(super) body: Value,
    /// The line of the file where it stands.
    pub(super) line: usize,
}

/// A template that cannot be read is counted for the language it would be in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Unreadable(pub(super) Language);

/// Templates beyond this are not read.
const LONGEST: usize = 1 << 20;

/// The resources of a template; none if it describes none that are known.
pub(super) fn resources(template: &Template) -> Result<Vec<Resource>, Unreadable> {
    let ending = template.path.rsplit_once('.').map(|(_, e)| e.to_ascii_lowercase()).unwrap_or_default();
    let language = if ending == "tf" { Language::Terraform } else { Language::CloudFormation };
    let unreadable = |_| Unreadable(language);
    let text = std::str::from_utf8(&template.bytes).ok().filter(|t| t.len() <= LONGEST);
    let text = text.ok_or(Unreadable(language))?;
    let mut found = match ending.as_str() {
        "tf" => terraform(&hcl_value(text).ok_or(Unreadable(language))?),
        "json" => described(&serde_json::from_str(text).map_err(|_| Unreadable(language))?),
        // These are JSON or YAML, and JSON is YAML.
        _ => yaml::documents(text).map_err(unreadable)?.iter().flat_map(described).collect(),
    };
    let lines = Lines::of(text);
    for resource in &mut found {
        resource.line = lines.of_resource(resource);
    }
    Ok(found)
}

/// HCL as JSON. Its reader goes down into itself, so what is nested without measure is not given to it.
fn hcl_value(text: &str) -> Option<Value> {
    let (mut depth, mut deepest, mut signs, mut most_signs, mut choices) = (0usize, 0, 0usize, 0, 0usize);
    for line in text.lines().filter(|l| !l.trim_start().starts_with(['#', '/', '*'])) {
        for c in line.chars() {
            match c {
                '(' | '[' | '{' => depth += 1,
                ')' | ']' | '}' => depth = depth.saturating_sub(1),
                '?' => choices += 1,
                _ => {}
            }
            signs = if matches!(c, '!' | '-') {
                signs + 1
            } else if c == ' ' {
                signs
            } else {
                0
            };
            deepest = deepest.max(depth);
            most_signs = most_signs.max(signs);
        }
    }
    if deepest > 100 || most_signs > 200 || choices > 2_000 {
        return None;
    }
    hcl::from_str(text).ok()
}

/// The items of a list, or the one thing that is no list.
pub(super) fn each(value: &Value) -> &[Value] {
    match value {
        Value::Array(items) => items,
        Value::Null => &[],
        one => std::slice::from_ref(one),
    }
}

fn fields(value: &Value) -> impl Iterator<Item = (&String, &Value)> {
    value.as_object().into_iter().flatten()
}

fn terraform(file: &Value) -> Vec<Resource> {
    let blocks = each(&file["resource"]).iter().flat_map(fields);
    let named =
        blocks.flat_map(|(kind, block)| each(block).iter().flat_map(fields).map(move |(n, b)| (kind, n, b)));
    named.map(|(kind, name, body)| resource(Language::Terraform, kind, name, body)).collect()
}

fn resource(language: Language, kind: &str, name: &str, body: &Value) -> Resource {
    Resource {
        language,
        kind: kind.to_owned(),
        address: format!("{kind}.{name}"),
        // Where there are several blocks of the same name, the first counts.
        body: each(body).first().cloned().unwrap_or_default(),
        line: 1,
    }
}

/// The resources of a document of JSON or YAML, told apart by what only one language has.
fn described(document: &Value) -> Vec<Resource> {
    let text = |value: &Value, name: &str| value[name].as_str().unwrap_or_default().to_owned();
    if document["resource"].is_object() {
        return terraform(document);
    }
    if document["resource_changes"].is_array() {
        let changes = each(&document["resource_changes"]).iter();
        return changes
            .map(|c| {
                resource(Language::TerraformPlan, &text(c, "type"), &text(c, "name"), &c["change"]["after"])
            })
            .collect();
    }
    if document["$schema"].as_str().is_some_and(|s| s.to_ascii_lowercase().contains("deploymenttemplate")) {
        let resources = each(&document["resources"]).iter();
        return resources
            .map(|r| resource(Language::Arm, &text(r, "type"), &text(r, "name"), &r["properties"]))
            .collect();
    }
    if document["Resources"].is_object() {
        let resources = fields(&document["Resources"]);
        return resources
            .map(|(name, r)| resource(Language::CloudFormation, &text(r, "Type"), name, &r["Properties"]))
            .collect();
    }
    if document["apiVersion"].is_string() && document["kind"].is_string() {
        let name = text(&document["metadata"], "name");
        return vec![resource(Language::Kubernetes, &text(document, "kind"), &name, &pod(document))];
    }
    Vec::new()
}

/// The pod of an object of Kubernetes: its own, or that which it makes.
fn pod(object: &Value) -> Value {
    let spec = &object["spec"];
    let made = [&spec["jobTemplate"]["spec"]["template"]["spec"], &spec["template"]["spec"]];
    made.into_iter().find(|s| s.is_object()).unwrap_or(spec).clone()
}

/// The lines of a text where resources may begin, the first of each name. It is gone through once, however many
/// resources there are.
#[derive(Default)]
struct Lines {
    /// Lines such as `resource "kind" "name" {`, by address.
    blocks: HashMap<String, usize>,
    /// What stands before a colon.
    keys: HashMap<String, usize>,
    /// What a `name` is said to be.
    names: HashMap<String, usize>,
}

impl Lines {
    fn of(text: &str) -> Lines {
        let mut lines = Lines::default();
        for (at, line) in text.lines().enumerate() {
            let line = line.replace(['"', '\''], "");
            let line = line.trim();
            let mut words = line.split([' ', '\t', '{']).filter(|word| !word.is_empty());
            if let (Some("resource"), Some(kind), Some(name), None) =
                (words.next(), words.next(), words.next(), words.next())
            {
                lines.blocks.entry(format!("{kind}.{name}")).or_insert(at + 1);
            }
            if let Some((key, value)) = line.split_once(':') {
                lines.keys.entry(key.trim_end().to_owned()).or_insert(at + 1);
                if key.contains("name") {
                    let name = value.trim().trim_end_matches(',').to_owned();
                    lines.names.entry(name).or_insert(at + 1);
                }
            }
        }
        lines
    }

    /// The line where a resource begins, as near as its name tells.
    fn of_resource(&self, resource: &Resource) -> usize {
        let name = resource.address.split_once('.').map_or("", |(_, name)| name);
        let found = match resource.language {
            Language::Terraform => self.blocks.get(&resource.address),
            Language::CloudFormation => self.keys.get(name),
            _ => self.names.get(name),
        };
        found.copied().unwrap_or(1)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(path: &str, text: &str) -> Result<Vec<(String, usize)>, Unreadable> {
        let template = Template { path: path.to_owned(), bytes: text.as_bytes().to_vec() };
        resources(&template).map(|found| {
            found.into_iter().map(|r| (format!("{} {}", r.language.word(), r.address), r.line)).collect()
        })
    }

    fn one(what: &str, line: usize) -> Result<Vec<(String, usize)>, Unreadable> {
        Ok(vec![(what.to_owned(), line)])
    }

    #[test]
    fn resources_are_found_in_each_language_with_their_lines() {
        let tf =
            "# a bucket\nresource \"aws_s3_bucket\" \"logs\" {\n  acl = \"private\"\n}\nvariable \"x\" {}\n";
        assert_eq!(read("main.tf", tf), one("terraform aws_s3_bucket.logs", 2));
        let plan = r#"{"resource_changes":[{"type":"aws_ebs_volume","name":"v","change":{"after":{}}}]}"#;
        assert_eq!(read("plan.json", plan), one("terraform_plan aws_ebs_volume.v", 1));
        let cfn =
            "Resources:\n  Logs:\n    Type: AWS::S3::Bucket\n    Properties:\n      BucketName: !Ref N\n";
        for name in ["stack.yaml", "stack.template", "stack.YML"] {
            assert_eq!(read(name, cfn), one("cloudformation AWS::S3::Bucket.Logs", 2), "{name}");
        }
        let cfn = "{\"Resources\": {\n\"Logs\": {\"Type\": \"AWS::S3::Bucket\"}}}";
        assert_eq!(read("stack.template", cfn), one("cloudformation AWS::S3::Bucket.Logs", 2));
        let arm = r#"{"$schema":"https://schema.management.azure.com/schemas/2019-04-01/deploymentTemplate.json#",
            "resources":[{"type":"Microsoft.Storage/storageAccounts","name":"s","properties":{}}]}"#;
        assert_eq!(read("arm.json", arm).unwrap()[0].0, "arm Microsoft.Storage/storageAccounts.s");
        let arm = "{\"$schema\": \"https://example.com/deploymentTemplate.json#\", \"resources\": [\n  {\n    \"type\": \"A/b\",\n    \"name\": \"s\",\n    \"properties\": {}}]}";
        assert_eq!(read("arm.json", arm), one("arm A/b.s", 4));
        let pods =
            "apiVersion: v1\nkind: Pod\nmetadata:\n  name: web\n---\napiVersion: apps/v1\nkind: Deployment\n";
        assert_eq!(read("k8s.yml", pods).unwrap().len(), 2);
    }

    #[test]
    fn many_resources_are_each_found_at_their_line() {
        let many: String = (0..3_000).map(|n| format!("resource \"a\" \"r{n}\" {{\n}}\n")).collect();
        let found = read("many.tf", &many).unwrap();
        assert_eq!(found.len(), 3_000);
        assert!(found.iter().all(|(address, line)| {
            let n: usize = address.rsplit_once(".r").unwrap().1.parse().unwrap();
            *line == 2 * n + 1
        }));
    }

    #[test]
    fn what_describes_nothing_is_empty_and_what_cannot_be_read_is_told() {
        assert_eq!(read("package.json", "{\"name\": \"x\"}"), Ok(Vec::new()));
        assert_eq!(read("empty.yaml", ""), Ok(Vec::new()));
        for (name, text, language) in [
            ("broken.tf", "resource \"a\" \"b\" {", Language::Terraform),
            ("broken.json", "{", Language::CloudFormation),
            ("broken.yaml", "a: [", Language::CloudFormation),
            ("latin.tf", "\u{0}\u{1}", Language::Terraform),
        ] {
            assert_eq!(read(name, text), Err(Unreadable(language)), "{name}");
        }
        let deep = format!("a = {}1{}", "[".repeat(5_000), "]".repeat(5_000));
        assert_eq!(read("deep.tf", &deep), Err(Unreadable(Language::Terraform)));
        let signs = format!("a = {}1", "! ".repeat(50_000));
        assert_eq!(read("signs.tf", &signs), Err(Unreadable(Language::Terraform)));
    }
}

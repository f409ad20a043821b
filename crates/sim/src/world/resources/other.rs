//! GCP and OCI machines. Beside the public address nothing is known of their rows; the rest is invented.

use super::Table;

pub(super) const GCP: &[Table] = &[Table {
    name: "VM_INSTANCE",
    weight: 90,
    id: "projects/<acct>/zones/<region>-<pick:zone a|b|c>/instances/<name>",
    title: "gce-<pick web|app|batch|ml>-<enc>",
    global: false,
    fields: &[
        ("externalIpAddress", r#"<if:public 350>"<ip:public pub>"<else>null<end>"#),
        ("internalIpAddress", r#""<ip priv>""#),
        ("machineType", r#""<pick e2-medium|n2-standard-4|c3-standard-8>""#),
        ("status", r#""<!pick RUNNING|RUNNING|RUNNING|TERMINATED>""#),
        ("zone", r#""<region>-<pick:zone a|b|c>""#),
    ],
}];

pub(super) const OCI: &[Table] = &[Table {
    name: "INSTANCE",
    weight: 40,
    id: "ocid1.instance.oc1.<region>.<l 52><enc>",
    title: "oci-<pick web|app|db>-<h 4>",
    global: false,
    fields: &[
        ("compartmentId", r#""ocid1.compartment.oc1..<l 60>""#),
        ("vnicDto", r#"[{"publicIp":<if:public 350>"<ip:public pub>"<else>null<end>}]"#),
        ("shape", r#""VM.Standard.<pick E4.Flex|A1.Flex>""#),
        ("lifecycleState", r#""<!pick RUNNING|RUNNING|STOPPED>""#),
    ],
}];

//! The index of the service's endpoints, row by row. Operations name their row; a test sees to it that no row is
//! without an operation.

/// One row of the index.
#[derive(Debug, Clone, Copy)]
#[non_exhaustive]
pub struct IndexRow {
    /// Its number, which operations name.
    pub number: u16,
    /// What it is for.
    pub what: &'static str,
}

macro_rules! index {
    ($($number:literal $what:literal;)*) => {
        /// The rows, in the order of their numbers.
        pub static INDEX: &[IndexRow] = &[$(IndexRow { number: $number, what: $what }),*];
    };
}

index! {
    1 "a token for a user name and a password";
    2 "a token for a client id and a secret";
    3 "the login check of the API server";
    4 "list connectors";
    5 "make connectors";
    6 "delete connectors";
    7 "one connector";
    8 "change connectors";
    9 "run connectors now";
    10 "switch connectors on and off";
    11 "errors of a connector's runs";
    12 "the accounts from which AWS is reached";
    13 "the CloudFormation template";
    14 "groups of connectors";
    15 "what a user may see";
    16 "list the inventory";
    17 "one resource";
    18 "the library of controls";
    19 "results of controls for an account";
    20 "results of a control for each resource";
    21 "dates of one control on one resource";
    22 "results of controls for OCI";
    23 "policies, version 1";
    24 "policies, version 2";
    25 "mandates, at two places";
    26 "report configurations";
    27 "start an assessment report";
    28 "list assessment reports";
    29 "download an assessment report, at two places";
    30 "run an assessment report again";
    31 "the remediation log";
    32 "alert rules";
    33 "alert actions";
    34 "alerts that were told";
    35 "exceptions";
    36 "scans of infrastructure as code";
    37 "threat findings";
    38 "the list of the Connector Management API";
    39 "a second Azure application";
    40 "snapshot scanning";
    41 "FlexScan";
    42 "the Connector API, version 3";
    43 "tags";
    44 "list the inventory, version 2";
    45 "results of a control for each resource, version 2";
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::endpoints::OperationId;

    #[test]
    fn every_row_has_an_operation_and_every_operation_its_row() {
        for (at, row) in INDEX.iter().enumerate() {
            assert_eq!(usize::from(row.number), at + 1, "rows are numbered without a gap");
            assert!(
                OperationId::ALL.iter().any(|id| id.operation().row == row.number),
                "row {}: {} has no operation",
                row.number,
                row.what
            );
        }
        for id in OperationId::ALL {
            let op = id.operation();
            assert!(INDEX.iter().any(|row| row.number == op.row), "{}: there is no row {}", op.id, op.row);
        }
    }
}

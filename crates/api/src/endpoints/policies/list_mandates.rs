use crate::{endpoint, model};

model! {
    /// A mandate.
    pub struct Mandate {
        /// Id of the mandate.
        [Id, Shown] id = "id": int;
        /// Name.
        [Shown] name = "name": text;
    }
}

endpoint! {
    /// Lists the mandates at the older place.
    ListMandatesV1 = "mandates.list-v1";
    GET "/cloudview-api/rest/v1/reports/mandates";
    row 25, Documented "SW21" -> Mandate;
    .answer = Answer::Array;
    .limit_class = "policies";
    .quirks = &["deprecated in favour of mandates"];
    must {}
    may {}
}

endpoint! {
    /// Lists the mandates.
    ListMandates = "mandates.list";
    GET "/cloudview-api/rest/v1/mandates";
    row 25, Seen "SW21, QLEY" -> Mandate;
    .answer = Answer::Array;
    .limit_class = "policies";
    .other_path = Some("/cloudview-api/rest/v1/reports/mandates");
    .quirks = &["the shape at the newer path was not seen: an array or a page is read"];
    must {}
    may {}
}

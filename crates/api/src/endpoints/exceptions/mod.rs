//! Exceptions: results that are accepted for a while.

use crate::{endpoint, model};
use serde_json::Value;

model! {
    /// An exception.
    pub struct Exception {
        /// Id of the exception.
        [Id, Shown] uuid = "uuid": text;
        /// Name.
        [Shown] name = "name": text;
        /// State.
        [Shown] state = "state": text;
        /// Why.
        [Shown] reason = "reason": text;
        /// Description.
        description = "description": text;
        /// Number of the customer.
        customer_id = "customerId": int;
        /// Id of the customer.
        customer_uuid = "customerUuid": text;
        /// Who made it.
        [Sensitive] created_by = "createdBy": text;
        /// Id of who made it.
        created_by_uuid = "createdByUuid": text;
        /// When it was made.
        created_on = "createdOn": time;
        /// Who changed it last.
        [Sensitive] updated_by = "updatedBy": text;
        /// Id of who changed it last.
        updated_by_uuid = "updatedByUuid": text;
        /// When it was changed last.
        updated_on = "updatedOn": time;
        /// When it begins.
        [Shown] starting_date = "startingDate": time;
        /// When it ends.
        [Shown] ending_date = "endingDate": time;
        /// Policy of information security.
        information_security_policy = "informationSecurityPolicy": text;
        /// Procedure of information security.
        information_security_procedure = "informationSecurityProcedure": text;
        /// Where more stands.
        reference_doc_link = "referenceDocLink": text;
    }
}

endpoint! {
    /// Lists the exceptions.
    ListExceptions = "exceptions.list";
    GET "/cloudview-api/rest/v1/exceptions/list";
    row 35, Documented "QCLI" -> Exception;
    .answer = Answer::Page;
    .paging = Some(Paging::NUMBERED);
    .limit_class = "exceptions";
    .quirks = &["the fields of a row are those of exceptionMetadata of evaluated resources, by guess"];
    must {}
    may {
        /// QQL over `exception.provider`, `exception.status`.
        Query filter = "filter": String as ParamKind::Qql;
        /// Number of the first page to read, from 0.
        Query page_no = "pageNo": u32 as ParamKind::Int(0);
        /// Rows a page.
        Query page_size = "pageSize": u32 as ParamKind::Int(1);
    }
}

endpoint! {
    /// Deletes exceptions.
    DeleteExceptions = "exceptions.delete";
    POST "/cloudview-api/rest/v1/exceptions/delete";
    row 35, Documented "QCLI" -> Value;
    .limit_class = "exceptions";
    .effect = Effect::Delete;
    must {
        /// Ids of the exceptions.
        Body exception_ids = "exceptionIds": Vec<String> as ParamKind::Uuids;
    }
    may {}
}

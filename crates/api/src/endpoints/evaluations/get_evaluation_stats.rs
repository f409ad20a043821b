use crate::provider::{Provider, Spelling};
use crate::{endpoint, model};

model! {
    /// An exception under which a failure passes.
    pub struct ExceptionMetadata {
        /// Id of the exception.
        uuid = "uuid": text;
        /// Name.
        name = "name": text;
        /// Description.
        description = "description": text;
        /// Reason.
        reason = "reason": text;
        /// State.
        state = "state": text;
        /// Customer.
        customer_id = "customerId": int;
        /// Customer.
        customer_uuid = "customerUuid": text;
        /// Who made it.
        [Sensitive] created_by = "createdBy": text;
        /// Who made it.
        created_by_uuid = "createdByUuid": text;
        /// When it was made.
        created_on = "createdOn": time;
        /// Who changed it last.
        [Sensitive] updated_by = "updatedBy": text;
        /// Who changed it last.
        updated_by_uuid = "updatedByUuid": text;
        /// When it was changed last.
        updated_on = "updatedOn": time;
        /// From when it holds.
        starting_date = "startingDate": time;
        /// Until when it holds.
        ending_date = "endingDate": time;
        /// Policy behind it.
        information_security_policy = "informationSecurityPolicy": text;
        /// Procedure behind it.
        information_security_procedure = "informationSecurityProcedure": text;
        /// Link to documents.
        reference_doc_link = "referenceDocLink": text;
    }
}

model! {
    /// When a control was evaluated on a resource, and what became of it.
    pub struct EvaluationStats {
        /// First evaluation.
        [Shown] first_evaluated = "firstEvaluated": time;
        /// Last evaluation.
        [Shown, Volatile] last_evaluated = "lastEvaluated": time;
        /// When it failed again; null when it did not.
        [Shown] date_reopen = "dateReopen": time;
        /// When it was fixed; null when it was not.
        [Shown] date_fixed = "dateFixed": time;
        /// The exception that applies.
        exception_metadata = "exceptionMetadata": ExceptionMetadata;
    }
}

endpoint! {
    /// Reads the dates of one control on one resource.
    GetEvaluationStats = "evaluations.stats";
    GET "/cloudview-api/rest/v1/{provider}/evaluations/stats/{controlId}/{connectorId}";
    row 21, Documented "SW21" -> EvaluationStats;
    .limit_class = "evaluations";
    .providers = super::WITH_EVALUATIONS;
    .quirks = &["a pair that was never evaluated answers 200 with an empty object or null"];
    must {
        /// Provider.
        Path provider = "provider": Provider as ParamKind::Provider(Spelling::Lower);
        /// Control.
        Path control_id = "controlId": u32 as ParamKind::Int(0);
        /// Connector, as in `connectorUuid` of the resource.
        Path connector_id = "connectorId": String as ParamKind::Uuid;
        /// The `resourceId` of the resource.
        Query resource_id = "resourceId": String as ParamKind::Text;
    }
    may {}
}

use crate::{endpoint, model};

model! {
    /// How a control is evaluated.
    pub struct ControlEvaluation {
        /// What is looked at, as HTML.
        description = "description": text;
        /// Said of what passes.
        pass_message = "passMessage": text;
        /// Said of what fails.
        fail_message = "failMessage": text;
        /// Criteria.
        criteria = "criteria": [text];
    }
}

model! {
    /// A control: one check.
    pub struct Control {
        /// Id of the control.
        [Id, Shown] cid = "cid": int;
        /// Name.
        [Shown] control_name = "controlName": text;
        /// When it was created.
        created = "created": time;
        /// When it was last changed.
        modified = "modified": time;
        /// `System Defined` or `User Defined`.
        control_type = "controlType": text;
        /// Cloud, upper case.
        [Shown] provider = "provider": text;
        /// Whether its parameters can be changed.
        is_customizable = "isCustomizable": bool;
        /// Service it is about, such as `EC2`.
        [Shown] service_type = "serviceType": text;
        /// `HIGH`, `MEDIUM` or `LOW`.
        [Shown] criticality = "criticality": text;
        /// How it is evaluated.
        evaluation = "evaluation": ControlEvaluation;
        /// What it demands, as HTML.
        specification = "specification": text;
        /// Why, as HTML.
        rationale = "rationale": text;
        /// How to fix it by hand, as HTML.
        manual_remediation = "manualRemediation": text;
        /// References, as HTML.
        references = "references": text;
        /// How to fix it before deployment, as HTML.
        build_time_remediation = "buildTimeRemediation": text;
        /// API name of the type it looks at.
        [Shown] resource_type = "resourceType": text;
        /// Policies that name it.
        policy_names = "policyNames": [text];
        /// Whether the service can fix what fails.
        remediation_enabled = "remediationEnabled": bool;
        /// `RUN_TIME` or `BUILD_TIME`.
        execution_type = "executionType": text;
        /// Whether a workflow (QFlow) made it.
        workflow_based = "workflowBased": bool;
        /// Kinds of templates it looks at.
        template_type = "templateType": [text];
        /// What is expected; its form was not seen.
        expected_results = "expectedResults": open;
        /// How to fix it by commands; read by the vendor's script only.
        cli_remediation = "cliRemediation": text;
        /// Category; read by the vendor's script only.
        category = "category": text;
        /// Service; read by the vendor's script only.
        service = "service": text;
    }
}

endpoint! {
    /// Lists the controls the service checks.
    ListControls = "controls.list";
    GET "/cloudview-api/rest/v1/controls/metadata/list";
    row 18, Documented "RN2.21, TCGH, SDK" -> Control;
    .answer = Answer::Controls;
    .paging = Some(Paging { default_size: 100, largest_seen: 1000, ..Paging::NUMBERED });
    .limit_class = "controls";
    .quirks = &[
        "answers XML unless JSON is asked for",
        "gives no total; a warning with a url says that there is more, and that url drops the filter",
        "the default page size is not documented",
        "answers 401 or 403 where the permission for the control library is missing",
    ];
    must {}
    may {
        /// Number of the first page to read, from 0.
        Query page_no = "pageNo": u32 as ParamKind::Int(0);
        /// Rows a page.
        Query page_size = "pageSize": u32 as ParamKind::Int(1);
        /// QQL over `cid`, `control.name`, `control.criticality`, `provider`, `resource.type`, `service.type`, …
        Query filter = "filter": String as ParamKind::Qql;
    }
}

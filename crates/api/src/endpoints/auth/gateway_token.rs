use crate::endpoint;

endpoint! {
    /// Exchanges a user name and a password for a token of about four hours.
    GatewayToken = "auth.gateway";
    POST "/auth";
    row 1, Documented "SDK, QCLI, GS" -> serde_json::Value;
    .host = Host::Gateway;
    .auth = Auth::None;
    .answer = Answer::Text;
    .limit_class = "auth";
    .effect = Effect::Read;
    .repeatable = true;
    .quirks = &[
        "answers 201 with the bare token as text; 200 is accepted",
        "answers 404 with HTML on the API server",
        "does not count against the quota",
    ];
    must {
        /// User name.
        Form username = "username": String as ParamKind::Text;
        /// Password.
        Form password = "password": String as ParamKind::Secret;
    }
    may {
        /// Asks for a token; always true.
        Form token = "token": bool as ParamKind::Bool;
        /// Asks for the permissions inside the token.
        Form permissions = "permissions": bool as ParamKind::Bool;
    }
}

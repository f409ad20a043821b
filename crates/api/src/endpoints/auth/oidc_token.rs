use crate::endpoint;

endpoint! {
    /// Exchanges a client id and a client secret of the service for a token.
    OidcToken = "auth.oidc";
    POST "/auth/oidc";
    row 2, Documented "CONN2.15, QIAC" -> serde_json::Value;
    .host = Host::Gateway;
    .auth = Auth::None;
    .answer = Answer::Text;
    .limit_class = "auth";
    .effect = Effect::Read;
    .repeatable = true;
    .quirks = &["answers 200 with the bare token as text; one client expects JSON (guess)"];
    must {
        /// Client id.
        Header client_id = "clientId": String as ParamKind::Text;
        /// Client secret.
        Header client_secret = "clientSecret": String as ParamKind::Secret;
    }
    may {}
}

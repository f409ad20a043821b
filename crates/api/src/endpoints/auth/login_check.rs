use crate::endpoint;

endpoint! {
    /// Checks a user name and a password on the API server.
    LoginCheck = "auth.check";
    GET "/msp/about.php";
    row 3, Seen "SDK" -> serde_json::Value;
    .host = Host::ApiServer;
    .auth = Auth::Basic;
    .answer = Answer::Xml;
    .limit_class = "about";
    .quirks = &["a bearer token is not accepted", "carries the rate limit headers", "wants X-Requested-With"];
    must {}
    may {}
}

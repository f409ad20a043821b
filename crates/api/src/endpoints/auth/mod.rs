//! Signing in.

mod gateway_token;
mod login_check;
mod oidc_token;

pub use gateway_token::GatewayToken;
pub use login_check::LoginCheck;
pub use oidc_token::OidcToken;

//! Clients of the emulator, or of whatever an endpoint names.

use aws_config::{BehaviorVersion, Region, SdkConfig};
use aws_sdk_s3::config::{Credentials, SharedCredentialsProvider};
use aws_smithy_http_client::{Builder, tls};
use cairn_store::aws::Clients;

use crate::emulator::{CREDENTIALS, REGION};

/// Configuration of AWS clients for a local endpoint, with the credentials that emulators take: a
/// person's own would end up in the emulator's log.
pub async fn config(endpoint: &str) -> SdkConfig {
    let http = Builder::new()
        .tls_provider(tls::Provider::Rustls(tls::rustls_provider::CryptoMode::Ring))
        .build_https();
    let (id, secret) = CREDENTIALS;
    let credentials = Credentials::new(id, secret, None, None, "local");
    aws_config::defaults(BehaviorVersion::latest())
        .http_client(http)
        .endpoint_url(endpoint)
        .region(Region::from_static(REGION))
        .credentials_provider(SharedCredentialsProvider::new(credentials))
        .load()
        .await
}

/// The clients that functions and tools use, with those credentials.
pub async fn clients(region: &str, endpoint: &str) -> Clients {
    Clients::connect(region, Some(endpoint)).await.with_access_key(CREDENTIALS.0, CREDENTIALS.1)
}

/// An S3 client that puts the bucket into the path: emulators have no DNS for bucket names.
pub fn s3(config: &SdkConfig) -> aws_sdk_s3::Client {
    let config = aws_sdk_s3::config::Builder::from(config).force_path_style(true).build();
    aws_sdk_s3::Client::from_conf(config)
}

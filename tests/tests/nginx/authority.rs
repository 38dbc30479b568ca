//! Certificates of the test's own authority.

use rcgen::{
    BasicConstraints, CertificateParams, CertifiedIssuer, DnType, IsCa, KeyPair, date_time_ymd,
};
use scrapeflow_tests::Nginx;
use scrapeflow_tests::nginx::{Config, Tls};

/// Who signs certificates; trusted by whoever is told to.
pub(crate) struct Authority(CertifiedIssuer<'static, KeyPair>);

impl Authority {
    pub(crate) fn new(name: &str) -> Self {
        let mut about = CertificateParams::default();
        about.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        about.distinguished_name.push(DnType::CommonName, name);
        let key = KeyPair::generate().unwrap();
        Self(CertifiedIssuer::self_signed(about, key).unwrap())
    }

    pub(crate) fn pem(&self) -> String {
        self.0.pem()
    }

    /// A certificate for shop.example and 127.0.0.1, and its key.
    pub(crate) fn certificate(&self, is_over: bool) -> (String, String) {
        let mut about =
            CertificateParams::new(["shop.example", "127.0.0.1"].map(String::from)).unwrap();
        if is_over {
            about.not_after = date_time_ymd(2001, 1, 1);
        }
        let key = KeyPair::generate().unwrap();
        let certificate = about.signed_by(&key, &self.0).unwrap();
        (certificate.pem(), key.serialize_pem())
    }

    /// A site that has one, with a page.
    pub(crate) fn site(&self, is_over: bool, http2: bool) -> Nginx {
        let (certificate, key) = &self.certificate(is_over);
        let tls = Tls {
            certificate,
            key,
            http2,
        };
        let nginx = Nginx::configured(&Config {
            tls: Some(tls),
            ..Config::default()
        });
        nginx.put("/page", "hello");
        nginx
    }
}

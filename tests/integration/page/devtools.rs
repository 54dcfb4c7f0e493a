//! What WebDriver has no words for: the screen's size and theme, pictures and prints, by Chromium's own commands.

use base64::Engine as _;
use fantoccini::wd::WebDriverCompatibleCommand;
use serde_json::{Value, json};

use super::browser::Browser;

/// A command of the DevTools protocol.
#[derive(Debug)]
struct Command {
    name: &'static str,
    parameters: Value,
}

impl WebDriverCompatibleCommand for Command {
    fn endpoint(&self, base_url: &url::Url, session_id: Option<&str>) -> Result<url::Url, url::ParseError> {
        base_url.join(&format!(
            "session/{}/goog/cdp/execute",
            session_id.expect("a session is open")
        ))
    }

    fn method_and_body(&self, _: &url::Url) -> (http::Method, Option<String>) {
        let body = json!({ "cmd": self.name, "params": self.parameters });
        (http::Method::POST, Some(body.to_string()))
    }
}

/// What the page is seen on.
#[derive(Clone, Copy, Debug)]
pub(super) struct Screen {
    pub(super) name: &'static str,
    pub(super) wide: u32,
    pub(super) high: u32,
    pub(super) phone: bool,
}

/// A laptop's window.
pub(super) const WIDE: Screen = Screen {
    name: "wide",
    wide: 1280,
    high: 800,
    phone: false,
};
/// A phone.
pub(super) const NARROW: Screen = Screen {
    name: "phone",
    wide: 390,
    high: 844,
    phone: true,
};

impl Browser {
    async fn devtools(&self, name: &'static str, parameters: Value) -> Value {
        self.client.issue_cmd(Command { name, parameters }).await.unwrap()
    }

    /// From now on pages are on such a screen.
    pub(super) async fn screen(&self, screen: Screen, theme: &str) {
        let size =
            json!({ "width": screen.wide, "height": screen.high, "deviceScaleFactor": 1, "mobile": screen.phone });
        self.devtools("Emulation.setDeviceMetricsOverride", size).await;
        let features = json!({ "media": "", "features": [{ "name": "prefers-color-scheme", "value": theme }] });
        self.devtools("Emulation.setEmulatedMedia", features).await;
    }

    /// A part of the page as PNG: from left, top, wide, high.
    pub(super) async fn picture(&self, [x, y, wide, high]: [f64; 4]) -> Vec<u8> {
        let clip = json!({ "x": x, "y": y, "width": wide, "height": high, "scale": 1 });
        let parameters = json!({ "format": "png", "captureBeyondViewport": true, "clip": clip });
        decoded(&self.devtools("Page.captureScreenshot", parameters).await)
    }

    /// From now on pages look as they do on paper, which is white.
    pub(super) async fn on_paper(&self) {
        let size = json!({ "width": 794, "height": 1123, "deviceScaleFactor": 1, "mobile": false });
        self.devtools("Emulation.setDeviceMetricsOverride", size).await;
        let media = json!({ "media": "print", "features": [] });
        self.devtools("Emulation.setEmulatedMedia", media).await;
    }

    /// The page as it is printed, as PDF.
    pub(super) async fn print(&self) -> Vec<u8> {
        let parameters = json!({ "paperWidth": 8.27, "paperHeight": 11.69, "printBackground": false });
        decoded(&self.devtools("Page.printToPDF", parameters).await)
    }
}

fn decoded(reply: &Value) -> Vec<u8> {
    let text = reply["data"].as_str().unwrap_or_else(|| panic!("no data: {reply}"));
    base64::engine::general_purpose::STANDARD.decode(text).unwrap()
}

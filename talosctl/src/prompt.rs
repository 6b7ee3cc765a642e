//! Questions to the user: only on a terminal.

use std::io::{BufRead, IsTerminal, Write};

/// Whether there is somebody to ask.
pub fn somebody_there() -> bool {
    std::io::stdin().is_terminal() && std::io::stderr().is_terminal()
}

/// Asks and returns the answer without blanks around it; empty when the input has ended. In a thread of
/// its own, so that Ctrl-C works while waiting.
pub async fn ask(question: String) -> String {
    let wait = move || {
        let mut stderr = std::io::stderr().lock();
        let _ = write!(stderr, "{question}").and_then(|()| stderr.flush());
        let mut answer = String::new();
        let _ = std::io::stdin().lock().read_line(&mut answer);
        answer.trim().to_owned()
    };
    tokio::task::spawn_blocking(wait).await.unwrap_or_default()
}

/// Asks a yes-or-no question; anything but yes is no.
pub async fn confirm(question: &str) -> bool {
    let answer = ask(format!("{question} (y/N): ")).await;
    matches!(answer.to_lowercase().as_str(), "y" | "yes")
}

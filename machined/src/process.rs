//! The process: its runtime, and what its end says to who started it.

use std::process::ExitCode;

/// The whole program.
pub fn main() -> ExitCode {
    sys::memory::share_heap();
    sys::panic::install();
    let runtime = match tokio::runtime::Builder::new_current_thread()
        .enable_all()
        // Threads that block (file walks) are rare: they end soon after their work.
        .thread_keep_alive(std::time::Duration::from_secs(1))
        // More than all pools together (see `blocking`): threads that hang take nobody else's.
        .max_blocking_threads(96)
        .build()
    {
        Ok(runtime) => runtime,
        Err(error) => {
            eprintln!("machined: cannot start the runtime: {error}");
            return ExitCode::from(EXIT_BROKEN);
        }
    };
    match runtime.block_on(crate::boot::run()) {
        Ok(ending) => {
            let status = ending.exit_status();
            runtime.shutdown_background();
            ExitCode::from(u8::try_from(status).unwrap_or(EXIT_BROKEN))
        }
        Err(error) => {
            eprintln!("machined: {error:#}");
            ExitCode::from(EXIT_BROKEN)
        }
    }
}

/// Anything but an end that was asked for: the host starts the node again, later and later.
const EXIT_BROKEN: u8 = 1;

//! The reaper on real processes; nothing here needs root.

use std::os::fd::OwnedFd;
use std::os::unix::net::UnixStream;
use std::time::Duration;

use tokio::io::AsyncWriteExt;

use super::*;
use crate::process::{CapabilityPolicy, Stdio, User};

fn sh(script: &str) -> Command {
    Command::new("/bin/sh").args(["-c", script]).env("PATH", "/usr/bin:/bin")
}

async fn output(command: Command) -> (Exit, String) {
    let reaper = Reaper::start().unwrap();
    let child = reaper.spawn(&command.stdout(Stdio::Pipe)).unwrap();
    let done = child.finish(65536).await.unwrap();
    (done.exit, String::from_utf8(done.stdout).unwrap())
}

#[tokio::test]
async fn exit_status_and_fatal_signal_are_told_apart() {
    let reaper = Reaper::start().unwrap();
    let mut coded = reaper.spawn(&sh("exit 64")).unwrap();
    let mut killed = reaper.spawn(&sh("kill -9 $$")).unwrap();
    assert_eq!(coded.wait().await, Exit::Code(64));
    assert_eq!(killed.wait().await, Exit::Signal(9));
    assert_eq!(coded.wait().await, Exit::Code(64), "waiting again gives the same answer");
}

#[tokio::test]
async fn many_children_that_end_at_once_are_all_noticed() {
    let reaper = Reaper::start().unwrap();
    let mut children: Vec<Child> =
        (0..50).map(|i| reaper.spawn(&sh(&format!("exit {i}"))).unwrap()).collect();
    for (i, child) in children.iter_mut().enumerate() {
        assert_eq!(child.wait().await, Exit::Code(i as i32));
    }
}

#[tokio::test]
async fn a_program_that_does_not_exist_is_an_error_of_the_start() {
    let reaper = Reaper::start().unwrap();
    let error = reaper.spawn(&Command::new("/does/not/exist")).unwrap_err();
    assert_eq!(error.errno(), Some(Errno::ENOENT));
    assert_eq!(error.to_string().split(':').next(), Some("start /does/not/exist"));
    let error = reaper.spawn(&Command::new("no-such-name").env("PATH", "/bin")).unwrap_err();
    assert!(error.to_string().contains("no such program in /bin"), "{error}");
}

#[tokio::test]
async fn nothing_of_the_parents_environment_or_descriptors_leaks() {
    let (_ours, leaked) = UnixStream::pair().unwrap();
    // Not close-on-exec on purpose: the child must not get it all the same.
    nix::fcntl::fcntl(&leaked, nix::fcntl::FcntlArg::F_SETFD(nix::fcntl::FdFlag::empty())).unwrap();
    let (_, text) = output(Command::new("/usr/bin/env").env("A", "1").env("A", "2")).await;
    assert_eq!(text, "A=2\n");
    let (_, text) = output(sh("ls /proc/self/fd | sort -n | tr '\\n' ' '")).await;
    assert_eq!(text, "0 1 2 3 ", "3 is the directory being listed");
}

#[tokio::test]
async fn inherited_descriptors_become_three_and_four_in_order() {
    let reaper = Reaper::start().unwrap();
    let pairs: Vec<_> = (0..2).map(|_| UnixStream::pair().unwrap()).collect();
    let mut ours = Vec::new();
    let mut command = sh("echo three >&3; echo four >&4");
    for (mine, theirs) in pairs {
        command = command.inherit(OwnedFd::from(theirs));
        ours.push(mine);
    }
    let mut child = reaper.spawn(&command).unwrap();
    drop(command);
    assert_eq!(child.wait().await, Exit::Code(0));
    let read = |stream: &mut UnixStream| {
        let mut text = String::new();
        std::io::Read::read_to_string(stream, &mut text).unwrap();
        text
    };
    assert_eq!(read(&mut ours[0]), "three\n");
    assert_eq!(read(&mut ours[1]), "four\n");
}

#[tokio::test]
async fn standard_input_can_be_fed() {
    let reaper = Reaper::start().unwrap();
    let command = sh("cat").stdin(Stdio::Pipe).stdout(Stdio::Pipe);
    let mut child = reaper.spawn(&command).unwrap();
    let mut stdin = child.take_stdin().unwrap().unwrap();
    stdin.write_all(b"hello").await.unwrap();
    drop(stdin);
    assert_eq!(child.finish(100).await.unwrap().stdout, b"hello");
}

#[tokio::test]
async fn a_signal_to_a_child_that_has_ended_is_no_error() {
    let reaper = Reaper::start().unwrap();
    let mut child = reaper.spawn(&sh("exec sleep 60")).unwrap();
    child.signal(Signal::SIGTERM).unwrap();
    assert_eq!(child.wait().await, Exit::Signal(15));
    child.signal(Signal::SIGTERM).unwrap();
}

#[tokio::test]
async fn output_beyond_the_limit_is_read_and_dropped() {
    let reaper = Reaper::start().unwrap();
    let child = reaper.spawn(&sh("head -c 1000000 /dev/zero").stdout(Stdio::Pipe)).unwrap();
    let done = tokio::time::timeout(Duration::from_secs(10), child.finish(10)).await.unwrap().unwrap();
    assert_eq!((done.exit, done.stdout.len()), (Exit::Code(0), 10));
}

#[tokio::test]
async fn a_child_with_its_own_user_has_exactly_the_capabilities_it_was_given() {
    if !nix::unistd::geteuid().is_root() {
        eprintln!("skipped: changing the user of a child needs root");
        return;
    }
    let show = "grep -E '^(Uid|Groups|CapPrm|CapEff|CapBnd|CapAmb|NoNewPrivs)' /proc/self/status";
    let user = User::with_own_group(52);
    let only = CapabilityPolicy::Only(vec![caps::Capability::CAP_NET_ADMIN, caps::Capability::CAP_NET_RAW]);
    let (_, text) = output(sh(show).user(user.clone()).capabilities(only).no_new_privs()).await;
    for set in ["CapPrm", "CapEff", "CapBnd", "CapAmb"] {
        assert!(text.contains(&format!("{set}:\t0000000000003000")), "{text}");
    }
    assert!(text.contains("Uid:\t52\t52\t52\t52") && text.contains("NoNewPrivs:\t1"), "{text}");
    let (_, text) = output(sh(show).user(user).capabilities(CapabilityPolicy::Only(vec![]))).await;
    for set in ["CapPrm", "CapEff", "CapBnd", "CapAmb"] {
        assert!(text.contains(&format!("{set}:\t0000000000000000")), "{text}");
    }
    let without = CapabilityPolicy::Without(vec![caps::Capability::CAP_SYS_MODULE]);
    let (_, text) = output(sh(show).capabilities(without)).await;
    let bounding = text.lines().find_map(|line| line.strip_prefix("CapBnd:\t")).unwrap().to_owned();
    let effective = text.lines().find_map(|line| line.strip_prefix("CapEff:\t")).unwrap().to_owned();
    let module = caps::Capability::CAP_SYS_MODULE.bitmask();
    for set in [bounding, effective] {
        let mask = u64::from_str_radix(&set, 16).unwrap();
        assert!(mask & module == 0 && mask != 0, "{text}");
    }
}

#[tokio::test]
async fn new_namespaces_make_the_child_an_init() {
    if !nix::unistd::geteuid().is_root() {
        eprintln!("skipped: namespaces need root");
        return;
    }
    let mut command = sh("echo $$");
    command.new_namespaces = nix::sched::CloneFlags::CLONE_NEWPID | nix::sched::CloneFlags::CLONE_NEWUTS;
    assert_eq!(output(command).await, (Exit::Code(0), "1\n".into()));
}

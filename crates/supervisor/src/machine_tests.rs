//! Rules of a child's life, first as tables, then as a simulation on virtual time.

use proptest::prelude::*;

use super::*;

const fn ms(value: u64) -> Duration {
    Duration::from_millis(value)
}

fn running(settings: Settings) -> Machine {
    let mut machine = Machine::new(settings);
    assert_eq!(machine.step(ms(0), Event::Start), [Action::Spawn]);
    assert_eq!(machine.step(ms(1), Event::Spawned), [Action::AskHealth]);
    assert_eq!(machine.step(ms(2), Event::Health(true)), []);
    assert_eq!(machine.phase(), Phase::Waiting);
    assert_eq!(machine.step(ms(3), Event::Ready(true)), []);
    assert_eq!(machine.phase(), Phase::Running);
    machine
}

#[test]
fn a_child_is_asked_once_per_period_and_only_after_it_answered() {
    let settings = Settings::default();
    let mut machine = running(settings);
    let due = ms(2) + settings.health_period;
    assert_eq!(machine.deadline(), Some(due));
    assert_eq!(machine.step(due - ms(1), Event::Tick), []);
    assert_eq!(machine.step(due, Event::Tick), [Action::AskHealth]);
    assert_eq!(machine.step(due + ms(1), Event::Tick), []);
}

#[test]
fn silence_makes_it_unhealthy_and_then_dead() {
    let settings = Settings::default();
    let mut machine = running(settings);
    let asked = ms(2) + settings.health_period;
    machine.step(asked, Event::Tick);
    assert_eq!(machine.step(asked + settings.unhealthy_after, Event::Tick), []);
    assert_eq!(machine.phase(), Phase::Unhealthy);
    assert_eq!(machine.step(asked + settings.kill_after, Event::Tick), [Action::Kill]);
    assert_eq!(machine.phase(), Phase::Killed);
    let ended = asked + settings.kill_after + ms(1);
    assert_eq!(
        machine.step(ended, Event::Exited(Exit::Signal(9))),
        [Action::Spawn],
        "the first restart is at once"
    );
}

#[test]
fn a_late_answer_heals() {
    let settings = Settings::default();
    let mut machine = running(settings);
    let asked = ms(2) + settings.health_period;
    machine.step(asked, Event::Tick);
    machine.step(asked + settings.unhealthy_after, Event::Tick);
    machine.step(asked + settings.unhealthy_after + ms(1), Event::Health(true));
    assert_eq!(machine.phase(), Phase::Running);
}

#[test]
fn a_child_that_says_it_is_not_well_is_shown_so_but_left_alive() {
    let settings = Settings::default();
    let mut machine = running(settings);
    let mut now = ms(2);
    for _ in 0..10 {
        now += settings.health_period;
        assert_eq!(machine.step(now, Event::Tick), [Action::AskHealth]);
        assert_eq!(machine.step(now, Event::Health(false)), []);
        assert_eq!(machine.phase(), Phase::Unhealthy);
    }
}

#[test]
fn losing_readiness_is_waiting_again() {
    let mut machine = running(Settings::default());
    machine.step(ms(10), Event::Ready(false));
    assert_eq!(machine.phase(), Phase::Waiting);
}

#[test]
fn a_stopped_child_drains_first_and_is_killed_after_its_grace() {
    let settings = Settings::default();
    let mut machine = running(settings);
    assert_eq!(machine.step(ms(10), Event::Stop), [Action::Drain(settings.grace)]);
    assert_eq!(
        machine.step(ms(11) + settings.kill_after * 2, Event::Tick),
        [],
        "nobody asks a child that is ending"
    );
    assert_eq!(machine.step(ms(10) + settings.grace, Event::Tick), [Action::Kill]);
    machine.step(ms(11) + settings.grace, Event::Exited(Exit::Signal(9)));
    assert_eq!((machine.phase(), machine.deadline()), (Phase::Stopped, None));
}

#[test]
fn a_stop_before_the_start_is_through_takes_effect_then() {
    let settings = Settings::default();
    let mut machine = Machine::new(settings);
    machine.step(ms(0), Event::Start);
    assert_eq!(machine.step(ms(1), Event::Stop), []);
    assert_eq!(machine.step(ms(2), Event::Spawned), [Action::Drain(settings.grace)]);
}

#[test]
fn a_start_while_stopping_is_obeyed_after_the_end() {
    let mut machine = running(Settings::default());
    machine.step(ms(10), Event::Stop);
    assert_eq!(machine.step(ms(11), Event::Start), []);
    assert_eq!(machine.step(ms(12), Event::Exited(Exit::Code(0))), [Action::Spawn]);
}

/// A child as the world sees it: it may crash, hang, answer late or fail to start, by seed.
#[derive(Debug, Clone)]
struct Fault {
    spawn_fails: bool,
    answer_after: Option<u64>,
    crash_after: Option<u64>,
    drain_takes: Option<u64>,
}

fn fault() -> impl Strategy<Value = Fault> {
    let answer =
        prop_oneof![4 => (0..900u64).prop_map(Some), 1 => (1000..9000u64).prop_map(Some), 1 => Just(None)];
    let crash = prop_oneof![2 => Just(None), 1 => (0..40_000u64).prop_map(Some)];
    let drain = prop_oneof![(0..20_000u64).prop_map(Some), Just(None)];
    (prop::bool::weighted(0.1), answer, crash, drain).prop_map(
        |(spawn_fails, answer_after, crash_after, drain_takes)| Fault {
            spawn_fails,
            answer_after,
            crash_after,
            drain_takes,
        },
    )
}

proptest! {
    #[test]
    fn whatever_goes_wrong_there_is_never_more_than_one_process_and_none_hangs_for_ever(
        faults in prop::collection::vec(fault(), 1..12),
        stop_at in 1_000..120_000u64,
    ) {
        let settings = Settings::default();
        let mut machine = Machine::new(settings);
        let mut world: Vec<(Duration, Event)> = vec![(ms(0), Event::Start), (ms(stop_at), Event::Stop)];
        let mut faults = faults.into_iter().cycle();
        let mut current: Option<Fault> = None;
        let mut silent_since: Option<Duration> = None;
        let mut now = ms(0);
        for _ in 0..20_000 {
            world.sort_by_key(|(at, _)| *at);
            let tick = machine.deadline();
            let (at, event) = match (world.first().copied(), tick) {
                (Some(next), Some(tick)) if tick < next.0 => (tick, Event::Tick),
                (Some(next), _) => { world.remove(0); next }
                (None, Some(tick)) => (tick, Event::Tick),
                (None, None) => break,
            };
            now = now.max(at);
            if matches!(event, Event::Exited(_)) {
                current = None;
                silent_since = None;
            }
            if matches!(event, Event::Health(_)) {
                silent_since = None;
            }
            for action in machine.step(now, event) {
                match action {
                    Action::Spawn => {
                        prop_assert!(current.is_none(), "a second process at {now:?}");
                        prop_assert!(now < ms(stop_at) || world.iter().any(|(_, e)| *e == Event::Stop), "started after the stop");
                        let fault = faults.next().unwrap();
                        if fault.spawn_fails {
                            world.push((now + ms(1), Event::SpawnFailed));
                        } else {
                            world.push((now + ms(1), Event::Spawned));
                            world.push((now + ms(5), Event::Ready(true)));
                            if let Some(after) = fault.crash_after {
                                world.push((now + ms(2 + after), Event::Exited(Exit::Code(1))));
                            }
                            current = Some(fault);
                        }
                    }
                    Action::AskHealth => {
                        silent_since = Some(now);
                        if let Some(after) = current.as_ref().and_then(|fault| fault.answer_after) {
                            world.push((now + ms(after), Event::Health(true)));
                        }
                    }
                    Action::Drain(_) => {
                        silent_since = None;
                        if let Some(takes) = current.as_ref().and_then(|fault| fault.drain_takes) {
                            world.retain(|(_, e)| !matches!(e, Event::Exited(_)));
                            world.push((now + ms(takes), Event::Exited(Exit::Code(0))));
                        }
                    }
                    Action::Kill => {
                        // What a dead process would still have said is never heard.
                        world.retain(|(_, e)| matches!(e, Event::Stop));
                        world.push((now + ms(1), Event::Exited(Exit::Signal(9))));
                    }
                }
            }
            if matches!(event, Event::Exited(_)) {
                world.retain(|(_, e)| !matches!(e, Event::Health(_) | Event::Ready(_) | Event::Exited(_)));
            }
            if let Some(since) = silent_since.filter(|_| !matches!(machine.phase(), Phase::Killed)) {
                prop_assert!(now <= since + settings.kill_after, "silent since {since:?} and alive at {now:?}");
            }
        }
        prop_assert_eq!(machine.phase(), Phase::Stopped);
        prop_assert!(now <= ms(stop_at) + settings.grace + settings.kill_after + ms(10), "still busy at {:?}", now);
    }
}

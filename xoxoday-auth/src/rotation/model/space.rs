//! Every event that may happen in a state, for the checker.

use stateright::{Model, Property};

use super::super::protocol::Reason;
use super::guarantees::Guarantee;
use super::process::{Doing, Process};
use super::world::{Event, How, Setting, World};

impl Model for Setting {
    type State = World;
    type Action = Event;

    fn init_states(&self) -> Vec<World> {
        vec![World::new(self)]
    }

    fn actions(&self, world: &World, events: &mut Vec<Event>) {
        if !world.broken.is_empty() {
            return;
        }
        let left = &world.left;
        for who in 0..world.processes.len() {
            let process = world.process(who);
            if process.is_at_rest() {
                world.beginnings(who, process, events);
            } else {
                let hows = world.hows(process);
                events.extend(hows.iter().map(|how| Event::Go(who, *how)));
            }
            if left.crashes > 0 && process.doing != Doing::Unborn && process.began {
                events.push(Event::Crash(who));
            }
        }
        events.extend((0..world.astray.len()).map(Event::WorkedOnLate));
        let mut may = |can: bool, event: Event| events.extend(can.then_some(event));
        may(left.ticks > 0, Event::Tick);
        may(world.store.down, Event::StoreUp);
        may(left.outages > 0 && !world.store.down, Event::StoreDown);
        may(left.faults > 0 && world.rescue.is_some(), Event::RescueLost);
        let latched = world.store.content.get().is_latched();
        may(
            left.imports > 0 && latched && !world.store.down,
            Event::Import,
        );
    }

    fn next_state(&self, world: &World, event: Event) -> Option<World> {
        world.after(self, event)
    }

    fn properties(&self) -> Vec<Property<Self>> {
        macro_rules! properties {
            ($($guarantee:ident)*) => {
                vec![$(Property::always(Guarantee::$guarantee.name(), |_, world: &World| {
                    !world.broken.has(Guarantee::$guarantee)
                })),*]
            };
        }
        let mut properties = properties! {
            OnePresenter IntentFirst SaveThenLook NoLostSuccessor AdoptFirst Latch Brake
            Generations NeverLockedOut
        };
        properties.extend(sights());
        properties
    }
}

/// What must come about, or the guarantees would say little.
fn sights() -> [Property<Setting>; 4] {
    [
        Property::sometimes("a second presentation", |_, world: &World| {
            world.store.content.get().settled.presentations() > 1
        }),
        Property::sometimes("a rescue", |_, world: &World| world.rescue.is_some()),
        Property::sometimes("a latch", |_, world: &World| {
            world.store.content.get().is_latched()
        }),
        Property::sometimes("a login", |setting: &Setting, world: &World| {
            world.left.imports < setting.bounds.imports
        }),
    ]
}

impl World {
    /// Why a rotation might begin here. Processes that have done nothing yet
    /// are all alike: the first of them goes first.
    fn beginnings(&self, who: usize, process: &Process, events: &mut Vec<Event>) {
        let alike = |other: usize| {
            let other = self.process(other);
            !other.began && other.doing == process.doing
        };
        if !process.began && (0..who).any(alike) {
            return;
        }
        if process.doing == Doing::Unborn && self.store.down {
            return;
        }
        if process.subject.machine.unsaved().is_some() {
            self.begin_for(who, Reason::Due, events);
        }
        if self.left.rotations == 0 {
            return;
        }
        let held = match process.doing {
            Doing::Unborn => self.store.content.get().settled.generation(),
            _ => process.held,
        };
        let older = (held > 1).then(|| Reason::Rejected(held - 1));
        let reasons = [Reason::Demanded, Reason::Rejected(held)];
        for reason in reasons.into_iter().chain(older) {
            self.begin_for(who, reason, events);
        }
    }

    fn begin_for(&self, who: usize, reason: Reason, events: &mut Vec<Event>) {
        events.push(Event::Begin(who, reason, How::Well));
        if self.left.faults > 0 && !self.store.down {
            events.push(Event::Begin(who, reason, How::Blind));
        }
    }

    /// The ways in which the next step of a process may go.
    fn hows(&self, process: &Process) -> &'static [How] {
        let faults = self.left.faults > 0;
        match &process.doing {
            Doing::Swap { .. } if self.store.down => &[How::Fails],
            Doing::Swap { .. } if faults => &[How::Well, How::Blind, How::Fails, How::Unheard],
            Doing::Wait if faults && !self.store.down => &[How::Well, How::Blind],
            Doing::Presenting(_) if faults => &[
                How::Well,
                How::Limited,
                How::Troubled,
                How::Spoilt,
                How::Lost,
                How::NotSent,
            ],
            Doing::End { .. } if faults && process.subject.machine.unsaved().is_some() => {
                &[How::Well, How::Fails]
            }
            _ => &[How::Well],
        }
    }
}

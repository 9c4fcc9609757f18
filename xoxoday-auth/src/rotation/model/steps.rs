//! What each event does.

use super::super::clock::after;
use super::super::document::Document;
use super::super::protocol::{Exchanged, Input, Loaded, Reason};
use super::super::rescue::gives_way;
use super::super::seed::Seed;
use super::guarantees::{Guarantee, Presented};
use super::probe;
use super::process::{Doing, Process, Told};
use super::shared::Shared;
use super::subject::Breach;
use super::tokens::{Answer, Token, number, text};
use super::world::{Event, How, Setting, World};
use crate::store::{StoreError, StoreErrorKind, Swap, Version};

impl World {
    /// The world after an event; none if it is another event's world.
    pub(super) fn after(&self, setting: &Setting, event: Event) -> Option<Self> {
        let mut world = self.clone();
        match event {
            Event::Begin(who, reason, how) => {
                // To save what is left over is the driver's own doing.
                if reason != Reason::Due {
                    world.left.rotations -= 1;
                }
                world.spend(who, how);
                world.begin(setting, who, reason);
                world.go_on(setting, who, how)?;
            }
            Event::Go(who, how) => {
                world.spend(who, how);
                world.go(setting, who, how);
                world.go_on(setting, who, how)?;
            }
            Event::Crash(who) => world.crash(setting, who),
            Event::WorkedOnLate(index) => {
                let token = world.astray.remove(index);
                world.server.present(token);
                world.forget_astray();
            }
            Event::Tick => {
                world.left.ticks -= 1;
                world.pass(1);
            }
            Event::StoreDown => {
                world.left.outages -= 1;
                world.store.down = true;
            }
            Event::StoreUp => world.store.down = false,
            Event::RescueLost => {
                world.left.faults -= 1;
                world.lose_rescue();
            }
            Event::Import => world.import(),
        }
        if world.is_at_rest() && !matches!(event, Event::Tick) {
            probe::look(setting, &mut world);
        }
        Some(world)
    }

    fn spend(&mut self, who: usize, how: How) {
        let swap = matches!(self.process(who).doing, Doing::Swap { .. });
        let anyway = how == How::Fails && swap && self.store.down;
        if how != How::Well && !anyway {
            self.left.faults -= 1;
        }
    }

    /// What a process does next in the same step, because nobody could tell the
    /// difference: see [`super`]. None if the step was to fail at a look into
    /// the store, and there was none.
    pub(super) fn go_on(&mut self, setting: &Setting, who: usize, how: How) -> Option<()> {
        let mut blind = how == How::Blind;
        loop {
            let process = self.process(who);
            let machine = &process.subject.machine;
            let how = match &process.doing {
                Doing::Load if blind || self.store.down => {
                    blind = false;
                    How::Fails
                }
                Doing::Load => How::Well,
                Doing::End { .. }
                    if machine.unsaved().is_none() && machine.taken_over().is_none() =>
                {
                    How::Well
                }
                _ => return (!blind).then_some(()),
            };
            self.go(setting, who, how);
        }
    }

    pub(super) fn pass(&mut self, ticks: u8) {
        self.ticks += ticks;
        let now = self.now();
        self.past.forget(now);
    }

    /// A rotation begins; with it a process, if there is none here. That one
    /// has read the store, and its callers use what is stored.
    pub(super) fn begin(&mut self, setting: &Setting, who: usize, reason: Reason) {
        let mut process = self.process(who).clone();
        if process.doing == Doing::Unborn {
            self.births += 1;
            let held = self.store.content.get().settled.generation();
            process = Process::new(setting.subject(self.births - 1), Doing::Rest, held);
        }
        process.began = true;
        process.reason = reason;
        let held = process.held;
        let begin = Input::Begin {
            reason,
            held,
            accepted: 0,
        };
        self.tell(setting, who, process, begin);
    }

    /// One process does what is next.
    pub(super) fn go(&mut self, setting: &Setting, who: usize, how: How) {
        let mut process = self.process(who).clone();
        let doing = std::mem::replace(&mut process.doing, Doing::Rest);
        let well = matches!(how, How::Well | How::Blind);
        let store = matches!(doing, Doing::Load | Doing::Swap { .. });
        process.not_saved |= store && !well && process.subject.machine.unsaved().is_some();
        let input = match doing {
            Doing::Unborn | Doing::Rest => return,
            Doing::Load if !well => Input::Loaded(Err(trouble())),
            Doing::Load => Input::Loaded(Ok(Loaded {
                stored: Some(self.store.content.get().stored.clone()),
                rescued: self.rescue.as_ref().map(|it| it.get().clone()),
            })),
            Doing::Wait => Input::Waited,
            Doing::Swap { expected, document } => {
                let swap = self.swap(setting, &mut process, expected, &document, how);
                match swap {
                    Ok(Swap::Done(version)) if process.announces(&document) => {
                        process.doing = Doing::Announced(version);
                        self.set_process(who, process);
                        return;
                    }
                    swap => Input::Swapped(swap),
                }
            }
            Doing::Announced(version) => Input::Swapped(Ok(Swap::Done(version))),
            Doing::Presenting(token) => {
                let exchanged = self.exchanged(&mut process, token, how);
                if how == How::NotSent {
                    self.past.unsend(who);
                }
                self.past.presented.retain(|it| it.by != Some(who));
                Input::Exchanged(exchanged)
            }
            Doing::End { publish, .. } => {
                self.end(&mut process, publish, how);
                self.set_process(who, process);
                return;
            }
        };
        self.tell(setting, who, process, input);
    }

    fn tell(&mut self, setting: &Setting, who: usize, mut process: Process, input: Input) {
        let now = self.now();
        let told = process.tell(input, now);
        self.look(setting, who, &process, &told);
        let owes = self.owes(&process);
        let forgets = owes.is_some_and(|token| !process.keeps(token));
        self.broken.mark(Guarantee::NoLostSuccessor, forgets);
        self.set_process(who, process);
    }

    /// What was sent, and what was published early.
    fn look(&mut self, setting: &Setting, who: usize, process: &Process, told: &Told) {
        if let Some(document) = &told.published {
            self.published(process, document);
        }
        let (Some(attempt), Doing::Presenting(token)) = (&told.sent, &process.doing) else {
            return;
        };
        let (now, token) = (self.now(), *token);
        let past = &self.past;
        let taken = past.presented.iter().any(|it| it.token == token);
        let announced = process.announced.as_ref().filter(|it| it.0 == *attempt);
        let rejected = past.latched.contains(token) || process.rejected.contains(token);
        let too_soon = !past.floors.is_empty();
        let owes = self.owes(process).is_some();
        let broken = &mut self.broken;
        broken.mark(Guarantee::OnePresenter, taken);
        broken.mark(Guarantee::IntentFirst, announced.is_none());
        broken.mark(Guarantee::NoLostSuccessor, owes);
        broken.mark(Guarantee::Latch, rejected);
        broken.mark(Guarantee::Brake, too_soon);
        let lease_until = announced.map_or(now, |it| it.1);
        self.past.presented.push(Presented {
            token,
            by: Some(who),
            lease_until,
        });
        let floor = after(now, setting.policy.floor);
        self.past.floors.push((who, floor));
        self.past.forget(now);
    }

    fn published(&mut self, process: &Process, document: &Document) {
        let token = number(&document.0.refresh);
        let written = self.past.stored.with(self.past.rescued).contains(token);
        let held = process.received == Some(token) && process.not_saved && process.keeps(token);
        self.broken.mark(Guarantee::SaveThenLook, !written && !held);
    }

    fn swap(
        &mut self,
        setting: &Setting,
        process: &mut Process,
        expected: Version,
        document: &Document,
        how: How,
    ) -> Result<Swap, StoreError> {
        if how == How::Fails {
            return Err(trouble());
        }
        let before = self.store.content.clone();
        let swap = self.store.swap(expected, document);
        if let Swap::Done(_) = swap {
            if process.announces(document) {
                self.announced(setting, process, &before.get().settled, document);
            }
            let content = self.store.content.clone();
            let content = content.get();
            self.past.stored.insert(content.token());
            if content.is_latched() {
                self.past.latched.insert(content.token());
            }
            if let Some(brake) = content.brake() {
                self.past.brake(brake);
            }
            let now = self.now();
            self.past.forget(now);
        }
        match how {
            How::Well | How::Blind => Ok(swap),
            _ => Err(trouble()),
        }
    }

    /// An intent is durable: had there been a token to adopt?
    fn announced(
        &mut self,
        setting: &Setting,
        process: &mut Process,
        before: &Document,
        document: &Document,
    ) {
        let Some(intent) = &document.0.intent else {
            return;
        };
        let mine = process.announced.as_ref().map(|it| &it.0);
        if mine != Some(&intent.attempt) {
            let generation = before.generation();
            let usable = setting.policy.is_usable(before, self.now());
            let (rejected, older) = match process.reason {
                Reason::Rejected(rejected) => (rejected >= generation, rejected < generation),
                _ => (false, false),
            };
            let adopts = usable && !rejected && generation > process.held;
            let latched = before.0.latch.is_some();
            let braked = self.past.braked_until.is_some();
            self.broken.mark(Guarantee::Latch, latched);
            self.broken.mark(Guarantee::Brake, braked);
            self.broken.mark(Guarantee::AdoptFirst, adopts);
            self.broken.mark(Guarantee::Generations, usable && older);
        }
        process.announced = Some((intent.attempt.clone(), intent.lease_until));
    }

    fn exchanged(&mut self, process: &mut Process, token: Token, how: How) -> Exchanged {
        let now = self.now();
        let answer = match how {
            How::Well => match self.server.present(token) {
                Some(successor) => Answer::Pair(successor),
                None => Answer::Rejection,
            },
            How::Limited => Answer::Limit,
            How::Troubled => Answer::Trouble,
            How::Spoilt => {
                self.server.present(token);
                Answer::Garbage
            }
            How::NotSent => return Exchanged::NotSent("no connection".into()),
            _ => {
                self.goes_astray(token);
                return Exchanged::Lost("no answer in time".into());
            }
        };
        self.forget_astray();
        match answer {
            Answer::Pair(successor) => {
                process.received = Some(successor);
                process.fresh = true;
                process.not_saved = false;
                process.not_rescued = false;
                self.past.received.insert(successor);
                self.past.lost.remove(successor);
            }
            Answer::Rejection => process.rejected.insert(token),
            _ => {}
        }
        Exchanged::Answered(answer.staged(now))
    }

    fn goes_astray(&mut self, token: Token) {
        self.astray.push(token);
        self.astray.sort_unstable();
        self.forget_astray();
    }

    /// What the server would not heed might as well never arrive.
    fn forget_astray(&mut self) {
        let server = &self.server;
        self.astray.retain(|token| server.heeds(*token));
    }

    /// As the driver ends a rotation: the rescue file, then the callers.
    fn end(&mut self, process: &mut Process, publish: Option<Document>, how: How) {
        process.fresh = false;
        let machine = &process.subject.machine;
        let found = self.rescue.as_ref().map(Shared::get);
        match (machine.unsaved(), machine.taken_over()) {
            (Some(unsaved), taken_over) if taken_over != Some(unsaved) => {
                let unsaved = unsaved.clone();
                let free = gives_way(found, &unsaved, taken_over)
                    || process.subject.is(Breach::TramplesRescue);
                if how == How::Fails {
                    process.not_rescued = true;
                } else if free && !process.subject.is(Breach::NoRescue) {
                    self.rescue(unsaved);
                }
            }
            (None, Some(settled)) if found == Some(settled) => self.rescue = None,
            (None, None) if process.subject.is(Breach::SweepsRescue) => self.rescue = None,
            _ => {}
        }
        if let Some(document) = publish {
            self.published(process, &document);
            process.held = document.generation();
        }
        // What is over makes no difference any more.
        process.reason = Reason::Due;
        process.announced = None;
        process.rejected = process.rejected.without(self.past.latched);
        if process.subject.machine.unsaved().is_none() {
            process.received = None;
            process.not_saved = false;
            process.not_rescued = false;
        }
    }

    fn rescue(&mut self, unsaved: Document) {
        let token = number(&unsaved.clone().settled().0.0.refresh);
        self.past.rescued.insert(token);
        self.rescue = Some(Shared::new(unsaved));
    }

    /// The disk is gone with the rescue file; what only that held is lost.
    fn lose_rescue(&mut self) {
        self.past.rescued = Default::default();
        if let Some(rescue) = self.rescue.take() {
            let token = number(&rescue.get().clone().settled().0.0.refresh);
            self.past.lost.insert(token);
        }
    }

    fn crash(&mut self, setting: &Setting, who: usize) {
        self.left.crashes -= 1;
        let process = self.process(who).clone();
        if let Doing::Presenting(token) = process.doing {
            self.goes_astray(token);
        }
        for it in &mut self.past.presented {
            it.by = it.by.filter(|by| *by != who);
        }
        // There was nowhere to write it, or no time to.
        let in_vain = process.fresh || process.not_rescued;
        if let Some(token) = process.received.filter(|_| in_vain) {
            self.past.lost.insert(token);
        }
        let nobody = Process::new(setting.subject(0), Doing::Unborn, 0);
        self.set_process(who, nobody);
    }

    fn import(&mut self) {
        self.left.imports -= 1;
        let now = self.now();
        let token = self.server.log_in();
        let seed = Seed::new(text(token)).access_token("a", None);
        let content = self.store.content.clone();
        let content = content.get();
        let document = content.settled.reseeded(&seed, now);
        let _ = self.store.swap(content.stored.version, &document);
        self.past.received.insert(token);
        self.past.stored.insert(token);
        self.past.braked_until = None;
        self.past.floors.clear();
        self.forget_astray();
    }
}

fn trouble() -> StoreError {
    StoreError::new(StoreErrorKind::Unavailable, "")
}

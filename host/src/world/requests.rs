//! What other systems are asked for: workers fetch it and answer, and what cannot be asked is asked again.

use bp_bytecode::border;
use bp_bytecode::index::OperationId;
use bp_bytecode::process::Operation;
use bp_bytecode::value::Value;
use bp_vm::Answer;
use serde_json::{Map, Value as Json};

use super::desk::Field;
use super::living::{REQUEST_LOCK, TASK_DUE, object, parsed, unfit};
use super::{HostWorld, codec, text};
use crate::error::{Refused, Result};
use crate::instances::{Request, RequestState};

/// How long the first retry of a request waits, in seconds; each one after it twice as long as the one before.
const BACK_OFF_FIRST: i64 = 10;

/// The longest that a retry waits, in seconds.
const BACK_OFF_MAX: i64 = 3_600;

/// Who answers in a test.
const TESTER: &str = "a test";

/// What came of an answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Answered {
    pub instance: i64,
    /// The same worker had answered the same before; nothing was done.
    pub duplicate: bool,
}

impl<'a> HostWorld<'a> {
    /// The moment that it is, in seconds since 1970-01-01T00:00:00Z.
    pub fn now_is(&self) -> i64 {
        self.context.now
    }

    /// The next requests behind one of a number that are not answered, at most so many.
    pub fn requests(&mut self, behind: i64, most: i64) -> Result<Vec<Request>> {
        self.with_instances(|rows| rows.requests(behind, most))
    }

    /// Hands the oldest requests to a service over to a worker, at most so many; nobody else gets them before a moment, in
    /// seconds since 1970-01-01T00:00:00Z. Of one operation, or of all.
    ///
    /// Errors if the program has no such service or operation.
    pub fn fetch(
        &mut self,
        (service, operation): (&str, Option<&str>),
        worker: &str,
        until: i64,
        most: i64,
    ) -> Result<Vec<Request>> {
        self.end_of_call()?;
        let operation = operation.unwrap_or_default();
        let of_service = |known: &&Operation| text(self.program, known.service) == service;
        let mut known = self.program.operations.iter().filter(of_service).peekable();
        if known.peek().is_none() {
            return Err(Refused::Unknown { what: "service", name: service.to_owned() }.into());
        }
        if !operation.is_empty() && !known.any(|known| text(self.program, known.name) == operation) {
            let name = format!("{service}.{operation}");
            return Err(Refused::Unknown { what: "operation", name }.into());
        }
        let now = self.context.now;
        let found = self.with_instances(|rows| rows.next_requests(service, operation, now, most))?;
        let mut fetched = Vec::with_capacity(found.len());
        for request in found {
            self.lock(&request, worker, until)?;
            fetched.extend(self.with_instances(|rows| rows.request_of_key(&request.key))?);
        }
        self.stand()?;
        Ok(fetched)
    }

    fn lock(&mut self, request: &Request, worker: &str, until: i64) -> Result<()> {
        self.with_instances(|rows| {
            rows.lock_request(request.id, worker, until)?;
            rows.set_timer((request.instance, request.token), REQUEST_LOCK, until, None)
        })?;
        self.tell_of(request.instance, "fetched", &name_of(request))
    }

    /// A request that a worker has, or that it had and nobody has fetched since.
    ///
    /// Errors if there is none of that key, or if it is no business of this worker any more.
    pub fn request_to_answer(&mut self, key: &str, worker: &str) -> Result<Request> {
        let request = self.with_instances(|rows| rows.request_of_key(key))?;
        let request = request.ok_or_else(|| Refused::Unknown { what: "request", name: key.to_owned() })?;
        let when = || border::moment_text(request.ended_at.unwrap_or_default());
        let why = match request.state {
            RequestState::Answered if request.ended_by == worker => return Ok(request),
            RequestState::Answered => format!("{} answered it already, at {}", request.ended_by, when()),
            RequestState::Withdrawn => format!("it was withdrawn at {}: something else happened first", when()),
            RequestState::Stopped => {
                format!("all its tries are used up; instance {} has to be retried before", request.instance)
            }
            RequestState::Open if request.worker == worker => return Ok(request),
            RequestState::Open => match request.locked_until {
                Some(until) => format!("{} has it until {}", request.worker, border::moment_text(until)),
                None => format!("{worker} has not fetched it"),
            },
        };
        Err(refused(&request, why))
    }

    /// The number of the operation that a request asks for.
    pub fn operation_of(&self, request: &Request) -> Result<OperationId> {
        let program = self.program;
        let is_it = |known: &Operation| {
            text(program, known.service) == request.service && text(program, known.name) == request.operation
        };
        let place = program.operations.iter().position(is_it);
        let place = place.ok_or_else(|| unfit(format!("the program has no `{}` any more", name_of(request))))?;
        Ok(OperationId(place as u16))
    }

    /// What a request asks with: its fields for people, and as JSON.
    pub fn asked_with(&mut self, request: &Request) -> Result<(Vec<Field>, Map<String, Json>)> {
        let asked = self.program.operations[self.operation_of(request)?.index()].asked;
        let json = object(&request.asked)?;
        Ok((self.plain_fields(asked, &json)?, json))
    }

    /// A worker answers how the operation has ended, a value of its outcome whose parts fit what the program asks of them.
    ///
    /// Errors, with nothing done, if the request is no business of this worker.
    pub fn answer_request(&mut self, key: &str, worker: &str, outcome: &Value) -> Result<Answered> {
        self.end_of_call()?;
        let request = self.request_to_answer(key, worker)?;
        let (program, operation) = (self.program, self.operation_of(&request)?);
        let shape = program.operations[operation.index()].outcome;
        let given = self.with_documents(|names| codec::write(program, shape, outcome, names))?.to_string();
        if request.state == RequestState::Answered {
            // A worker that does not know whether its answer came says it again.
            if request.answer.as_ref() == Some(&given) {
                return Ok(Answered { instance: request.instance, duplicate: true });
            }
            let when = border::moment_text(request.ended_at.unwrap_or_default());
            return Err(refused(&request, format!("{worker} answered it already, with something else, at {when}")));
        }
        let (of, now) = ((request.instance, request.token), self.context.now);
        self.with_instances(|rows| {
            rows.end_request(request.id, &given, worker, now)?;
            rows.remove_timers(of, REQUEST_LOCK)?;
            rows.happened(of, Some(request.event), Some(&given), None)
        })?;
        self.tell_of(request.instance, "answered", &name_of(&request))?;
        self.settle_all()?;
        Ok(Answered { instance: request.instance, duplicate: false })
    }

    /// A worker could not ask the other system, for a reason: the request may be fetched again later, or stands still when
    /// all tries are used up. The request as it is then.
    ///
    /// Errors, with nothing done, if the request is no business of this worker.
    pub fn request_failed(&mut self, key: &str, worker: &str, why: &str) -> Result<Request> {
        self.end_of_call()?;
        let request = self.request_to_answer(key, worker)?;
        if request.state == RequestState::Answered || request.locked_until.is_none() {
            return Err(refused(&request, format!("{worker} does not have it any more")));
        }
        self.failed_try(&request, why)?;
        self.settle_all()?;
        let request = self.with_instances(|rows| rows.request_of_key(key))?;
        request.ok_or_else(|| unfit("a request that is gone".to_owned()))
    }

    /// Nobody has answered in the time that a worker had.
    pub(super) fn lock_over(&mut self, of: (i64, i64)) -> Result<()> {
        for request in self.with_instances(|rows| rows.requests_of(of))? {
            if request.locked_until.is_some() {
                let why = format!("{} did not answer", request.worker);
                self.failed_try(&request, &why)?;
            }
        }
        Ok(())
    }

    fn failed_try(&mut self, request: &Request, why: &str) -> Result<()> {
        let (of, now) = ((request.instance, request.token), self.context.now);
        self.with_instances(|rows| rows.remove_timers(of, REQUEST_LOCK))?;
        self.tell_of(request.instance, "error", &format!("{}: {why}", name_of(request)))?;
        if request.tries <= request.retries {
            let doubled = u32::try_from(request.tries - 1).ok().and_then(|times| BACK_OFF_FIRST.checked_shl(times));
            let wait = doubled.filter(|wait| (1..BACK_OFF_MAX).contains(wait)).unwrap_or(BACK_OFF_MAX);
            return self.with_instances(|rows| rows.unlock_request(request.id, why, now.saturating_add(wait)));
        }
        self.with_instances(|rows| rows.stop_request(request.id, why))?;
        let times = if request.tries == 1 { "once".to_owned() } else { format!("{} times", request.tries) };
        let line = format!("{} could not be asked, {times}: {why}", name_of(request));
        self.stop(of, (line.clone(), line))
    }

    // ---- a process that asks, and a test that answers

    pub(super) fn ask<'v>(
        &mut self,
        of: (i64, i64),
        event: i64,
        (operation, due, retries): (OperationId, bool, bool),
        mut next: impl FnMut() -> Value + 'v,
    ) -> Result<()> {
        let (program, now) = (self.program, self.context.now);
        let known = program.operations.get(operation.index());
        let known = known.ok_or_else(|| unfit("the program has no such operation".to_owned()))?;
        let with = next();
        let due = due.then(&mut next).and_then(|due| due.word());
        let retries = if retries { next().word().unwrap_or_default() } else { 0 };
        let asked = self.with_documents(|names| codec::write(program, known.asked, &with, names))?;
        let request = Request {
            id: 0,
            key: String::new(),
            instance: of.0,
            token: of.1,
            event,
            service: text(program, known.service).to_owned(),
            operation: text(program, known.name).to_owned(),
            asked: asked.to_string(),
            due,
            overdue: false,
            retries,
            tries: 0,
            next_at: now,
            worker: String::new(),
            locked_until: None,
            error: String::new(),
            state: RequestState::Open,
            answer: None,
            made_at: now,
            ended_at: None,
            ended_by: String::new(),
        };
        if retries < 0 {
            return Err(unfit(format!("{} is to be retried {retries} times", name_of(&request))));
        }
        self.with_instances(|rows| {
            rows.open_request(&request)?;
            due.map_or(Ok(()), |due| rows.set_timer(of, TASK_DUE, due, None))
        })
    }

    /// The open request of a run to an operation.
    fn request_of_run(&mut self, run: i64, operation: OperationId) -> Result<Option<Request>> {
        let program = self.program;
        let known = program.operations.get(operation.index());
        let known = known.ok_or_else(|| unfit("the program has no such operation".to_owned()))?;
        let (service, name) = (text(program, known.service), text(program, known.name));
        self.with_instances(|rows| rows.request_of(run, service, name))
    }

    /// What the open request of a run to an operation asks with.
    pub(super) fn asked_by_run(&mut self, run: i64, operation: OperationId) -> Result<Option<Value>> {
        let program = self.program;
        let Some(request) = self.request_of_run(run, operation)? else { return Ok(None) };
        let (shape, json) = (program.operations[operation.index()].asked, parsed(&request.asked)?);
        self.with_documents(|names| codec::read(program, shape, &json, names)).map(Some)
    }

    /// A test answers the open request of a run, as a worker that fetches it and answers at once.
    pub(super) fn answer_run(&mut self, run: i64, operation: OperationId, answer: &Answer) -> Result<()> {
        self.end_of_call()?;
        let (program, now) = (self.program, self.context.now);
        let Some(request) = self.request_of_run(run, operation)? else {
            let process = self.instance(run)?.map_or(String::new(), |instance| instance.process);
            let known = &program.operations[operation.index()];
            let name = format!("{}.{}", text(program, known.service), text(program, known.name));
            let why = format!("it does not wait for an answer of {name}");
            return Err(Refused::Value { place: process, why }.into());
        };
        if request.next_at > now {
            let at = border::moment_text(request.next_at);
            return Err(refused(&request, format!("{} is asked again at {at}, not before", name_of(&request))));
        }
        self.lock(&request, TESTER, now.saturating_add(1))?;
        match answer {
            Answer::Ended(outcome) => self.answer_request(&request.key, TESTER, outcome).map(|_| ()),
            Answer::Error(why) => self.request_failed(&request.key, TESTER, why).map(|_| ()),
        }
    }
}

/// `Carrier.book`
pub(super) fn name_of(request: &Request) -> String {
    format!("{}.{}", request.service, request.operation)
}

fn refused(request: &Request, why: String) -> crate::Error {
    Refused::Value { place: format!("request {}", request.key), why }.into()
}

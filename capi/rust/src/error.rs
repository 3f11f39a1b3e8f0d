//! Errors: one reference to a `rondo_error`, which any language made.

use std::any::Any;
use std::borrow::Cow;
use std::ffi::{CStr, CString};
use std::fmt;
use std::mem::ManuallyDrop;
use std::os::raw::c_char;
use std::panic;
use std::ptr::{self, NonNull};
use std::sync::Mutex;

use crate::sys;
use crate::value;

/// What a task, a future or a call of this crate fails with.
pub type Result<T, E = Error> = std::result::Result<T, E>;

/// An error object of the library: code, message, cause, and whatever its maker put into it.
///
/// It is immutable and shared by all who look at it, in every language: cheap to clone, and free to cross threads.
/// Errors of Rust get in with `?` where a `From` is there, and with [`Error::other`] in all other cases.
pub struct Error {
    raw: NonNull<sys::rondo_error>,
    cause: Option<Box<Error>>,
}

// The library counts references atomically; payloads made here are Send and Sync, those of hosts are under their lock.
unsafe impl Send for Error {}
unsafe impl Sync for Error {}

/// What kind of failure an [`Error`] tells of.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum ErrorKind {
    /// The task or future was cancelled.
    Cancelled,
    /// A deadline passed.
    TimedOut,
    /// The coroutine returned or raised an error of its own.
    Failed,
    /// Rust code panicked: see [`Error::into_panic`].
    Panic,
    /// Several errors in one: see [`Error::children`].
    Group,
    /// The thing is not in a state in which this can be done.
    InvalidState,
    /// The loop or runner is closed.
    Closed,
    /// The queue, channel or executor was shut down.
    Shutdown,
    /// The queue or channel is full.
    Full,
    /// The queue or channel is empty.
    Empty,
    /// The barrier was aborted or reset.
    Broken,
    /// SIGINT.
    Interrupted,
    /// Somebody asked the program to exit.
    Exit,
    /// No loop is running in this thread.
    NoLoop,
    /// The future belongs to another loop.
    OtherLoop,
    /// The value is not of the type that was asked for, or somebody else has taken it.
    Value,
    /// What the operating system said; [`Error::code`] is a negative errno.
    System,
    /// Any other code.
    Other,
}

// What an error made here carries for Rust.
enum Payload {
    Panic(Mutex<Option<Box<dyn Any + Send>>>),
    Other(Box<dyn std::error::Error + Send + Sync>),
}

static PAYLOAD: value::Mark = value::Mark::new();

impl Error {
    /// An error with a code of the library (negative, see [`sys`](crate::sys)) and a message.
    pub fn new(code: i32, message: impl AsRef<str>) -> Error {
        Error::build(code, message.as_ref(), None, None)
    }

    /// The error of a coroutine that failed, with a message and nothing else.
    pub fn failed(message: impl AsRef<str>) -> Error {
        Error::new(sys::RONDO_EFAILED, message)
    }

    /// An error that carries another one: its message is that one's, [`source`](std::error::Error::source) and
    /// [`downcast_ref`](Error::downcast_ref) lead to it.
    pub fn other<E: Into<Box<dyn std::error::Error + Send + Sync>>>(error: E) -> Error {
        let error = error.into();
        let message = error.to_string();
        Error::build(sys::RONDO_EFAILED, &message, Some(Payload::Other(error)), None)
    }

    /// What a cancelled task ends with. Returning it ends the task cancelled.
    pub fn cancelled() -> Error {
        Error::of_status(sys::RONDO_ECANCELED)
    }

    pub(crate) fn timed_out(cause: &Error) -> Error {
        Error::build(sys::RONDO_ETIMEDOUT, "timed out", None, Some(cause))
    }

    pub(crate) fn of_status(status: i32) -> Error {
        unsafe { Error::adopt(sys::rondo_error_new(status, ptr::null())) }
    }

    pub(crate) fn of_panic(payload: Box<dyn Any + Send>) -> Error {
        let message = match (payload.downcast_ref::<&'static str>(), payload.downcast_ref::<String>()) {
            (Some(text), _) => text.to_string(),
            (_, Some(text)) => text.clone(),
            _ => "panicked with something that is no text".to_string(),
        };
        Error::build(sys::RONDO_EFAILED, &message, Some(Payload::Panic(Mutex::new(Some(payload)))), None)
    }

    fn build(code: i32, message: &str, payload: Option<Payload>, cause: Option<&Error>) -> Error {
        let text = text_for_c(message);
        let mut carried = payload.map_or(value::none(), |payload| value::boxed(payload, &PAYLOAD));
        let mut options: sys::rondo_error_options = unsafe { std::mem::zeroed() };
        options.size = std::mem::size_of_val(&options) as u32;
        options.code = if code < 0 { code } else { sys::RONDO_EINVAL };
        options.message = text.as_ptr();
        options.domain = b"rust\0".as_ptr() as *const c_char;
        options.payload = &mut carried;
        options.cause = cause.map_or(ptr::null_mut(), Error::as_raw);
        let mut raw = ptr::null_mut();
        unsafe {
            if sys::rondo_error_create(&options, &mut raw) < 0 {
                sys::rondo_value_drop(&mut carried);
                raw = sys::rondo_error_new(sys::RONDO_ENOMEM, ptr::null());
            }
            Error::adopt(raw)
        }
    }

    /// Takes over one reference to an error.
    ///
    /// # Safety
    /// `raw` is a live error, and one reference to it is the caller's to give away.
    pub unsafe fn from_raw(raw: *mut sys::rondo_error) -> Error {
        Error::adopt(raw)
    }

    /// Gives its reference away, to be returned with [`Error::from_raw`] or `rondo_error_release`.
    pub fn into_raw(self) -> *mut sys::rondo_error {
        self.detach()
    }

    /// The error itself, borrowed.
    pub fn as_raw(&self) -> *mut sys::rondo_error {
        self.raw.as_ptr()
    }

    // Takes over the reference.
    pub(crate) unsafe fn adopt(raw: *mut sys::rondo_error) -> Error {
        let cause = sys::rondo_error_cause(raw);
        let cause = if cause.is_null() { None } else { Some(Box::new(Error::share(cause))) };
        Error { raw: NonNull::new(raw).expect("an error is never NULL"), cause }
    }

    pub(crate) unsafe fn share(raw: *const sys::rondo_error) -> Error {
        Error::adopt(sys::rondo_error_retain(raw))
    }

    // What a call failed with: its story if it told one, else its code alone.
    pub(crate) unsafe fn of_call(status: i32, story: *mut sys::rondo_error) -> Error {
        if story.is_null() {
            Error::of_status(status)
        } else {
            Error::adopt(story)
        }
    }

    pub(crate) fn detach(self) -> *mut sys::rondo_error {
        let mut error = ManuallyDrop::new(self);
        drop(error.cause.take());
        error.raw.as_ptr()
    }

    /// The code: one of the constants of [`sys`](crate::sys) that begin with `RONDO_E`, or a negative errno.
    pub fn code(&self) -> i32 {
        unsafe { sys::rondo_error_code(self.as_raw()) }
    }

    /// What kind of failure it is.
    pub fn kind(&self) -> ErrorKind {
        match self.code() {
            sys::RONDO_ECANCELED => ErrorKind::Cancelled,
            sys::RONDO_ETIMEDOUT => ErrorKind::TimedOut,
            sys::RONDO_EFAILED if self.is_panic() => ErrorKind::Panic,
            sys::RONDO_EFAILED => ErrorKind::Failed,
            sys::RONDO_EGROUP => ErrorKind::Group,
            sys::RONDO_ESTATE => ErrorKind::InvalidState,
            sys::RONDO_ECLOSED => ErrorKind::Closed,
            sys::RONDO_ESHUTDOWN => ErrorKind::Shutdown,
            sys::RONDO_EFULL => ErrorKind::Full,
            sys::RONDO_EEMPTY => ErrorKind::Empty,
            sys::RONDO_EBROKEN => ErrorKind::Broken,
            sys::RONDO_EINTERRUPT => ErrorKind::Interrupted,
            sys::RONDO_EEXIT => ErrorKind::Exit,
            sys::RONDO_ENOLOOP => ErrorKind::NoLoop,
            sys::RONDO_EOTHERLOOP => ErrorKind::OtherLoop,
            sys::RONDO_EKIND | sys::RONDO_ETAKEN => ErrorKind::Value,
            code if code > -20000 => ErrorKind::System,
            _ => ErrorKind::Other,
        }
    }

    /// The message.
    pub fn message(&self) -> Cow<'_, str> {
        unsafe { text_of_c(sys::rondo_error_message(self.as_raw())) }
    }

    /// The language or library it comes from: `"rust"`, `"python"`, `"rondo"`, ...
    pub fn domain(&self) -> Cow<'_, str> {
        unsafe { text_of_c(sys::rondo_error_domain(self.as_raw())) }
    }

    /// The error behind this one.
    pub fn cause(&self) -> Option<&Error> {
        self.cause.as_deref()
    }

    /// The errors of a group, none for others.
    pub fn children(&self) -> Vec<Error> {
        let raw = self.as_raw();
        unsafe {
            (0..sys::rondo_error_child_count(raw)).map(|i| Error::share(sys::rondo_error_child(raw, i))).collect()
        }
    }

    /// The only child of a group that has just one, through nested groups; else the error itself.
    pub fn unwrap_group(self) -> Error {
        unsafe { Error::share(sys::rondo_error_unwrap(self.as_raw())) }
    }

    /// Whether it is a cancellation.
    pub fn is_cancelled(&self) -> bool {
        self.code() == sys::RONDO_ECANCELED
    }

    /// Whether a deadline passed.
    pub fn is_timeout(&self) -> bool {
        self.code() == sys::RONDO_ETIMEDOUT
    }

    /// Whether Rust code panicked.
    pub fn is_panic(&self) -> bool {
        matches!(self.payload(), Some(Payload::Panic(_)))
    }

    /// What the panic was raised with; the message, if somebody has taken that before. `Err` if it is no panic.
    pub fn into_panic(self) -> Result<Box<dyn Any + Send>, Error> {
        match self.payload() {
            Some(Payload::Panic(payload)) => {
                let taken = payload.lock().unwrap_or_else(|poisoned| poisoned.into_inner()).take();
                Ok(taken.unwrap_or_else(|| Box::new(self.message().into_owned())))
            }
            _ => Err(self),
        }
    }

    /// Panics again with what the panic was raised with, or with the error's text if it is no panic.
    pub fn resume_panic(self) -> ! {
        match self.into_panic() {
            Ok(payload) => panic::resume_unwind(payload),
            Err(error) => panic!("{}", error),
        }
    }

    /// The error that was given to [`Error::other`], if it is an `E`.
    pub fn downcast_ref<E: std::error::Error + 'static>(&self) -> Option<&E> {
        match self.payload() {
            Some(Payload::Other(error)) => error.downcast_ref(),
            _ => None,
        }
    }

    fn payload(&self) -> Option<&Payload> {
        unsafe { value::peek(sys::rondo_error_payload(self.as_raw()), &PAYLOAD) }
    }
}

impl Drop for Error {
    fn drop(&mut self) {
        unsafe { sys::rondo_error_release(self.as_raw()) }
    }
}

impl Clone for Error {
    fn clone(&self) -> Error {
        unsafe { Error::share(self.as_raw()) }
    }
}

/// The message; what the code means where there is none, as in most cancellations.
impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let message = self.message();
        if !message.is_empty() {
            return f.write_str(&message);
        }
        f.write_str(&unsafe { text_of_c(sys::rondo_strerror(self.code())) })
    }
}

impl fmt::Debug for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut shown = f.debug_struct("Error");
        shown.field("code", &unsafe { text_of_c(sys::rondo_status_name(self.code())) });
        shown.field("message", &self.message());
        if let Some(cause) = &self.cause {
            shown.field("cause", cause);
        }
        let children = self.children();
        if !children.is_empty() {
            shown.field("children", &children);
        }
        shown.finish()
    }
}

impl std::error::Error for Error {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        match (self.payload(), &self.cause) {
            (Some(Payload::Other(error)), _) => Some(error.as_ref()),
            (_, Some(cause)) => Some(cause.as_ref()),
            _ => None,
        }
    }
}

impl From<String> for Error {
    fn from(message: String) -> Error {
        Error::failed(message)
    }
}

impl From<&str> for Error {
    fn from(message: &str) -> Error {
        Error::failed(message)
    }
}

impl From<Box<dyn std::error::Error + Send + Sync>> for Error {
    fn from(error: Box<dyn std::error::Error + Send + Sync>) -> Error {
        Error::other(error)
    }
}

macro_rules! from_errors {
    ($($error:ty),* $(,)?) => {$(
        impl From<$error> for Error {
            fn from(error: $error) -> Error {
                Error::other(error)
            }
        }
    )*};
}

from_errors! {
    std::io::Error,
    std::fmt::Error,
    std::num::ParseIntError,
    std::num::ParseFloatError,
    std::num::TryFromIntError,
    std::str::Utf8Error,
    std::string::FromUtf8Error,
    std::env::VarError,
    std::net::AddrParseError,
    std::sync::mpsc::RecvError,
    std::time::SystemTimeError,
}

// Up to the first NUL: C cannot be told of the rest.
pub(crate) fn text_for_c(text: &str) -> CString {
    CString::new(text.split('\0').next().unwrap_or_default()).unwrap_or_default()
}

pub(crate) unsafe fn text_of_c<'a>(text: *const c_char) -> Cow<'a, str> {
    if text.is_null() {
        return Cow::Borrowed("");
    }
    CStr::from_ptr(text).to_string_lossy()
}

// 0 and positive answers pass; negative ones become errors.
pub(crate) fn check(status: i32) -> Result<i32> {
    if status < 0 {
        Err(Error::of_status(status))
    } else {
        Ok(status)
    }
}

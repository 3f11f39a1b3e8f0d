//! Values on their way through a `rondo_value`: how the types of Rust look to other languages.

use std::any::{Any, TypeId};
use std::cmp::Ordering;
use std::mem::{self, ManuallyDrop};
use std::os::raw::c_void;
use std::ptr;
use std::slice;
use std::sync::atomic::AtomicU8;

use crate::error::{Error, Result};
use crate::sys::{self, rondo_value, rondo_value_as};

/// A value of whatever kind another language chose: for futures whose type is not known.
///
/// `Future<Value>` awaits anything; [`Future`](crate::Future) and [`Task`](crate::Task) of a concrete type convert:
///
/// | Rust | other languages see |
/// |---|---|
/// | `()`, `None` | none |
/// | `bool` | bool |
/// | `i8` to `i64`, `isize` | i64 |
/// | `u8` to `u64`, `usize` | u64 |
/// | `f32`, `f64` | f64 |
/// | `String`, `&'static str` | UTF-8 text |
/// | `Vec<u8>` | bytes |
/// | `Option` of one of these | that, or none |
/// | [`Value`] | what it holds |
/// | any other type | an opaque pointer, which keeps its destructor |
///
/// Integers are accepted from either integer kind and from bool if they fit, floats also from integers, `Vec<u8>` also
/// from text. What does not fit is an error of kind [`ErrorKind::Value`](crate::ErrorKind::Value).
#[derive(Debug, Default)]
#[non_exhaustive]
pub enum Value {
    /// No value.
    #[default]
    None,
    /// A boolean.
    Bool(bool),
    /// A signed integer.
    Int(i64),
    /// An unsigned integer.
    Uint(u64),
    /// A floating-point number.
    Float(f64),
    /// Text.
    Str(String),
    /// Bytes.
    Bytes(Vec<u8>),
    /// A Rust value of another type, or an object of another language: it can be handed on, and dropped.
    Opaque(Opaque),
}

/// A value that only its own language can look into.
pub struct Opaque(rondo_value);

impl Opaque {
    /// The Rust value in it, if that is a `T`.
    pub fn downcast<T: 'static>(self) -> std::result::Result<T, Opaque> {
        let found = unsafe { peek::<Boxed>(&self.0, &BOXED) }.map_or(false, |boxed| boxed.is::<T>());
        if found && self.0.drop.is_some() {
            let boxed = unsafe { unbox::<Boxed>(into_raw(self)) };
            return Ok(*boxed.downcast::<T>().expect("its type was looked at"));
        }
        Err(self)
    }

    /// The value as C knows it, borrowed.
    pub fn as_raw(&self) -> &rondo_value {
        &self.0
    }
}

impl std::fmt::Debug for Opaque {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_tuple("Opaque").field(&self.0.kind).finish()
    }
}

impl Drop for Opaque {
    fn drop(&mut self) {
        unsafe { sys::rondo_value_drop(&mut self.0) }
    }
}

fn into_raw(opaque: Opaque) -> rondo_value {
    ManuallyDrop::new(opaque).0
}

// A value that is dropped with this.
pub(crate) struct Owned(rondo_value);

impl Owned {
    pub(crate) fn new(value: rondo_value) -> Owned {
        Owned(value)
    }

    pub(crate) fn into_raw(self) -> rondo_value {
        ManuallyDrop::new(self).0
    }
}

impl Drop for Owned {
    fn drop(&mut self) {
        unsafe { sys::rondo_value_drop(&mut self.0) }
    }
}

// Stands in `len` of a pointer value and says what it points to. Its address is what counts.
pub(crate) struct Mark(#[allow(dead_code)] AtomicU8);

impl Mark {
    pub(crate) const fn new() -> Mark {
        Mark(AtomicU8::new(0))
    }

    fn address(&'static self) -> usize {
        self as *const Mark as usize
    }
}

// Any Rust value without a kind of its own: a pointer to one of these.
type Boxed = Box<dyn Any>;
static BOXED: Mark = Mark::new();

pub(crate) fn none() -> rondo_value {
    plain(sys::RONDO_NONE, rondo_value_as { u64: 0 })
}

fn plain(kind: u32, data: rondo_value_as) -> rondo_value {
    rondo_value { kind, flags: 0, data, len: 0, drop: None }
}

// A drop function of ours must not unwind into C: what panics in a destructor has been reported by the panic hook.
pub(crate) fn quietly<R>(f: impl FnOnce() -> R) -> Option<R> {
    std::panic::catch_unwind(std::panic::AssertUnwindSafe(f)).map_err(mem::forget).ok()
}

pub(crate) fn boxed<T>(content: T, mark: &'static Mark) -> rondo_value {
    unsafe extern "C" fn drop_box<T>(ptr: *mut c_void, _: usize) {
        quietly(|| drop(Box::from_raw(ptr as *mut T)));
    }
    let ptr = Box::into_raw(Box::new(content)) as *mut c_void;
    rondo_value { len: mark.address(), drop: Some(drop_box::<T>), ..plain(sys::RONDO_PTR, rondo_value_as { ptr }) }
}

// The content of a value made by boxed::<T> with this mark, or of a view of one, which has no destructor.
pub(crate) unsafe fn peek<'a, T>(value: *const rondo_value, mark: &'static Mark) -> Option<&'a T> {
    let value = value.as_ref()?;
    if value.kind == sys::RONDO_PTR && value.len == mark.address() {
        (value.data.ptr as *const T).as_ref()
    } else {
        None
    }
}

// A value known to come from boxed::<T>.
pub(crate) unsafe fn unbox<T>(value: rondo_value) -> T {
    *Box::from_raw(value.data.ptr as *mut T)
}

fn owned(kind: u32, bytes: Box<[u8]>) -> rondo_value {
    unsafe extern "C" fn drop_bytes(ptr: *mut c_void, len: usize) {
        drop(Box::from_raw(ptr::slice_from_raw_parts_mut(ptr as *mut u8, len)));
    }
    let len = bytes.len();
    let ptr = Box::into_raw(bytes) as *mut c_void;
    rondo_value { len, drop: Some(drop_bytes), ..plain(kind, rondo_value_as { ptr }) }
}

unsafe fn bytes_of(value: &rondo_value) -> &[u8] {
    if value.len == 0 {
        &[]
    } else {
        slice::from_raw_parts(value.data.ptr as *const u8, value.len)
    }
}

// The types that have a kind of their own.
trait Plain: Sized + 'static {
    fn encode(self) -> rondo_value;
    // Looks at a value and copies what it needs.
    unsafe fn decode(value: &rondo_value) -> Option<Self>;
}

unsafe fn integer(value: &rondo_value) -> Option<i128> {
    match value.kind {
        sys::RONDO_I64 | sys::RONDO_BOOL => Some(value.data.i64.into()),
        sys::RONDO_U64 => Some(value.data.u64.into()),
        _ => None,
    }
}

macro_rules! plain_integers {
    ($kind:ident, $field:ident: $($type:ty)*) => {$(
        impl Plain for $type {
            fn encode(self) -> rondo_value {
                plain(sys::$kind, rondo_value_as { $field: self as $field })
            }
            unsafe fn decode(value: &rondo_value) -> Option<$type> {
                integer(value)?.try_into().ok()
            }
        }
    )*};
}
plain_integers!(RONDO_I64, i64: i8 i16 i32 i64 isize);
plain_integers!(RONDO_U64, u64: u8 u16 u32 u64 usize);

macro_rules! plain_floats {
    ($($type:ty)*) => {$(
        impl Plain for $type {
            fn encode(self) -> rondo_value {
                plain(sys::RONDO_F64, rondo_value_as { f64: self.into() })
            }
            unsafe fn decode(value: &rondo_value) -> Option<$type> {
                match value.kind {
                    sys::RONDO_F64 => Some(value.data.f64 as $type),
                    _ => Some(integer(value)? as $type),
                }
            }
        }
    )*};
}
plain_floats!(f32 f64);

impl Plain for () {
    fn encode(self) -> rondo_value {
        none()
    }
    // Who expects nothing is content with anything.
    unsafe fn decode(_: &rondo_value) -> Option<()> {
        Some(())
    }
}

impl Plain for bool {
    fn encode(self) -> rondo_value {
        plain(sys::RONDO_BOOL, rondo_value_as { i64: self.into() })
    }
    unsafe fn decode(value: &rondo_value) -> Option<bool> {
        match integer(value)? {
            0 => Some(false),
            1 => Some(true),
            _ => None,
        }
    }
}

impl Plain for String {
    fn encode(self) -> rondo_value {
        owned(sys::RONDO_STR, self.into_bytes().into())
    }
    unsafe fn decode(value: &rondo_value) -> Option<String> {
        match value.kind {
            sys::RONDO_STR => Some(String::from_utf8_lossy(bytes_of(value)).into_owned()),
            _ => None,
        }
    }
}

impl Plain for &'static str {
    fn encode(self) -> rondo_value {
        let ptr = self.as_ptr() as *mut c_void;
        rondo_value { len: self.len(), ..plain(sys::RONDO_STR, rondo_value_as { ptr }) }
    }
    // Text without a destructor lives for ever: that is what the absence of one says.
    unsafe fn decode(value: &rondo_value) -> Option<&'static str> {
        if value.kind != sys::RONDO_STR || value.drop.is_some() {
            return None;
        }
        let bytes: &'static [u8] = slice::from_raw_parts(value.data.ptr as *const u8, value.len);
        std::str::from_utf8(bytes).ok()
    }
}

impl Plain for Vec<u8> {
    fn encode(self) -> rondo_value {
        owned(sys::RONDO_BYTES, self.into())
    }
    unsafe fn decode(value: &rondo_value) -> Option<Vec<u8>> {
        match value.kind {
            sys::RONDO_BYTES | sys::RONDO_STR => Some(bytes_of(value).to_vec()),
            _ => None,
        }
    }
}

impl<P: Plain> Plain for Option<P> {
    fn encode(self) -> rondo_value {
        self.map_or(none(), P::encode)
    }
    unsafe fn decode(value: &rondo_value) -> Option<Option<P>> {
        match value.kind {
            sys::RONDO_NONE => Some(None),
            _ => P::decode(value).map(Some),
        }
    }
}

fn cast<T: 'static, U: 'static>(value: T) -> std::result::Result<U, T> {
    if TypeId::of::<T>() != TypeId::of::<U>() {
        return Err(value);
    }
    let value = ManuallyDrop::new(value);
    Ok(unsafe { mem::transmute_copy::<T, U>(&value) })
}

macro_rules! for_plain_types {
    ($try:ident) => {
        $try!(i8 i16 i32 i64 isize u8 u16 u32 u64 usize f32 f64 bool String &'static str Vec<u8>);
        $try!(Option<i8> Option<i16> Option<i32> Option<i64> Option<isize> Option<u8> Option<u16> Option<u32> Option<u64>
              Option<usize> Option<f32> Option<f64> Option<bool> Option<String> Option<&'static str> Option<Vec<u8>>);
        $try!(());
    };
}

pub(crate) fn encode<T: 'static>(value: T) -> rondo_value {
    let mut value = value;
    macro_rules! encode_as {
        ($($plain:ty)*) => {$(
            match cast::<T, $plain>(value) {
                Ok(plain) => return plain.encode(),
                Err(other) => value = other,
            }
        )*};
    }
    for_plain_types!(encode_as);
    match cast::<T, Value>(value) {
        Ok(any) => encode_any(any),
        Err(other) => boxed::<Boxed>(Box::new(other), &BOXED),
    }
}

fn encode_any(value: Value) -> rondo_value {
    match value {
        Value::None => none(),
        Value::Bool(x) => x.encode(),
        Value::Int(x) => x.encode(),
        Value::Uint(x) => x.encode(),
        Value::Float(x) => x.encode(),
        Value::Str(x) => x.encode(),
        Value::Bytes(x) => x.encode(),
        Value::Opaque(x) => into_raw(x),
    }
}

// The T in a view, copied; None: it can only be had by taking the value, if at all.
pub(crate) unsafe fn view<T: 'static>(value: &rondo_value) -> Option<Result<T>> {
    let static_text = [TypeId::of::<&'static str>(), TypeId::of::<Option<&'static str>>()];
    if static_text.contains(&TypeId::of::<T>()) {
        return None; // a view does not say how long its text lives
    }
    plain_of(value)
}

// The T in a value, copied; None: T has no kind of its own.
unsafe fn plain_of<T: 'static>(value: &rondo_value) -> Option<Result<T>> {
    let wrong = || Error::new(sys::RONDO_EKIND, mismatch::<T>(value));
    macro_rules! decode_as {
        ($($plain:ty)*) => {$(
            if TypeId::of::<T>() == TypeId::of::<$plain>() {
                let plain = <$plain as Plain>::decode(value);
                return Some(plain.ok_or_else(wrong).map(|plain| match cast::<$plain, T>(plain) {
                    Ok(value) => value,
                    Err(_) => unreachable!("the types are the same"),
                }));
            }
        )*};
    }
    for_plain_types!(decode_as);
    None
}

unsafe fn peek_boxed<T: 'static>(value: &rondo_value) -> Option<&T> {
    peek::<Boxed>(value, &BOXED)?.downcast_ref()
}

// The T in a value made of one, or in a view of it, copied; None: there is no T in it.
pub(crate) unsafe fn copy<T: Clone + 'static>(value: &rondo_value) -> Option<T> {
    match plain_of(value) {
        Some(copied) => copied.ok(),
        None => peek_boxed::<T>(value).cloned(),
    }
}

// None: there is no T in one of them.
pub(crate) unsafe fn compare<T: Ord + 'static>(a: &rondo_value, b: &rondo_value) -> Option<Ordering> {
    match (plain_of::<T>(a), plain_of::<T>(b)) {
        (Some(a), Some(b)) => Some(a.ok()?.cmp(&b.ok()?)),
        _ => Some(peek_boxed::<T>(a)?.cmp(peek_boxed(b)?)),
    }
}

pub(crate) unsafe fn decode<T: 'static>(mut value: rondo_value) -> Result<T> {
    if let Some(copied) = plain_of(&value) {
        sys::rondo_value_drop(&mut value);
        return copied;
    }
    if TypeId::of::<T>() == TypeId::of::<Value>() {
        return cast::<Value, T>(decode_any(value)).map_err(|_| unreachable!("the types are the same"));
    }
    let wrong = Error::new(sys::RONDO_EKIND, mismatch::<T>(&value));
    Opaque(value).downcast::<T>().map_err(|_| wrong)
}

unsafe fn decode_any(mut value: rondo_value) -> Value {
    let any = match value.kind {
        sys::RONDO_NONE => Value::None,
        sys::RONDO_BOOL => Value::Bool(value.data.i64 != 0),
        sys::RONDO_I64 => Value::Int(value.data.i64),
        sys::RONDO_U64 => Value::Uint(value.data.u64),
        sys::RONDO_F64 => Value::Float(value.data.f64),
        sys::RONDO_STR => Value::Str(String::decode(&value).unwrap_or_default()),
        sys::RONDO_BYTES => Value::Bytes(bytes_of(&value).to_vec()),
        _ => return Value::Opaque(Opaque(value)),
    };
    sys::rondo_value_drop(&mut value);
    any
}

fn mismatch<T>(value: &rondo_value) -> String {
    const KINDS: [&str; 9] = ["none", "bool", "i64", "u64", "f64", "a pointer", "bytes", "text", "an object"];
    let kind = KINDS.get(value.kind as usize).unwrap_or(&"of an unknown kind");
    format!("the value is {}, which is no {}", kind, std::any::type_name::<T>())
}

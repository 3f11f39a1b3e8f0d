//! Context variables: values that follow the flow of tasks.

use std::any::type_name;
use std::fmt;
use std::marker::PhantomData;
use std::ptr;

use crate::error::{check, text_for_c, text_of_c, Result};
use crate::raw::{create, CtxvarRef};
use crate::sys;
use crate::value;

/// A variable of which every task has its own: a task begins with the values its maker had. A counted handle, for all
/// threads. asyncio: `contextvars.ContextVar`.
///
/// ```
/// # rondo::run(async {
/// let user = rondo::ContextVar::<String>::new("user")?;
/// let before = user.set("Ada".to_string())?;
/// let task = rondo::spawn({
///     let user = user.clone();
///     async move { user.get() }
/// });
/// user.reset(before)?;
/// assert_eq!(task.await?.as_deref(), Some("Ada"));
/// assert_eq!(user.get(), None);
/// # Ok(()) }).unwrap();
/// ```
pub struct ContextVar<T> {
    var: CtxvarRef,
    value: PhantomData<fn(T) -> T>,
}

// Functions on variables are for any thread, contexts are shared between threads, and so are the values in them.
unsafe impl<T: Send + Sync> Send for ContextVar<T> {}
unsafe impl<T: Send + Sync> Sync for ContextVar<T> {}

impl<T> Clone for ContextVar<T> {
    fn clone(&self) -> ContextVar<T> {
        ContextVar { var: self.var.clone(), value: PhantomData }
    }
}

impl<T: Clone + Send + Sync + 'static> ContextVar<T> {
    /// A variable without a value.
    pub fn new(name: &str) -> Result<ContextVar<T>> {
        ContextVar::make(name, ptr::null_mut())
    }

    /// A variable with a value for where it was never set.
    pub fn with_default(name: &str, default: T) -> Result<ContextVar<T>> {
        let mut default = value::encode(default);
        let made = ContextVar::make(name, &mut default);
        if made.is_err() {
            unsafe { sys::rondo_value_drop(&mut default) };
        }
        made
    }

    fn make(name: &str, default: *mut sys::rondo_value) -> Result<ContextVar<T>> {
        let name = text_for_c(name);
        let raw = create(|out| unsafe { sys::rondo_ctxvar_create(name.as_ptr(), default, out) })?;
        Ok(ContextVar { var: unsafe { CtxvarRef::adopt(raw) }, value: PhantomData })
    }

    /// The value in the current context, copied; the default if it was never set; `None` where there is neither, or no
    /// loop runs in this thread.
    pub fn get(&self) -> Option<T> {
        let mut view = value::none();
        unsafe {
            match sys::rondo_context_get(ptr::null_mut(), self.var.get(), &mut view) {
                status if status < 0 => None,
                _ => value::copy(&view),
            }
        }
    }

    /// Sets the value in the current context; the token undoes it.
    pub fn set(&self, value: T) -> Result<Token<T>> {
        let mut value = value::encode(value);
        let token = create(|out| unsafe { sys::rondo_context_set(ptr::null_mut(), self.var.get(), &mut value, out) });
        match token {
            Ok(raw) => Ok(Token { raw, value: PhantomData }),
            Err(error) => {
                unsafe { sys::rondo_value_drop(&mut value) };
                Err(error)
            }
        }
    }

    /// Undoes what a set of this variable did in this context.
    pub fn reset(&self, token: Token<T>) -> Result<()> {
        check(unsafe { sys::rondo_context_reset(ptr::null_mut(), token.raw) }).map(|_| ())
    }
}

impl<T> fmt::Debug for ContextVar<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let name = unsafe { text_of_c(sys::rondo_ctxvar_name(self.var.get())) };
        write!(f, "ContextVar<{}>({:?})", type_name::<T>(), name)
    }
}

/// What undoes one [`ContextVar::set`]. Dropping it does nothing.
pub struct Token<T> {
    raw: *mut sys::rondo_token,
    value: PhantomData<fn() -> T>,
}

impl<T> Drop for Token<T> {
    fn drop(&mut self) {
        unsafe { sys::rondo_token_release(self.raw) };
    }
}

impl<T> fmt::Debug for Token<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Token")
    }
}

// CPython without its headers: builtin functions that call the library's own, and the plain steps of a ring, both several
// times quicker than Python and ctypes do it. What is needed of Python's stable ABI comes as pointers, so that the library
// links against no Python.
#include "border.h"

using namespace rondo::capi;

namespace {

struct PyObject;
using Arguments = PyObject *const *;

struct PyMethodDef {
    const char *name;
    PyObject *(*run)(PyObject *self, Arguments arguments, std::ptrdiff_t count);
    int flags;
    const char *doc;
};

constexpr int METH_FASTCALL = 0x0080;

// What is used of CPython's API: result, name, parameters.
#define CPYTHON_API(X)                                                                                               \
    X(PyObject *, PyCFunction_NewEx, (PyMethodDef *, PyObject *, PyObject *))                                        \
    X(PyObject *, PyCapsule_New, (void *, const char *, void (*)(PyObject *)))                                       \
    X(void *, PyCapsule_GetPointer, (PyObject *, const char *))                                                      \
    X(PyObject *, PyObject_Vectorcall, (PyObject *, Arguments, std::size_t, PyObject *))                             \
    X(PyObject *, PyObject_Call, (PyObject *, PyObject *, PyObject *))                                               \
    X(int, PyObject_IsInstance, (PyObject *, PyObject *))                                                            \
    X(PyObject *, PyTuple_Pack, (std::ptrdiff_t, ...))                                                               \
    X(int, PyIter_Send, (PyObject *, PyObject *, PyObject **))                                                       \
    X(int, PyContext_Enter, (PyObject *))                                                                            \
    X(int, PyContext_Exit, (PyObject *))                                                                             \
    X(void, PyErr_WriteUnraisable, (PyObject *))                                                                     \
    X(PyObject *, PyErr_Occurred, ())                                                                                \
    X(void, PyErr_Clear, ())                                                                                         \
    X(unsigned long long, PyLong_AsUnsignedLongLongMask, (PyObject *))                                               \
    X(PyObject *, PyLong_FromLong, (long))                                                                           \
    X(PyObject *, PyLong_FromLongLong, (long long))                                                                  \
    X(PyObject *, PyLong_FromUnsignedLongLong, (unsigned long long))                                                 \
    X(void, Py_IncRef, (PyObject *))                                                                                 \
    X(void, Py_DecRef, (PyObject *))

struct {
#define CPYTHON_POINTER(result, name, parameters) result(*name) parameters;
    CPYTHON_API(CPYTHON_POINTER)
#undef CPYTHON_POINTER
} py;

rondo_cpython_layout layout;
PyObject *none;

PyObject *share(PyObject *object) {
    py.Py_IncRef(object);
    return object;
}

constexpr std::size_t most_arguments = 6;

// The data of a builtin; it lives as long as the process.
struct Function {
    PyMethodDef method;
    PyObject *otherwise;
    void *target;
    std::size_t count;
    char kinds[most_arguments];
    char result;
};

using Word = uint64_t;

Word call(void *target, std::size_t count, const Word *w) {
    switch (count) {
    case 0:
        return reinterpret_cast<Word (*)()>(target)();
    case 1:
        return reinterpret_cast<Word (*)(Word)>(target)(w[0]);
    case 2:
        return reinterpret_cast<Word (*)(Word, Word)>(target)(w[0], w[1]);
    case 3:
        return reinterpret_cast<Word (*)(Word, Word, Word)>(target)(w[0], w[1], w[2]);
    case 4:
        return reinterpret_cast<Word (*)(Word, Word, Word, Word)>(target)(w[0], w[1], w[2], w[3]);
    case 5:
        return reinterpret_cast<Word (*)(Word, Word, Word, Word, Word)>(target)(w[0], w[1], w[2], w[3], w[4]);
    default:
        return reinterpret_cast<Word (*)(Word, Word, Word, Word, Word, Word)>(target)(w[0], w[1], w[2], w[3], w[4],
                                                                                      w[5]);
    }
}

// False: it is for somebody else to convert, or to refuse.
bool to_word(PyObject *argument, char kind, Word &word) {
    if (kind == 'o') {
        word = reinterpret_cast<Word>(argument);
        return true;
    }
    if (argument == none) {
        word = 0;
        return true;
    }
    word = py.PyLong_AsUnsignedLongLongMask(argument);
    if (word != ~Word{0} || !py.PyErr_Occurred()) return true;
    py.PyErr_Clear();
    return false;
}

PyObject *to_object(Word word, char kind) {
    switch (kind) {
    case 's':
        return py.PyLong_FromLong(static_cast<int32_t>(word));
    case 'i':
        return py.PyLong_FromLongLong(static_cast<int64_t>(word));
    case 'u':
        return py.PyLong_FromUnsignedLongLong(word);
    case 'p':
        return word ? py.PyLong_FromUnsignedLongLong(word) : share(none);
    case 'o':
        return reinterpret_cast<PyObject *>(word);
    default:
        return share(none);
    }
}

PyObject *run(PyObject *self, Arguments arguments, std::ptrdiff_t count) {
    const auto &function = *static_cast<Function *>(py.PyCapsule_GetPointer(self, nullptr));
    auto n = static_cast<std::size_t>(count);
    bool fits = n == function.count;
    Word words[most_arguments];
    for (std::size_t i = 0; fits && i < n; ++i) fits = to_word(arguments[i], function.kinds[i], words[i]);
    if (!fits) return py.PyObject_Vectorcall(function.otherwise, arguments, n, nullptr);
    return to_object(call(function.target, n, words), function.result);
}

// Takes over the capsule.
PyObject *builtin(PyMethodDef &method, PyObject *self) {
    if (!self) return nullptr;
    PyObject *made = py.PyCFunction_NewEx(&method, self, nullptr);
    py.Py_DecRef(self);
    return made;
}

bool loaded = false;

} // namespace

rondo_status rondo_cpython_load(void *(*find)(const char *name), void *none_object) {
    if (!find || !none_object) return RONDO_EINVAL;
    none = static_cast<PyObject *>(none_object);
    loaded = true;
#define CPYTHON_FIND(result, name, parameters)                                                                       \
    py.name = reinterpret_cast<result(*) parameters>(find(#name));                                                   \
    loaded = loaded && py.name;
    CPYTHON_API(CPYTHON_FIND)
#undef CPYTHON_FIND
    return loaded ? RONDO_OK : RONDO_ENOTSUP;
}

void *rondo_cpython_function(const char *name, void *target, const char *kinds, void *otherwise) {
    std::size_t count = kinds ? std::strlen(kinds) : 0;
    if (!loaded || !name || !target || !otherwise || count == 0 || count > most_arguments + 1) return nullptr;
    auto *function = static_cast<Function *>(std::calloc(1, sizeof(Function)));
    if (!function) return nullptr;
    function->method = {name, run, METH_FASTCALL, nullptr};
    function->otherwise = static_cast<PyObject *>(otherwise);
    function->target = target;
    function->count = count - 1;
    std::memcpy(function->kinds, kinds, count - 1);
    function->result = kinds[count - 1];
    share(function->otherwise);
    return builtin(function->method, py.PyCapsule_New(function, nullptr, nullptr));
}

// ---- the steps of a ring

namespace {

enum { GEN_RETURN = 0, GEN_ERROR = -1, GEN_NEXT = 1 }; // PySendResult

PyObject *&slot(void *object, uint32_t place) {
    return *reinterpret_cast<PyObject **>(static_cast<char *>(object) + place);
}

// Takes over the reference.
void put(PyObject *&place, PyObject *object) {
    if (PyObject *before = std::exchange(place, object)) py.Py_DecRef(before);
}

// The class of a thing as the layout names it.
bool is_a(PyObject *thing, void *kind) { return py.PyObject_IsInstance(thing, static_cast<PyObject *>(kind)) == 1; }

// Runs the plain entries of a batch.
struct Steps {
    rondo_ring_view view;

    // nullptr, without an exception: go on; with one: the entry ended with it. Else what Python's code shall hear.
    PyObject *run(uint32_t i) const {
        switch (view.status[i]) {
        case RONDO_RING_SEND:
            return step(i);
        case RONDO_RING_CALL:
            return call(i);
        case RONDO_RING_SKIP:
            return nullptr;
        default:
            return share(none);
        }
    }

    PyObject *step(uint32_t i) const {
        void *task = view.object[i];
        if (slot(task, layout.task_send) != none) return share(none);
        PyObject *context = slot(task, layout.task_context), *got = nullptr;
        if (py.PyContext_Enter(context) < 0) return nullptr;
        int sent = py.PyIter_Send(slot(task, layout.task_coro), static_cast<PyObject *>(view.sent[i]), &got);
        py.PyContext_Exit(context);
        if (sent == GEN_NEXT) return yielded(i, got);
        if (sent == GEN_RETURN) {
            put(slot(task, layout.task_kept), got);
            answer(i, RONDO_STEP_RETURN, got == none ? 0 : reinterpret_cast<uint64_t>(got));
        }
        return nullptr;
    }

    PyObject *yielded(uint32_t i, PyObject *thing) const {
        if (thing == none) {
            answer(i, RONDO_STEP_YIELD);
        } else if (is_a(thing, layout.future) && slot(thing, layout.future_blocking) == layout.yes) {
            put(slot(thing, layout.future_blocking), share(static_cast<PyObject *>(layout.no)));
            answer(i, py.PyLong_AsUnsignedLongLongMask(slot(thing, layout.future_address)));
        } else if (is_a(thing, layout.delay)) {
            answer(i, RONDO_STEP_SLEEP, py.PyLong_AsUnsignedLongLongMask(thing));
        } else {
            PyObject *strange = py.PyTuple_Pack(1, thing);
            py.Py_DecRef(thing);
            return strange;
        }
        py.Py_DecRef(thing);
        return nullptr;
    }

    PyObject *call(uint32_t i) const {
        void *handle = view.object[i];
        PyObject *callback = slot(handle, layout.handle_callback), *args = slot(handle, layout.handle_args);
        if (callback == none) {
            answer(i, RONDO_STEP_RETURN);
            return nullptr;
        }
        if (!args) return share(none);
        PyObject *context = slot(handle, layout.handle_context);
        if (py.PyContext_Enter(context) < 0) return nullptr;
        share(callback), share(args); // it may cancel its own handle
        PyObject *result = py.PyObject_Call(callback, args, nullptr);
        py.Py_DecRef(callback), py.Py_DecRef(args);
        py.PyContext_Exit(context);
        if (!result) return nullptr;
        py.Py_DecRef(result);
        answer(i, RONDO_STEP_RETURN);
        return nullptr;
    }

    void answer(uint32_t i, uint64_t what, uint64_t value = 0) const {
        view.answer[i] = what;
        view.value[i] = value;
    }
};

constexpr const char *steps_name = "rondo_cpython_steps";

// steps(first, count)
PyObject *run_steps(PyObject *self, Arguments arguments, std::ptrdiff_t) {
    auto &steps = *static_cast<Steps *>(py.PyCapsule_GetPointer(self, steps_name));
    auto first = static_cast<uint32_t>(py.PyLong_AsUnsignedLongLongMask(arguments[0]));
    auto count = static_cast<uint32_t>(py.PyLong_AsUnsignedLongLongMask(arguments[1]));
    for (uint32_t i = first; i < count; ++i) {
        *steps.view.current = i;
        PyObject *left = steps.run(i);
        if (left) return left;
        if (steps.view.answer[i] == RONDO_STEP_FAULT && steps.view.status[i] != RONDO_RING_SKIP) return nullptr;
    }
    return share(static_cast<PyObject *>(layout.yes));
}

void end_steps(PyObject *capsule) { std::free(py.PyCapsule_GetPointer(capsule, steps_name)); }

PyMethodDef steps_method{"steps", run_steps, METH_FASTCALL, nullptr};

} // namespace

void *rondo_cpython_steps(rondo_ring *ring, const rondo_cpython_layout *given) {
    if (check(ring) < 0 || !loaded || !given || read_struct(given, layout) < 0) return nullptr;
    auto *steps = static_cast<Steps *>(std::calloc(1, sizeof(Steps)));
    if (!steps) return nullptr;
    steps->view.size = sizeof steps->view;
    ring_view(*ring, steps->view);
    return builtin(steps_method, py.PyCapsule_New(steps, steps_name, end_steps));
}

void rondo_cpython_drain(void *user, uint32_t count) {
    auto *generator = static_cast<PyObject *>(user);
    PyObject *request = py.PyLong_FromLong(static_cast<long>(count)), *heard = nullptr;
    if (!request || py.PyIter_Send(generator, request, &heard) == GEN_ERROR) py.PyErr_WriteUnraisable(generator);
    if (heard) py.Py_DecRef(heard);
    if (request) py.Py_DecRef(request);
}

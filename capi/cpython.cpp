// CPython without its headers: builtin functions and methods that call the library's own, and the plain steps of a ring,
// both several times quicker than Python and ctypes do it. What is needed of Python's ABI comes as pointers, so that the
// library links against no Python.
#include "border.h"

#include <array>

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
    X(PyObject *, PyDescr_NewMethod, (PyObject *, PyMethodDef *))                                                    \
    X(PyObject *, PyType_GenericAlloc, (PyObject *, std::ptrdiff_t))                                                 \
    X(PyObject *, PyObject_Type, (PyObject *))                                                                       \
    X(PyObject *, PyContext_CopyCurrent, ())                                                                         \
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

using Word = uint64_t;

constexpr std::size_t most_words = 6, most_kinds = 12, most_methods = 8;

// What a builtin does; it lives as long as the process.
struct Function {
    PyMethodDef method;
    void *target;
    PyObject *otherwise;
    PyObject *refused; // nullptr: otherwise
    char kinds[most_kinds + 1]; // the arguments'
    char result;
    rondo_cpython_object made; // of makers
    PyObject *type;
};

PyObject *&slot(void *object, uint32_t place) {
    return *reinterpret_cast<PyObject **>(static_cast<char *>(object) + place);
}

// Takes over the reference.
void put(PyObject *&place, PyObject *object) {
    if (PyObject *before = std::exchange(place, object)) py.Py_DecRef(before);
}

bool to_word(PyObject *object, Word &word) {
    word = object && object != none ? py.PyLong_AsUnsignedLongLongMask(object) : 0;
    if (word != ~Word{0} || !py.PyErr_Occurred()) return true;
    py.PyErr_Clear();
    return false;
}

template <std::size_t... I>
Word call(void *target, const Word *words, std::index_sequence<I...>) {
    return reinterpret_cast<Word (*)(decltype(Word{I})...)>(target)(words[I]...);
}

Word call(void *target, const Word *words, std::size_t count) {
    switch (count) {
    case 0:
        return call(target, words, std::make_index_sequence<0>());
    case 1:
        return call(target, words, std::make_index_sequence<1>());
    case 2:
        return call(target, words, std::make_index_sequence<2>());
    case 3:
        return call(target, words, std::make_index_sequence<3>());
    case 4:
        return call(target, words, std::make_index_sequence<4>());
    case 5:
        return call(target, words, std::make_index_sequence<5>());
    default:
        return call(target, words, std::make_index_sequence<6>());
    }
}

// One call of a builtin.
class Call {
public:
    Call(const Function &function, PyObject *self, Arguments arguments, std::ptrdiff_t count)
        : function_(function), self_(self), arguments_(arguments), count_(static_cast<std::size_t>(count)) {}
    ~Call() {
        if (made_) py.Py_DecRef(made_);
        if (taken_) py.Py_DecRef(taken_);
    }

    PyObject *run() {
        PyObject *answer = prepare() ? finish(call(function_.target, words_, n_)) : nullptr;
        if (!answer && taken_) put(slot(self_, layout.future_address), std::exchange(taken_, nullptr));
        return answer || py.PyErr_Occurred() ? answer : otherwise();
    }

private:
    // Converts the arguments. False: they are not for this builtin.
    bool prepare() {
        std::size_t used = 0;
        for (const char *kind = function_.kinds; *kind; ++kind) {
            Word &word = words_[n_];
            if (*kind == '0') {
                word = 0;
            } else if (*kind == 'n') {
                if (!make()) return false;
                word = reinterpret_cast<Word>(made_);
            } else if (*kind == 'x') {
                word = reinterpret_cast<Word>(&out_);
            } else if (*kind == 'h' || *kind == 't') {
                PyObject *&address = slot(self_, layout.future_address);
                if (slot(self_, layout.future_raised) != none || !to_word(address, word) || !word) return false;
                if (*kind == 't') taken_ = std::exchange(address, share(none));
            } else if (used == count_) {
                return false;
            } else if (*kind == 'a') {
                given_ = ++used;
                continue; // no word
            } else if (*kind == 'o') {
                word = reinterpret_cast<Word>(arguments_[used++]);
            } else if (!to_word(arguments_[used++], word)) {
                return false;
            }
            ++n_;
        }
        return used == count_ && (function_.result != 'm' || make());
    }

    bool make() {
        if (made_) return true;
        const rondo_cpython_object &how = function_.made;
        made_ = py.PyType_GenericAlloc(function_.type, 0);
        for (uint32_t i = 0; made_ && i < how.shared_count; ++i) {
            uint32_t place = how.shared[i];
            slot(made_, place) = share(slot(how.prototype, place));
        }
        for (std::size_t i = 0; made_ && i < given_; ++i) slot(made_, how.given[i]) = share(arguments_[i]);
        if (made_ && how.context) put(slot(made_, how.context), py.PyContext_CopyCurrent());
        return made_;
    }

    // nullptr: it is refused.
    PyObject *finish(Word word) {
        auto status = static_cast<int32_t>(word);
        switch (function_.result) {
        case 's':
            return py.PyLong_FromLong(status);
        case 'i':
            return py.PyLong_FromLongLong(static_cast<int64_t>(word));
        case 'u':
            return py.PyLong_FromUnsignedLongLong(word);
        case 'p':
            return word ? py.PyLong_FromUnsignedLongLong(word) : share(none);
        case 'o':
            return reinterpret_cast<PyObject *>(word);
        case 'b':
            return status < 0 ? nullptr : share(static_cast<PyObject *>(status ? layout.yes : layout.no));
        case 'z':
            return status ? refused(status) : share(none);
        case 'n':
            return status ? nullptr : std::exchange(made_, nullptr);
        case 'm':
            return word ? bear(word) : nullptr;
        case 'x':
            if (status) return py.PyLong_FromLong(status);
            if (make()) return bear(out_);
            rondo_future_release(reinterpret_cast<rondo_future *>(out_));
            return nullptr;
        default:
            return share(none);
        }
    }

    PyObject *refused(rondo_status status) const {
        PyObject *code = function_.refused ? py.PyLong_FromLong(status) : nullptr;
        PyObject *answer = code ? py.PyObject_Vectorcall(function_.refused, &code, 1, nullptr) : nullptr;
        if (code) py.Py_DecRef(code);
        return answer;
    }

    // The new object, with its address.
    PyObject *bear(Word address) {
        put(slot(made_, layout.future_address), py.PyLong_FromUnsignedLongLong(address));
        return std::exchange(made_, nullptr);
    }

    PyObject *otherwise() const {
        PyObject *all[most_kinds + 1] = {self_};
        if (count_ > most_kinds) return py.PyObject_Vectorcall(function_.otherwise, arguments_, count_, nullptr);
        std::copy_n(arguments_, count_, all + 1);
        bool is_method = std::strpbrk(function_.kinds, "ht");
        return py.PyObject_Vectorcall(function_.otherwise, is_method ? all : all + 1, count_ + is_method, nullptr);
    }

    const Function &function_;
    PyObject *self_;
    Arguments arguments_;
    std::size_t count_, given_ = 0, n_ = 0;
    Word words_[most_words], out_ = 0;
    PyObject *made_ = nullptr, *taken_ = nullptr;
};

PyObject *run(PyObject *self, Arguments arguments, std::ptrdiff_t count) {
    const auto &function = *static_cast<Function *>(py.PyCapsule_GetPointer(self, nullptr));
    return Call(function, nullptr, arguments, count).run();
}

// A method is told its object and nothing else: each has a C function of its own.
Function *methods[most_methods];

template <std::size_t I>
PyObject *run_method(PyObject *self, Arguments arguments, std::ptrdiff_t count) {
    return Call(*methods[I], self, arguments, count).run();
}

template <std::size_t... I>
constexpr std::array<decltype(PyMethodDef::run), most_methods> method_functions(std::index_sequence<I...>) {
    return {run_method<I>...};
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

namespace {

bool fits(const char *kinds) {
    if (!kinds || !*kinds || std::strlen(kinds) > most_kinds + 1) return false;
    std::size_t words = 0;
    for (const char *kind = kinds; kind[1]; ++kind) words += *kind != 'a';
    return words <= most_words;
}

Function *make_function(const rondo_cpython_call &what) {
    auto *function = static_cast<Function *>(std::calloc(1, sizeof(Function)));
    if (!function) return nullptr;
    std::size_t count = std::strlen(what.kinds) - 1;
    function->method = {what.name, run, METH_FASTCALL, nullptr};
    function->target = what.target;
    function->otherwise = share(static_cast<PyObject *>(what.otherwise));
    if (what.refused) function->refused = share(static_cast<PyObject *>(what.refused));
    std::memcpy(function->kinds, what.kinds, count);
    function->result = what.kinds[count];
    if (what.made) {
        function->made = *what.made;
        function->type = py.PyObject_Type(static_cast<PyObject *>(what.made->prototype));
    }
    return function;
}

} // namespace

void *rondo_cpython_function(const rondo_cpython_call *given) {
    rondo_cpython_call what;
    if (!loaded || !given || read_struct(given, what) < 0 || !fits(what.kinds)) return nullptr;
    Function *function = make_function(what);
    if (!function) return nullptr;
    if (!what.owner) return builtin(function->method, py.PyCapsule_New(function, nullptr, nullptr));
    static constexpr auto functions = method_functions(std::make_index_sequence<most_methods>());
    auto *free_one = std::find(std::begin(methods), std::end(methods), nullptr);
    if (free_one == std::end(methods)) return nullptr;
    *free_one = function;
    function->method.run = functions[static_cast<std::size_t>(free_one - methods)];
    return py.PyDescr_NewMethod(static_cast<PyObject *>(what.owner), &function->method);
}

rondo_status rondo_cpython_lay_out(const rondo_cpython_layout *given) {
    if (!given) return RONDO_EINVAL;
    return read_struct(given, layout);
}

// ---- the steps of a ring

namespace {

enum { GEN_RETURN = 0, GEN_ERROR = -1, GEN_NEXT = 1 }; // PySendResult

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

    // The arguments of a callback, a reference; nullptr: Python's code knows them.
    PyObject *arguments_of(void *handle) const {
        if (PyObject *args = slot(handle, layout.handle_args)) return share(args);
        if (!is_a(static_cast<PyObject *>(handle), layout.done_handle)) return nullptr;
        PyObject *future = py.PyObject_Vectorcall(slot(handle, layout.done_handle_future), nullptr, 0, nullptr);
        PyObject *args = future && future != none ? py.PyTuple_Pack(1, future) : nullptr;
        if (future) py.Py_DecRef(future);
        return args;
    }

    PyObject *call(uint32_t i) const {
        void *handle = view.object[i];
        PyObject *callback = slot(handle, layout.handle_callback);
        if (callback == none) {
            answer(i, RONDO_STEP_RETURN);
            return nullptr;
        }
        PyObject *args = arguments_of(handle);
        if (!args) return py.PyErr_Occurred() ? nullptr : share(none);
        PyObject *context = slot(handle, layout.handle_context), *result = nullptr;
        share(callback); // it may cancel its own handle
        if (py.PyContext_Enter(context) == 0) {
            result = py.PyObject_Call(callback, args, nullptr);
            py.PyContext_Exit(context);
        }
        py.Py_DecRef(callback), py.Py_DecRef(args);
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

void *rondo_cpython_steps(rondo_ring *ring) {
    if (check(ring) < 0 || !loaded) return nullptr;
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

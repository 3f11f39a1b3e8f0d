// CPython without its headers: builtin functions that call the library's own, several times quicker than ctypes does.
// What is needed of Python's stable ABI comes as pointers, so that the library links against no Python. Knows nothing of
// asyncio.
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
    PyObject *none;
} py;

PyObject *new_none() {
    py.Py_IncRef(py.none);
    return py.none;
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
    if (argument == py.none) {
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
        return word ? py.PyLong_FromUnsignedLongLong(word) : new_none();
    case 'o':
        return reinterpret_cast<PyObject *>(word);
    default:
        return new_none();
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

bool loaded = false;

} // namespace

rondo_status rondo_cpython_load(void *(*find)(const char *name), void *none) {
    if (!find || !none) return RONDO_EINVAL;
    bool all = true;
#define CPYTHON_FIND(result, name, parameters)                                                                       \
    py.name = reinterpret_cast<result(*) parameters>(find(#name));                                                   \
    all = all && py.name;
    CPYTHON_API(CPYTHON_FIND)
#undef CPYTHON_FIND
    py.none = static_cast<PyObject *>(none);
    loaded = all;
    return all ? RONDO_OK : RONDO_ENOTSUP;
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
    py.Py_IncRef(function->otherwise);
    PyObject *self = py.PyCapsule_New(function, nullptr, nullptr);
    PyObject *made = self ? py.PyCFunction_NewEx(&function->method, self, nullptr) : nullptr;
    if (self) py.Py_DecRef(self);
    return made;
}

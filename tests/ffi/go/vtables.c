/* The vtables of step.go: cgo lets a C file take the address of an exported Go function. */
#include "_cgo_export.h"

const rondo_coro_vtable child = {sizeof(rondo_coro_vtable), 0, sizeof(int32_t), 0, 0, goChild, 0};
const rondo_coro_vtable parent = {sizeof(rondo_coro_vtable), 0, sizeof(int32_t), 0, 0, goParent, 0};

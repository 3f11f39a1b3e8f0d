#include "task/inspect.h"

#include "base/output.h"
#include "task/as_completed.h"
#include "task/combinator.h"
#include "task/group.h"
#include "task/ring.h"

#include <algorithm>
#include <array>
#include <cstdio>

namespace rondo::core {
namespace {

// Who stands behind a node in a list of waiters; nullptr: a callback, or the library itself.
Future *behind(Node &node) {
    switch (node.kind) {
    case Node::Kind::task:
        return &future_of(node);
    case Node::Kind::child:
        return static_cast<Child &>(node).outer;
    case Node::Kind::member:
        return static_cast<Group::Member &>(node).group->task;
    default:
        return nullptr;
    }
}

template <class Visit>
void visit_waiters(Future &future, Visit visit) {
    for (Link *link = future.waiters.front(); link != future.waiters.end(); link = link->next) {
        if (Future *waiter = behind(static_cast<Node &>(*link))) visit(*waiter);
    }
    if (future.cls != &as_completed_class) return;
    auto &tickets = static_cast<AsCompleted &>(future).tickets;
    for (Link *link = tickets.front(); link != tickets.end(); link = link->next)
        visit_waiters(future_of(static_cast<Node &>(*link)), visit);
}

bool is_awaited(Future &future) {
    bool found = false;
    visit_waiters(future, [&](Future &) { found = true; });
    return found;
}

// Nobody else keeps itself alive: see FutureClass::abandon.
const Combinator *as_combinator(const Future &future) {
    const FutureClass &cls = *future.cls;
    if (cls.abandon == nullptr) return nullptr;
    return static_cast<const Combinator *>(&future);
}

// The group whose members the task waits for, or nullptr.
const Group *awaited_group(const Task &task, const Future &awaited) {
    for (const Scope *scope = task.scopes; scope; scope = scope->outer) {
        const Group *group = group_of(*scope);
        if (group && group->all_ended.get() == &awaited) return group;
    }
    return nullptr;
}

// Draws the trees. Recursion is bounded; what lies deeper is left out.
template <class Write>
class Drawing {
public:
    Drawing(Write write, bool coroutines) : write_(write), coroutines_(coroutines) {}

    void draw_loop(rondo_loop &loop) {
        print("loop: %llu tasks\n", static_cast<unsigned long long>(loop.task_count));
        for_each_task(loop, [&](Task &task) { task.drawn = false; });
        for_each_task(loop, [&](Task &task) {
            if (!is_awaited(task)) draw_task(task, 0);
        });
        for_each_task(loop, [&](Task &task) { // those in a cycle have no top
            if (!task.drawn) draw_task(task, 0);
        });
    }

private:
    static constexpr int deepest = 48;
    static constexpr std::size_t line_length = 256;

    template <class Visit>
    static void for_each_task(rondo_loop &loop, Visit visit) {
        for (Link *link = loop.tasks.front(); link != loop.tasks.end(); link = link->next) visit(Task::of(*link));
    }

    template <class... Args>
    void print(const char *format, Args... args) {
        std::array<char, line_length> line;
        int length = std::snprintf(line.data(), line.size(), format, args...);
        if (length > 0) write_(line.data(), std::min(static_cast<std::size_t>(length), line.size() - 1));
    }

    void indent(int depth) {
        for (int i = 0; i < depth; ++i) write_("  ", 2);
    }

    void draw_name(const Task &task) {
        if (task.name.text()) {
            print("%s", task.name.text());
        } else {
            print("Task-%llu", static_cast<unsigned long long>(task.name.number()));
        }
    }

    void draw_task(Task &task, int depth) {
        indent(depth);
        write_("* ", 2);
        draw_name(task);
        print(": %s", task_state_name(task_state(task)));
        bool again = task.drawn;
        task.drawn = true;
        if (again) {
            write_(task.drawing ? " (cycle)\n" : " (see above)\n", task.drawing ? 9 : 13);
            return;
        }
        if (task.cancels > 0) print(", %u cancel requests", task.cancels);
        write_("\n", 1);
        if (coroutines_) draw_coroutine(task, depth + 1);
        Future *awaited = awaited_by(task);
        if (!awaited) return;
        task.drawing = true;
        draw_awaited(task, *awaited, depth + 1);
        task.drawing = false;
    }

    void draw_awaited(const Task &task, Future &awaited, int depth) {
        if (const Group *group = awaited_group(task, awaited)) {
            draw_members(*group, depth);
        } else {
            draw_future(awaited, depth);
        }
    }

    void draw_members(const Group &group, int depth) {
        indent(depth);
        print("task group of %llu\n", static_cast<unsigned long long>(group.members.size()));
        auto &members = const_cast<List &>(group.members);
        for (Link *link = members.front(); link != members.end(); link = link->next)
            draw_below(*Group::Member::of(*link).task, depth + 1);
    }

    void draw_future(Future &future, int depth) {
        if (depth > deepest) return;
        if (future.is_task()) {
            if (!future.done()) draw_task(static_cast<Task &>(future), depth);
            return;
        }
        Future &shown = future.cls == &ticket_class ? *static_cast<Ticket &>(future).iteration : future;
        const Combinator *outer = as_combinator(shown);
        indent(depth);
        if (!outer) {
            print("%s\n", future.cls->noun);
            return;
        }
        print("%s of %llu\n", shown.cls->noun, static_cast<unsigned long long>(outer->count));
        for (const Child &child : outer->children()) draw_below(*child.future, depth + 1);
    }

    void draw_below(Future &future, int depth) {
        if (!future.done()) draw_future(future, depth);
    }

    void draw_coroutine(Task &task, int depth) {
        std::array<char, 2048> text;
        std::size_t length = std::min(describe(task, text.data(), text.size()), text.size());
        for (std::size_t from = 0; from < length;) {
            std::size_t end = std::find(text.begin() + from, text.begin() + length, '\n') - text.begin();
            indent(depth);
            write_("| ", 2);
            write_(text.data() + from, end - from);
            write_("\n", 1);
            from = end + 1;
        }
    }

    static std::size_t describe(Task &task, char *text, std::size_t capacity) {
        if (!task.frame_alive || task.phase == Phase::running) return 0;
        if (task.in_ring) return ring_describe(task, text, capacity);
        bool known = task.waits.vtable->size >= sizeof *task.waits.vtable && task.waits.vtable->describe;
        return known ? task.waits.vtable->describe(task.frame(), text, capacity) : 0;
    }

    Write write_;
    bool coroutines_;
};

} // namespace

int32_t task_state(const Task &task) {
    switch (task.phase) {
    case Phase::ready:
    case Phase::published:
        return RONDO_TASK_READY;
    case Phase::running:
        return RONDO_TASK_RUNNING;
    case Phase::waiting:
        return task.waits.awaited->done() ? RONDO_TASK_READY : RONDO_TASK_WAITING;
    case Phase::sleeping:
        return task.slot == Node::none ? RONDO_TASK_READY : RONDO_TASK_SLEEPING;
    case Phase::parked:
        return RONDO_TASK_PARKED;
    default:
        return RONDO_TASK_DONE;
    }
}

const char *task_state_name(int32_t state) {
    static constexpr std::array<const char *, 6> names{"done", "ready", "running", "waiting", "sleeping", "parked"};
    return names[static_cast<std::size_t>(state)];
}

Future *awaited_by(const Task &task) {
    return task_state(task) == RONDO_TASK_WAITING ? task.waits.awaited : nullptr;
}

void for_each_awaiter(Future &future, const std::function<void(Future &)> &visit) {
    visit_waiters(future, [&](Future &waiter) { visit(waiter); });
}

void dump(rondo_loop &loop, const std::function<void(std::string_view)> &write, bool coroutines) {
    auto piece = [&](const char *text, std::size_t length) { write({text, length}); };
    Drawing(piece, coroutines).draw_loop(loop);
}

void dump_to(rondo_loop &loop, int descriptor) noexcept {
    auto piece = [descriptor](const char *text, std::size_t length) { write_all(descriptor, text, length); };
    Drawing(piece, false).draw_loop(loop);
}

} // namespace rondo::core

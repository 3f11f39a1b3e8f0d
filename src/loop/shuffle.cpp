// What a loop does on request only: running a turn's entries in a random order, and watching how long each takes.
#include "loop/loop.h"

#include <array>
#include <cstddef>

namespace rondo::core {
namespace {

// splitmix64: the same numbers on every machine.
uint64_t next_random(uint64_t &state) {
    state += 0x9e3779b97f4a7c15;
    uint64_t z = state;
    z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9;
    z = (z ^ (z >> 27)) * 0x94d049bb133111eb;
    return z ^ (z >> 31);
}

} // namespace

// Deals the entries out onto a few piles and gathers those up, as often as every order needs: no memory is asked for.
void Loop::shuffle_batch() {
    std::size_t size = batch_->size();
    std::array<List, 64> piles;
    for (std::size_t orders = 1; orders <= size * size; orders *= piles.size()) {
        while (Link *link = batch_->pop_front()) piles[next_random(shuffle_state_) % piles.size()].push_back(*link);
        for (List &pile : piles) batch_->splice_back(pile);
    }
}

void Loop::run_watched(Node &node) {
    const EntryWatch &watch = *entry_watch_;
    void *token = watch.before(*this, node);
    int64_t start = monotonic_now();
    node.run(node, *this);
    watch.after(*this, token, monotonic_now() - start);
}

} // namespace rondo::core

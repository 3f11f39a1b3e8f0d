// Every interleaving of a small model of threads, for state machines that stress tests only meet by luck.
#pragma once

#include <cstddef>
#include <set>
#include <vector>

namespace explore {

// World is the whole state, with an order. moves(world, next) calls next(world) for each world that is one step of
// anybody away: a step is what nothing else can come between. look(world, stuck) is called once for each world that can
// be reached; stuck: nobody can move any more. Answers how many worlds there are.
template <class World, class Moves, class Look>
std::size_t all(const World &first, Moves moves, Look look) {
    std::set<World> seen{first};
    std::vector<World> to_do{first};
    while (!to_do.empty()) {
        const World world = to_do.back();
        to_do.pop_back();
        bool stuck = true;
        moves(world, [&](const World &next) {
            stuck = false;
            if (seen.insert(next).second) to_do.push_back(next);
        });
        look(world, stuck);
    }
    return seen.size();
}

} // namespace explore

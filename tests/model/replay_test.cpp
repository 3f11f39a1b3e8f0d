// Programs and the traces CPython's asyncio left of them (compare.py --store), run through the C++ face.
#include <algorithm>
#include <cstdlib>
#include <fstream>
#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "json.hpp"
#include "machine.hpp"

namespace rondo::model {
namespace {

std::string first_difference(const std::vector<std::string> &theirs, const std::vector<std::string> &ours) {
    std::string before;
    for (std::size_t i = 0; i < std::max(theirs.size(), ours.size()); ++i) {
        const std::string expected = i < theirs.size() ? theirs[i] : "(end)";
        const std::string found = i < ours.size() ? ours[i] : "(end)";
        if (expected != found) return before + "asyncio: " + expected + "\nrondo:   " + found;
        before += "         " + found + "\n";
    }
    return {};
}

void replay(const std::string &path) {
    std::ifstream file(path);
    ASSERT_TRUE(file) << path;
    int count = 0;
    for (std::string line; std::getline(file, line); ++count) {
        const Json entry = Json::parse(line);
        std::vector<std::string> theirs;
        for (const Json &event : entry[2].items()) theirs.push_back(event.text());
        const std::string difference = first_difference(theirs, Machine(entry[1]).play());
        ASSERT_EQ(difference, "") << "python compare.py --show --count 1 --seed " << entry[0].number();
    }
    EXPECT_GT(count, 0);
}

TEST(Replay, foundation) { replay(RONDO_TRACES "/foundation.jsonl"); }
TEST(Replay, task_world) { replay(RONDO_TRACES "/task_world.jsonl"); }
TEST(Replay, sync_world) { replay(RONDO_TRACES "/sync_world.jsonl"); }

TEST(Replay, fresh) {
    const char *path = std::getenv("RONDO_FRESH_TRACES");
    if (path == nullptr) GTEST_SKIP() << "RONDO_FRESH_TRACES names no file of compare.py --store";
    replay(path);
}

} // namespace
} // namespace rondo::model

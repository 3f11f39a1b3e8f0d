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

// The texts of all cancellations in an event, cut out of it.
std::vector<std::string> cut_cancellations(std::string &event) {
    static const std::string word = "Cancelled";
    std::vector<std::string> found;
    for (std::size_t at = event.find(word); at != event.npos; at = event.find(word, at)) {
        std::size_t end = at + word.size();
        if (end < event.size() && event[end] == '(') end = event.find(')', end) + 1;
        found.push_back(event.substr(at, end - at));
        event.erase(at, end - at);
    }
    return found;
}

// Equal, but for the message of a cancellation: CPython gives a task's to the first who asks only, Rondo to all.
bool same(std::string theirs, std::string ours) {
    const std::vector<std::string> a = cut_cancellations(theirs), b = cut_cancellations(ours);
    return theirs == ours && std::equal(a.begin(), a.end(), b.begin(), b.end(),
                                        [](const auto &x, const auto &y) { return x == y || x == "Cancelled"; });
}

std::string first_difference(const std::vector<std::string> &theirs, const std::vector<std::string> &ours) {
    std::string before;
    for (std::size_t i = 0; i < std::max(theirs.size(), ours.size()); ++i) {
        const std::string expected = i < theirs.size() ? theirs[i] : "(end)";
        const std::string found = i < ours.size() ? ours[i] : "(end)";
        if (!same(expected, found)) return before + "asyncio: " + expected + "\nrondo:   " + found;
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

TEST(Replay, fresh) {
    const char *path = std::getenv("RONDO_FRESH_TRACES");
    if (path == nullptr) GTEST_SKIP() << "RONDO_FRESH_TRACES names no file of compare.py --store";
    replay(path);
}

} // namespace
} // namespace rondo::model

// Programs and the traces CPython's asyncio left of them (compare.py --store), run through the C++ face.
#include <algorithm>
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

std::string first_difference(const Json &theirs, const std::vector<std::string> &ours) {
    std::string before;
    for (std::size_t i = 0; i < std::max(theirs.size(), ours.size()); ++i) {
        const std::string expected = i < theirs.size() ? theirs[i].text() : "(end)";
        const std::string found = i < ours.size() ? ours[i] : "(end)";
        if (!same(expected, found)) return before + "asyncio: " + expected + "\nrondo:   " + found;
        before += "         " + found + "\n";
    }
    return {};
}

bool is_known(const Json &program) {
    if (program.is_list() && program.size() > 0 && program[0].is_text() && program[0].text().size() > 1 &&
        !Machine::knows(program[0].text()))
        return false;
    return std::all_of(program.items().begin(), program.items().end(), is_known);
}

void replay(const std::string &name) {
    std::ifstream file(std::string(RONDO_TRACES) + "/" + name);
    ASSERT_TRUE(file) << name;
    int count = 0;
    for (std::string line; std::getline(file, line); ++count) {
        const Json entry = Json::parse(line);
        const Json &program = entry[1];
        ASSERT_TRUE(is_known(program)) << "seed " << entry[0].number();
        const std::string difference = first_difference(entry[2], Machine(program).play());
        ASSERT_EQ(difference, "") << "python compare.py --show --count 1 --seed " << entry[0].number();
    }
    EXPECT_GT(count, 0);
}

TEST(Replay, foundation) { replay("foundation.jsonl"); }

} // namespace
} // namespace rondo::model

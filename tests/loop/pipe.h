// A pipe with something in it, or nothing.
#pragma once

#include <gtest/gtest.h>

#include <unistd.h>

namespace rondo::test {

class Pipe {
public:
    Pipe() {
        int ends[2];
        EXPECT_EQ(pipe(ends), 0);
        reading = ends[0];
        writing = ends[1];
    }
    ~Pipe() {
        close_reading();
        close_writing();
    }
    Pipe(const Pipe &) = delete;
    Pipe &operator=(const Pipe &) = delete;

    void fill() const { EXPECT_EQ(write(writing, "x", 1), 1); }
    void drain() const {
        char byte;
        EXPECT_EQ(read(reading, &byte, 1), 1);
    }
    void close_reading() { close_end(reading); }
    void close_writing() { close_end(writing); }

    int reading = -1;
    int writing = -1;

private:
    static void close_end(int &end) {
        if (end >= 0) ::close(end);
        end = -1;
    }
};

} // namespace rondo::test

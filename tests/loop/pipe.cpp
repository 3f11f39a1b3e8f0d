#include "world.h"

#include <unistd.h>

namespace rondo::test {

Pipe::Pipe() {
    int ends[2];
    EXPECT_EQ(pipe(ends), 0);
    reading = ends[0];
    writing = ends[1];
}

Pipe::~Pipe() {
    close_reading();
    close_writing();
}

void Pipe::fill(char byte) const { EXPECT_EQ(write(writing, &byte, 1), 1); }

char Pipe::drain() const {
    char byte = 0;
    EXPECT_EQ(read(reading, &byte, 1), 1);
    return byte;
}

void Pipe::close_reading() {
    if (reading >= 0) ::close(reading);
    reading = -1;
}

void Pipe::close_writing() {
    if (writing >= 0) ::close(writing);
    writing = -1;
}

} // namespace rondo::test

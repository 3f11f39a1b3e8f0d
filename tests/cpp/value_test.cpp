// Values across the border: which C++ type becomes which kind, and back.
#include "support.hpp"

#include <limits>
#include <map>

namespace rondo::test {
namespace {

enum class Colour : short { red, green = -2 };

template <class T>
std::uint32_t kind_of(T object) {
    return Value::of(std::move(object)).kind();
}

template <class T>
T round_trip(T object) {
    return Value::of(std::move(object)).template take<T>();
}

TEST(Value, plain_types_become_kinds_that_every_language_reads) {
    EXPECT_EQ(kind_of(true), RONDO_BOOL);
    EXPECT_EQ(kind_of('c'), RONDO_I64);
    EXPECT_EQ(kind_of(1), RONDO_I64);
    EXPECT_EQ(kind_of(1u), RONDO_I64);
    EXPECT_EQ(kind_of(std::int64_t{1}), RONDO_I64);
    EXPECT_EQ(kind_of(std::uint64_t{1}), RONDO_U64);
    EXPECT_EQ(kind_of(Colour::green), RONDO_I64);
    EXPECT_EQ(kind_of(1.5), RONDO_F64);
    EXPECT_EQ(kind_of(1.5f), RONDO_F64);
    EXPECT_EQ(kind_of(std::string("x")), RONDO_STR);
    EXPECT_EQ(kind_of(std::vector<std::byte>(3)), RONDO_BYTES);
    EXPECT_EQ(kind_of(std::vector<int>(3)), RONDO_PTR);
    EXPECT_EQ(kind_of(std::make_unique<int>(3)), RONDO_PTR);
    EXPECT_EQ(kind_of(Value()), RONDO_NONE);
}

TEST(Value, comes_back_as_it_went) {
    EXPECT_EQ(round_trip(true), true);
    EXPECT_EQ(round_trip(std::numeric_limits<std::int64_t>::min()), std::numeric_limits<std::int64_t>::min());
    EXPECT_EQ(round_trip(std::numeric_limits<std::uint64_t>::max()), std::numeric_limits<std::uint64_t>::max());
    EXPECT_EQ(round_trip(Colour::green), Colour::green);
    EXPECT_EQ(round_trip(-0.25), -0.25);
    EXPECT_EQ(round_trip(std::string("with \0 inside", 13)), std::string("with \0 inside", 13));
    EXPECT_EQ(round_trip(std::string()), "");
    EXPECT_EQ(round_trip(std::vector<std::byte>{std::byte{1}, std::byte{0}}).size(), 2u);
    EXPECT_TRUE(round_trip(std::vector<std::byte>{}).empty());
    EXPECT_EQ(*round_trip(std::make_unique<int>(9)), 9);
    const int x = 0;
    EXPECT_EQ(round_trip(&x), &x);
    EXPECT_EQ(round_trip(std::map<int, std::string>{{1, "one"}}).at(1), "one");
}

TEST(Value, numbers_that_do_not_fit_are_refused_not_wrapped) {
    const Value big = Value::of(std::int64_t{1} << 40);
    EXPECT_EQ(big.get<std::int64_t>(), std::int64_t{1} << 40);
    EXPECT_EQ(status_of([&] { return big.get<int>(); }), RONDO_EKIND);
    const Value negative = Value::of(-1);
    EXPECT_EQ(negative.get<signed char>(), -1);
    EXPECT_EQ(status_of([&] { return negative.get<unsigned>(); }), RONDO_EKIND);
    EXPECT_EQ(status_of([&] { return negative.get<std::uint64_t>(); }), RONDO_EKIND);
    const Value huge = Value::of(std::numeric_limits<std::uint64_t>::max());
    EXPECT_EQ(status_of([&] { return huge.get<std::int64_t>(); }), RONDO_EKIND);
    EXPECT_EQ(Value::of(std::uint64_t{7}).get<int>(), 7);
    EXPECT_EQ(Value::of(7).get<double>(), 7.0);
    EXPECT_EQ(Value::of(true).get<int>(), 1);
}

TEST(Value, a_wrong_type_says_what_it_found) {
    const auto what = [](auto call) -> std::string {
        try {
            (void)call();
        } catch (const Error &error) {
            return error.what();
        }
        return "no error";
    };
    const Value text = Value::of(std::string("x"));
    EXPECT_EQ(what([&] { return text.get<int>(); }), "the value is text, not a C++ int");
    EXPECT_EQ(what([&] { return Value().get<bool>(); }), "the value is none, not a C++ bool");
    const Value box = Value::of(Counted(1));
    EXPECT_EQ(what([&] { return box.get<std::vector<int>>(); }).substr(0, 44),
              "the value is a C++ rondo::test::Counted, not");
    int x = 0;
    const Value pointer(rondo_ptr(&x, nullptr));
    EXPECT_EQ(what([&] { return pointer.get<Counted>().value(); }),
              "the value is a pointer of another language, not a C++ rondo::test::Counted");
}

TEST(Value, owns_what_it_holds) {
    {
        Value a = Value::of(Counted(1));
        EXPECT_EQ(Counted::alive, 1);
        Value b = std::move(a);
        EXPECT_TRUE(a.is_none()); // NOLINT: that is the test
        EXPECT_EQ(Counted::alive, 1);
        b = Value::of(Counted(2));
        EXPECT_EQ(b.get<Counted>().value(), 2);
        b = Value();
        EXPECT_EQ(Counted::alive, 0);
    }
    struct alignas(64) Wide {
        Counted counted{3};
    };
    Value wide = Value::of(Wide());
    EXPECT_EQ(wide.get<Wide>().counted.value(), 3);
    EXPECT_EQ(reinterpret_cast<std::uintptr_t>(detail::Box<Wide>::find(*wide.raw())) % 64, 0u);
    wide = Value();
    EXPECT_EQ(Counted::alive, 0);
}

} // namespace

struct Celsius {
    double degrees;
};

} // namespace rondo::test

// A type may choose its form: this one is a number to other languages.
template <>
struct rondo::ValueTraits<rondo::test::Celsius> : rondo::CopiedValue<rondo::test::Celsius> {
    static rondo_value put(test::Celsius t) noexcept { return rondo_f64(t.degrees); }
    static test::Celsius copy(const rondo_value &value) { return {ValueTraits<double>::copy(value)}; }
};

namespace rondo::test {
namespace {

TEST(Value, traits_can_be_specialised) {
    play([]() -> Coroutine<> {
        auto task = create_task([]() -> Coroutine<Celsius> { co_return Celsius{21.5}; });
        EXPECT_EQ(co_await Awaitable<double>::share(task.native()), 21.5);
        EXPECT_EQ((co_await task).degrees, 21.5);
    });
}

} // namespace
} // namespace rondo::test

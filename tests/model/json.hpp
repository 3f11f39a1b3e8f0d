// As much JSON as programs need: lists, objects, whole numbers, strings without escapes, true, false, null.
#ifndef RONDO_TESTS_MODEL_JSON_HPP
#define RONDO_TESTS_MODEL_JSON_HPP

#include <cctype>
#include <cstdint>
#include <cstdlib>
#include <stdexcept>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace rondo::model {

class Json {
public:
    static Json parse(std::string_view text) {
        Reader reader{text};
        return reader.value();
    }

    [[nodiscard]] bool is_null() const { return kind_ == Kind::null; }
    [[nodiscard]] bool is_list() const { return kind_ == Kind::list; }
    [[nodiscard]] bool is_text() const { return kind_ == Kind::text; }

    [[nodiscard]] std::int64_t number() const { return number_; }
    [[nodiscard]] bool truth() const { return number_ != 0; }
    [[nodiscard]] const std::string &text() const { return text_; }

    [[nodiscard]] const std::vector<Json> &items() const { return items_; }
    [[nodiscard]] std::size_t size() const { return items_.size(); }
    [[nodiscard]] const Json &operator[](std::size_t i) const { return items_.at(i); }
    [[nodiscard]] const Json &operator[](std::string_view key) const {
        if (const Json *found = find(key)) return *found;
        throw std::out_of_range(std::string(key));
    }
    [[nodiscard]] const Json *find(std::string_view key) const {
        for (std::size_t i = 0; i < keys_.size(); ++i) {
            if (keys_[i] == key) return &items_[i];
        }
        return nullptr;
    }

private:
    enum class Kind { null, number, text, list, object };

    struct Reader {
        std::string_view rest;

        char next() {
            while (!rest.empty() && (rest.front() == ' ' || rest.front() == '\n')) rest.remove_prefix(1);
            if (rest.empty()) throw std::runtime_error("JSON ends too early");
            return rest.front();
        }
        bool take(char c) {
            if (next() != c) return false;
            rest.remove_prefix(1);
            return true;
        }
        bool take_word(std::string_view word) {
            if (!rest.starts_with(word)) return false;
            rest.remove_prefix(word.size());
            return true;
        }

        Json value() {
            Json json;
            if (take('[')) {
                json.kind_ = Kind::list;
                while (!take(']')) {
                    json.items_.push_back(value());
                    take(',');
                }
            } else if (take('{')) {
                json.kind_ = Kind::object;
                while (!take('}')) {
                    json.keys_.push_back(string());
                    take(':');
                    json.items_.push_back(value());
                    take(',');
                }
            } else if (next() == '"') {
                json.kind_ = Kind::text;
                json.text_ = string();
            } else if (!take_word("null")) {
                json.kind_ = Kind::number;
                json.number_ = number();
            }
            return json;
        }
        std::int64_t number() {
            if (take_word("true")) return 1;
            if (take_word("false")) return 0;
            std::size_t length = rest.front() == '-' ? 1 : 0;
            while (length < rest.size() && std::isdigit(static_cast<unsigned char>(rest[length])) != 0) ++length;
            const std::string digits(rest.substr(0, length));
            rest.remove_prefix(length);
            return std::stoll(digits);
        }
        std::string string() {
            if (!take('"')) throw std::runtime_error("JSON: a string is missing");
            const std::size_t end = rest.find('"');
            std::string text(rest.substr(0, end));
            rest.remove_prefix(end + 1);
            return text;
        }
    };

    Kind kind_ = Kind::null;
    std::int64_t number_ = 0;
    std::string text_;
    std::vector<std::string> keys_;
    std::vector<Json> items_;
};

} // namespace rondo::model

#endif // RONDO_TESTS_MODEL_JSON_HPP

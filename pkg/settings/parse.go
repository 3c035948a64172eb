package settings

import (
	"errors"
	"fmt"
	"strconv"
	"strings"
	"time"
	"unicode"
)

// maxNameBytes leaves room for the hardware address that RAOP puts before the
// name in a DNS label of 63 bytes (RFC 6763 section 4.1.1).
const maxNameBytes = 50

func parseDuration(text string) (time.Duration, error) {
	d, err := time.ParseDuration(text)
	if err != nil {
		return 0, errors.New("not a duration such as 500ms or 5m")
	}
	return d, nil
}

func parseBool(text string) (bool, error) {
	on, err := strconv.ParseBool(text)
	if err != nil {
		return false, errors.New("neither true nor false")
	}
	return on, nil
}

// ParseChoice reads the String of one of the values, in any case.
func ParseChoice[T fmt.Stringer](text string, values ...T) (T, error) {
	return parseChoice(text, T.String, values)
}

func parseChoice[T any](text string, name func(T) string, values []T) (T, error) {
	for _, v := range values {
		if strings.EqualFold(name(v), strings.TrimSpace(text)) {
			return v, nil
		}
	}
	var none T
	return none, errors.New("not known")
}

// ParseName reads an AirPlay name and refuses one that a receiver cannot have.
func ParseName(text string) (string, error) {
	switch {
	case text == "":
		return "", errors.New("the name is empty")
	case len(text) > maxNameBytes:
		return "", fmt.Errorf("the name is longer than %d bytes", maxNameBytes)
	case strings.ContainsFunc(text, unicode.IsControl):
		return "", errors.New("the name contains control characters")
	}
	return text, nil
}

func parseNumber(text string) (int, error) {
	n, err := strconv.Atoi(text)
	if err != nil {
		return 0, errors.New("not a whole number")
	}
	return n, nil
}

// within is Outside for one range.
func within[T int | time.Duration](low, high T) func(T) error {
	return func(v T) error { return Outside(v, low, high) }
}

// Outside is the error of a v below or above the range, nil within it.
func Outside[T int | time.Duration](v, low, high T) error {
	switch {
	case v < low:
		return fmt.Errorf("below %v", low)
	case v > high:
		return fmt.Errorf("above %v", high)
	}
	return nil
}

// listed is "a, b or c".
func listed(words []string) string {
	last := len(words) - 1
	return strings.Join(words[:last], ", ") + " or " + words[last]
}

package rule

import (
	"errors"
	"fmt"
	"strconv"
	"strings"
	"time"
	"unicode"

	"github.com/breezeway-audio/breezeway/pkg/audio"
)

const (
	// maxNameBytes leaves room for the hardware address that RAOP puts before
	// the name in a DNS label of 63 bytes (RFC 6763 section 4.1.1).
	maxNameBytes = 50

	// The bounds are those of the variables with the same names.
	minFLACBlockFrames, maxFLACBlockFrames = 192, 4608
	minLatency, maxLatency                 = 100 * time.Millisecond, 8 * time.Second
	maxPreroll                             = 10 * time.Second
	maxDelayMS                             = 10000

	passwordWord = "password"
)

// settingTable has a row for every word, in the order in which String writes.
var settingTable = []row{
	flag("skip", true, func(s *Settings) **bool { return &s.Skip }),
	flag("include", false, func(s *Settings) **bool { return &s.Skip }),
	value("rename", "a name", parseName, quote, func(s *Settings) **string { return &s.Rename }),
	choice("codec", []string{"auto", "flac", "wav", "l16", "mp3"}, func(s *Settings) **audio.Codec { return &s.Codec }),
	number("flac-block", minFLACBlockFrames, maxFLACBlockFrames, func(s *Settings) **int { return &s.FLACBlock }),
	value("mp3-bitrate", "128, 192, 256 or 320", parseBitrate, strconv.Itoa, func(s *Settings) **int { return &s.MP3Bitrate }),
	choice("length", lengthNames, func(s *Settings) **Length { return &s.Length }),
	number("volume-max", 0, 100, func(s *Settings) **int { return &s.VolumeMax }),
	number("volume-min", 0, 100, func(s *Settings) **int { return &s.VolumeMin }),
	number("volume-start", 0, 100, func(s *Settings) **int { return &s.VolumeStart }),
	choice("volume-curve", curveNames, func(s *Settings) **Curve { return &s.VolumeCurve }),
	onOff("volume-fixed", "on", "off", func(s *Settings) **bool { return &s.VolumeFixed }),
	span("latency", minLatency, maxLatency, func(s *Settings) **time.Duration { return &s.Latency }),
	span("preroll", 0, maxPreroll, func(s *Settings) **time.Duration { return &s.Preroll }),
	value("delay-ms", fmt.Sprintf("a whole number from 0 to %d", maxDelayMS), parseDelay, showDelay, func(s *Settings) **time.Duration { return &s.Delay }),
	value(passwordWord, "a text", parsePassword, showPassword, func(s *Settings) **Password { return &s.Password }),
	choice("takeover", takeoverNames, func(s *Settings) **Takeover { return &s.Takeover }),
	choice("pause", pauseNames, func(s *Settings) **Pause { return &s.Pause }),
	onOff("sync", "on", "off", func(s *Settings) **bool { return &s.Sync }),
	onOff("drift", "auto", "off", func(s *Settings) **bool { return &s.Drift }),
	onOff("skip-native", "on", "off", func(s *Settings) **bool { return &s.SkipNative }),
	onOff("artwork", "on", "off", func(s *Settings) **bool { return &s.Artwork }),
	onOff("restore", "on", "off", func(s *Settings) **bool { return &s.Restore }),
}

// A row is one word of the language and the field of Settings behind it.
type row struct {
	word  string
	takes string // what its value may be; empty: it stands alone
	given func(*Settings) bool
	read  func(s *Settings, text string) error
	show  func(*Settings) (text string, given bool)
	copy  func(to, from *Settings)
}

// set puts the value of a field into s.
func (r row) set(s *Settings, f field) error {
	switch {
	case r.given(s):
		return errors.New("it was given before")
	case r.takes == "" && f.keyed:
		return errors.New("it takes no value")
	case r.takes != "" && !f.keyed:
		return fmt.Errorf("a value is missing: %s", r.takes)
	}
	return r.read(s, f.value)
}

// value is the row of a word that parse and show translate.
func value[T any](word, takes string, parse func(string) (T, error), show func(T) string, at func(*Settings) **T) row {
	return row{
		word:  word,
		takes: takes,
		given: func(s *Settings) bool { return *at(s) != nil },
		read: func(s *Settings, text string) error {
			v, err := parse(text)
			if err == nil {
				*at(s) = &v
			}
			return err
		},
		show: func(s *Settings) (string, bool) {
			if *at(s) == nil {
				return "", false
			}
			return word + "=" + show(**at(s)), true
		},
		copy: func(to, from *Settings) {
			if *at(from) != nil {
				*at(to) = *at(from)
			}
		},
	}
}

// flag is the row of a word that stands alone and means one state.
func flag(word string, state bool, at func(*Settings) **bool) row {
	r := value(word, "", func(string) (bool, error) { return state, nil }, strconv.FormatBool, at)
	r.show = func(s *Settings) (string, bool) { return word, *at(s) != nil && **at(s) == state }
	return r
}

// choice is the row of a word that takes names, of which each has the place of
// its value.
func choice[T ~uint8](word string, names []string, at func(*Settings) **T) row {
	parse := func(text string) (T, error) {
		for i, name := range names {
			if strings.EqualFold(name, text) {
				return T(i), nil
			}
		}
		return 0, unknown(text, names)
	}
	return value(word, listed(names), parse, func(v T) string { return nameOf(names, v) }, at)
}

// onOff is the row of a word that takes two names.
func onOff(word, on, off string, at func(*Settings) **bool) row {
	parse := func(text string) (bool, error) {
		if strings.EqualFold(text, on) || strings.EqualFold(text, off) {
			return strings.EqualFold(text, on), nil
		}
		return false, unknown(text, []string{on, off})
	}
	show := func(v bool) string {
		if v {
			return on
		}
		return off
	}
	return value(word, listed([]string{on, off}), parse, show, at)
}

func number(word string, low, high int, at func(*Settings) **int) row {
	parse := func(text string) (int, error) { return parseNumber(text, low, high) }
	return value(word, fmt.Sprintf("a whole number from %d to %d", low, high), parse, strconv.Itoa, at)
}

func span(word string, low, high time.Duration, at func(*Settings) **time.Duration) row {
	takes := fmt.Sprintf("a duration from %v to %v", low, high)
	parse := func(text string) (time.Duration, error) {
		d, err := time.ParseDuration(text)
		if err != nil || d < low || d > high {
			return 0, fmt.Errorf("%q is not %s", text, takes)
		}
		return d, nil
	}
	return value(word, takes, parse, time.Duration.String, at)
}

func parseNumber(text string, low, high int) (int, error) {
	n, err := strconv.Atoi(text)
	if err != nil || n < low || n > high {
		return 0, fmt.Errorf("%q is not a whole number from %d to %d", text, low, high)
	}
	return n, nil
}

func parseBitrate(text string) (int, error) {
	rates := []string{"128", "192", "256", "320"}
	for _, rate := range rates {
		if text == rate {
			return strconv.Atoi(rate)
		}
	}
	return 0, fmt.Errorf("%q is not %s", text, listed(rates))
}

func parseDelay(text string) (time.Duration, error) {
	ms, err := parseNumber(text, 0, maxDelayMS)
	return time.Duration(ms) * time.Millisecond, err
}

func showDelay(d time.Duration) string { return strconv.FormatInt(d.Milliseconds(), 10) }

// parseName refuses what a speaker cannot be called.
func parseName(text string) (string, error) {
	switch {
	case text == "":
		return "", errors.New("the name is empty")
	case len(text) > maxNameBytes:
		return "", fmt.Errorf("the name is longer than %d bytes", maxNameBytes)
	case strings.ContainsFunc(text, unicode.IsControl):
		return "", errors.New("the name has control characters in it")
	}
	return text, nil
}

func parsePassword(text string) (Password, error) { return Password(text), nil }

func showPassword(p Password) string { return quote(p.String()) }

func settingNamed(word string) (row, bool) {
	for _, r := range settingTable {
		if r.word == word {
			return r, true
		}
	}
	return row{}, false
}

func settingWords() []string {
	words := make([]string, len(settingTable))
	for i, r := range settingTable {
		words[i] = r.word
	}
	return words
}
